"""Answers that come at the same instant by four ways."""

import os
import threading
from collections.abc import Callable
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.urls import reverse

from chat.models import ApiToken, Message
from tests.factories import make_conversation, make_user
from workflows.models import HelpRequest, HelpStatus, Lane, Run, RunStatus, StepRun, StepStatus

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

# `make faults` makes a hundred of each, CI a tenth.
ROUNDS = int(os.environ.get("ROUNDS", "10"))


def parked(owner: User) -> HelpRequest:
    """A run that waits for an answer."""
    conversation = make_conversation(owner)
    run = Run.objects.create(
        owner=owner, conversation=conversation, lane=Lane.RUN, status=RunStatus.WAITING_FOR_USER, trigger="cli", fence=1
    )
    step = StepRun.objects.create(run=run, key="one", status=StepStatus.WAITING)
    return HelpRequest.objects.create(run=run, step_run=step, reply=1, call_id="c", question="A or B?")


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Do everything at the same instant, each in a thread with a connection of its own; what came of each."""
    ready = threading.Barrier(len(deeds))
    results: list[Any] = [None] * len(deeds)

    def act(nth: int) -> None:
        ready.wait()
        try:
            results[nth] = deeds[nth]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=(nth,)) for nth in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_four_answers_at_the_same_instant_one_wins_and_the_others_are_told_by_whom() -> None:
    owner = make_user("ann", is_superuser=True, is_staff=True)
    _, secret = ApiToken.issue(owner, "race")
    page, desk, program = Client(), Client(), Client(headers={"Authorization": f"Bearer {secret}"})
    page.force_login(owner)
    desk.force_login(owner)

    for _ in range(ROUNDS):
        request = parked(owner)
        run, key = request.run_id, str(uuid4())

        def by_page(pk: object = request.pk) -> bool:
            return page.post(reverse("answer", args=[pk]), {"response": "page"}).status_code < 300

        def by_api(pk: object = run, key: str = key) -> bool:
            body = {"response": "api"}
            answer = program.post(f"/api/runs/{pk}/respond", body, "application/json", headers={"Idempotency-Key": key})
            assert answer.status_code == 200 or b"already answered by ann" in answer.content or b"not waiting" in answer.content
            return answer.status_code == 200

        def by_command(pk: object = run) -> bool:
            try:
                call_command("runs", "respond", str(pk), "command", user="ann", stdout=StringIO())
            except (CommandError, SystemExit):
                return False
            return True

        def by_admin(pk: object = request.pk) -> None:
            desk.post(reverse("admin:workflows_helprequest_do", args=[pk, "answer"]), {"response": "admin"})

        page_won, api_won, command_won, _ = at_once(by_page, by_api, by_command, by_admin)

        request.refresh_from_db()
        assert request.status == HelpStatus.ANSWERED
        assert request.response in ("page", "api", "command", "admin")
        assert (page_won, api_won, command_won) == tuple(request.response == way for way in ("page", "api", "command"))
        assert Message.objects.filter(conversation=request.run.conversation_id, kind="help_answer").count() == 1
