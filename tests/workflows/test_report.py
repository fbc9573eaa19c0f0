"""What a workflow's run tells at its end."""

import pytest

from tests.factories import make_workflow, start_run
from workflows.graph import Next
from workflows.models import StepRun, StepStatus
from workflows.report import report

pytestmark = pytest.mark.django_db


def test_a_report_tells_what_was_asked_what_each_step_gave_and_where_it_stands() -> None:
    run = start_run(make_workflow({"key": "write"}, {"key": "review"}, name="Tea"), topic="green")
    steps = [
        StepRun(key="write", round=2, status=StepStatus.SUCCEEDED, output="a *draft*\nof two lines"),
        StepRun(key="review", round=2, status=StepStatus.SKIPPED),
    ]

    told = report(run, Next(ended="succeeded", output="A draft", unmet=("write",)), steps)

    assert told.startswith("**Tea** with topic=green is done (")
    assert "\n\nA draft\n\nIt stopped after 2 rounds, which is the most: by its condition “write” was to run once more.\n\n" in told
    assert "- write, round 2, –: a \\*draft\\* of two lines\n- review, round 2, skipped\n\n" in told
    assert told.endswith(f"*0 tokens* · [the run](/runs/{run.pk}/)")
