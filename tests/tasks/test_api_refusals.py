"""What the API of tasks refuses: each mistake at its field, in words that say what would be right."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tasks.models import Task
from tests.factories import make_conversation
from tests.tasks.test_api_tasks import send

CASES = Path(__file__).parent.parent / "cases"
ONESHOT = json.loads((CASES / "oneshot.json").read_text())
SCHEDULES = json.loads((CASES / "schedules.json").read_text())


@pytest.mark.parametrize(("fields", "sentence"), ONESHOT["refused"], ids=[case[1] for case in ONESHOT["refused"]])
def test_a_wrong_time_is_refused_at_its_field(api: Client, fields: dict[str, Any], sentence: str) -> None:
    now = timezone.now()
    if fields.get("run_at", "").endswith("23:00:00+00:00"):
        fields = {**fields, "run_at": (now + timedelta(hours=1)).isoformat()}

    refused = send(api, "POST", "/api/tasks", text="x", **fields)

    assert refused.status_code == 422
    ((field, told),) = refused.json()["errors"].items()
    assert (sentence in told, field in {"run_at", *fields}) == (True, True)
    assert not Task.objects.exists()


def test_a_wrong_schedule_is_refused_with_a_right_one(api: Client) -> None:
    # One after the other: a test for each would cost its own people.
    for schedule in SCHEDULES["refused"]:
        refused = send(api, "POST", "/api/tasks", text="x", schedule=schedule)
        looked_at = api.get("/api/tasks/preview", {"schedule": schedule})

        assert [answer.status_code for answer in (refused, looked_at)] == [422, 422], schedule
        assert "Try" in refused.json()["errors"]["schedule"] == looked_at.json()["errors"]["schedule"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"text": ""}, "text"),
        ({"mode": "sing"}, "mode"),
        ({"mode": "run_workflow"}, "workflow"),
        ({"agent": "nobody"}, "agent"),
        ({"workflow": "none", "mode": "run_workflow"}, "workflow"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"delay_hours": "1"}, "delay_hours"),
        ({"grace_seconds": -1}, "grace_seconds"),
        ({"depends_on": ["0190a6e0-0000-7000-8000-000000000000"]}, "depends_on"),
        ({"when": "now"}, "when"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(api: Client, fields: dict[str, Any], wrong: str) -> None:
    refused = send(api, "POST", "/api/tasks", **{"text": "x", "delay_hours": 1, **fields})

    assert (refused.status_code, list(refused.json()["errors"])) == (422, [wrong])


def test_somebody_elses_conversation_is_like_none(api: Client) -> None:
    refused = send(api, "POST", "/api/tasks", text="x", delay_hours=1, conversation_id=str(make_conversation().pk))

    assert (refused.status_code, list(refused.json()["errors"])) == (404, ["conversation_id"])
