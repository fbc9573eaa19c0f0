"""Texts that stream, as the rows that readers see."""

import pytest

from chat.models import Draft
from tests.factories import make_conversation, make_run
from workflows import journal
from workflows.journal import Hold, Stream
from workflows.models import RunStatus, StepRun

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_steps_of_a_run_are_shown_side_by_side() -> None:
    run = make_run(make_conversation(), status=RunStatus.RUNNING, fence=1)
    steps = [StepRun.objects.create(run=run, key=key) for key in ("left", "right")]

    journal.flush(Stream(Hold(run.pk, 1, run.conversation_id, step.pk, step.key), f"{step.key} so far", 1) for step in steps)

    assert sorted(Draft.objects.values_list("step", "text")) == [("left", "left so far"), ("right", "right so far")]


def test_a_driver_that_lost_its_run_shows_nothing_beside_the_one_that_has_it() -> None:
    run = make_run(make_conversation(), status=RunStatus.RUNNING, fence=2)
    late, now = (StepRun.objects.create(run=run, key=key) for key in ("late", "now"))

    journal.flush(Stream(Hold(run.pk, fence, run.conversation_id, step.pk, step.key), "…", 1) for fence, step in ((1, late), (2, now)))

    assert list(Draft.objects.values_list("step", flat=True)) == ["now"]
