"""Requests made up from the OpenAPI document: none is answered with a 500, and every answer is as declared.

AGENTRON_FUZZ_EXAMPLES says how many requests to make up for each operation in each phase.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat.models import ApiToken
from tests.factories import make_agent, make_task, make_turn, make_workflow
from tests.served import served
from workflows.models import Heartbeat, Run

pytestmark = [pytest.mark.fuzz, pytest.mark.django_db(transaction=True)]
# Whether there is such an agent, such a question, or such a key already, no schema can say.
KNOWLEDGE = """
[[operations]]
include-method = ["POST", "PUT", "PATCH"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422"]

# Nor which texts are schedules.
[[operations]]
include-path = "/api/tasks/preview"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "422"]
"""
EXAMPLES = os.environ.get("AGENTRON_FUZZ_EXAMPLES", "5")


@pytest.fixture
def address() -> Iterator[str]:
    """A web server as in production, on the database of this test."""
    with served() as (host, _):
        yield f"http://{host}"


def fuzz(address: str, owner: User, folder: Path, configuration: str = "") -> None:
    """Let Schemathesis try everything; what it finds is the failure's text."""
    file = folder / "schemathesis.toml"
    file.write_text(configuration + KNOWLEDGE)
    secret = ApiToken.issue(owner, f"fuzz {folder.name}")[1]
    # The readiness of this test's server must not change while it is asked.
    for kind in ("worker", "clock"):
        Heartbeat.objects.update_or_create(name=kind, defaults={"kind": kind, "at": timezone.now() + timedelta(hours=1)})
    head = [sys.executable, "-m", "schemathesis.cli", f"--config-file={file}"]
    limits = [f"--max-examples={EXAMPLES}", "--no-color", "--seed=1", f"--report-dir={folder}"]
    command = [*head, "run", f"{address}/api/openapi.json", "-H", f"Authorization: Bearer {secret}", *limits]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    print(done.stdout[done.stdout.find("= SUMMARY") :])
    assert done.returncode == 0, done.stdout + done.stderr


def test_made_up_requests_are_answered_as_declared(address: str, owner: User, tmp_path: Path) -> None:
    fuzz(address, owner, tmp_path)


def test_made_up_requests_about_what_exists_are_answered_as_declared(address: str, owner: User, tmp_path: Path) -> None:
    run = make_turn()
    Run.objects.update(owner=owner)
    run.conversation.owner = owner
    run.conversation.save()
    agent = make_agent(owner=owner)
    workflow = make_workflow({"key": "one"}, owner=owner)
    task = make_task(owner, schedule="daily@09:00")
    ids = {"conversation_id": run.conversation_id, "run_id": run.pk, "agent": agent.pk, "workflow": workflow.pk, "task_id": task.pk}

    fuzz(address, owner, tmp_path, "[parameters]\n" + "".join(f'"path.{name}" = "{pk}"\n' for name, pk in ids.items()))
