"""Answering a run: a test for each row of tests/cases/help.json, over HTTP and through the whole engine."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaToolCalls, FunctionModel

from chat.models import Conversation, Message
from tests.agentron.conftest import api, as_stranger, owner, stranger, token
from tests.factories import make_agent, make_turn, make_workflow, say, start_run
from tests.fakes.script import by_prompt, last_prompt, last_result, scripted
from tests.workflows import toolbox
from workflows import engine
from workflows.models import Agent, HelpRequest, Lane, Run, RunStatus

__all__ = ["api", "as_stranger", "owner", "stranger", "token"]
CASES = json.loads((Path(__file__).parent.parent / "cases" / "help.json").read_text())["cases"]
TRIED: dict[str, Callable[["Asking"], None]] = {}


def row(name: str) -> Callable[[Callable[["Asking"], None]], Callable[["Asking"], None]]:
    """Marks what tries the row of that name."""

    def mark(function: Callable[["Asking"], None]) -> Callable[["Asking"], None]:
        TRIED[name] = function
        return function

    return mark


class Asking:
    """A person with a run that asks, their program, and a worker to drain."""

    def __init__(self, owner: User, api: Client, stranger: Client, model: Callable[[Model], Model], drain: Callable[[], None]) -> None:
        self.owner, self.api, self.stranger, self.model, self.drain = owner, api, stranger, model, drain

    def run(self, *questions: dict[str, Any]) -> Run:
        """A workflow's run that asks these in one reply, and then repeats the last answer."""
        calls = [
            ("request_user_help", json.dumps({"kind": "question", "question": "A or B?", **asked}), f"c{n}")
            for n, asked in enumerate(questions)
        ]
        self.model(by_prompt({"choose": [calls, lambda messages: f"chosen {last_result(messages)}"]}))
        return self.driven(start_run(make_workflow({"key": "choose"}, owner=self.owner)))

    def approval(self) -> Run:
        """A turn that wants to send a letter."""
        if not Agent.objects.filter(is_default=True).exists():
            make_agent(is_default=True)
        self.model(scripted([("send", '{"what": "a letter"}', "c1")], last_result))
        return self.driven(make_turn(Conversation.objects.create(owner=self.owner)))

    def driven(self, run: Run) -> Run:
        self.drain()
        run.refresh_from_db()
        return run

    def respond(self, run: Run, *, api: Client | None = None, **body: Any) -> Any:
        return (api or self.api).post(f"/api/runs/{run.pk}/respond", body, content_type="application/json")


@pytest.fixture
def asking(owner: User, api: Client, as_stranger: Client, model: Callable[[Model], Model], drain: Callable[[], None]) -> Asking:
    return Asking(owner, api, as_stranger, model, drain)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", [name for name, _ in CASES])
def test_each_case_is_as_promised(name: str, asking: Asking) -> None:
    TRIED[name](asking)


@row("unknown run")
def _(asking: Asking) -> None:
    assert asking.respond(Run(pk=uuid4()), response="A").status_code == 404


@row("one open question, plain text")
def _(asking: Asking) -> None:
    run = asking.run({})

    assert asking.respond(run, response="A").status_code == 200
    assert (asking.driven(run).status, str(run.output).strip()) == (RunStatus.SUCCEEDED, "chosen A")


@row("two open questions, no request_id")
def _(asking: Asking) -> None:
    refused = asking.respond(asking.run({}, {}), response="A")

    assert refused.status_code == 422
    assert {item["id"] for item in refused.json()["open_requests"]} == {str(item.pk) for item in HelpRequest.objects.all()}


@row("same answer twice")
def _(asking: Asking) -> None:
    run = asking.run({})
    asking.respond(run, response="A")

    soon = asking.respond(run, response="A")
    late = asking.respond(asking.driven(run), response="A")

    at = f"{HelpRequest.objects.get().answered_at:%Y-%m-%d %H:%M:%S}"
    assert [(item.status_code, "owner" in item.json()["detail"], at in item.json()["detail"]) for item in (soon, late)] == [
        (409, True, True)
    ] * 2


@row("options given, free text answered")
def _(asking: Asking) -> None:
    run = asking.run({"kind": "choice", "options": ["A", "B"]})

    assert asking.respond(run, response="neither").status_code == 200
    assert "neither" in str(asking.driven(run).output)


@row("empty text")
def _(asking: Asking) -> None:
    run = asking.run({})

    assert [asking.respond(run, response=text).status_code for text in ("", "  ")] == [422, 422]


@row("other person's run")
def _(asking: Asking) -> None:
    assert asking.respond(asking.run({}), api=asking.stranger, response="A").status_code == 404


@row("answer after cancel")
def _(asking: Asking) -> None:
    run = asking.run({})
    engine.cancel(run, by=asking.owner)

    assert asking.respond(run, response="A").status_code == 409


@row("decision approve / deny on an approval")
def _(asking: Asking) -> None:
    for decision, sent, told in (("deny", 0, "does not want this call"), ("approve", 1, "sent a letter")):
        run = asking.approval()

        assert asking.respond(run, decision=decision).status_code == 200
        assert told in str(asking.driven(run).output)
        assert len(toolbox.calls) == sent


@row("answer, then kill everything, then start")
def _(asking: Asking) -> None:
    run = asking.run({})
    asking.respond(run, response="A")
    # Nothing but the database is left: no hint, no ticket, no memory.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_q_ormq")

    assert asking.driven(run).status == RunStatus.SUCCEEDED


@row("run without an open question")
def _(asking: Asking) -> None:
    run = start_run(make_workflow({"key": "choose"}, owner=asking.owner))

    refused = asking.respond(run, response="A")

    assert refused.status_code == 409
    assert (refused.json()["detail"], refused.json()["run_status"]) == ("Run is not waiting for user input", "queued")


@row("one branch asks while another runs: answered while running")
def _(asking: Asking) -> None:
    made: list[str] = []
    statuses: list[int] = []

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        made.append(last_prompt(messages))
        if made[-1] == "right":
            await until(sync_to_async(HelpRequest.objects.exists))
            run = await sync_to_async(Run.objects.get)()
            assert run.status == RunStatus.RUNNING
            statuses.append((await asyncio.to_thread(closing(asking.respond), run, response="A")).status_code)
            await until(sync_to_async(lambda: made.count("left") > 1))
            yield "right"
            return
        async for piece in script.stream_function(messages, info):
            yield piece

    script: Any = scripted([("request_user_help", '{"kind": "question", "question": "A or B?"}', "c1")], last_result)
    asking.model(FunctionModel(stream_function=stream))
    run = asking.driven(start_run(make_workflow({"key": "left"}, {"key": "right"}, owner=asking.owner)))

    assert statuses == [200]
    assert (run.status, sorted(made)) == (RunStatus.SUCCEEDED, ["left", "left", "right"])


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    """Wait for it."""
    while not await happened():  # noqa: ASYNC110 - it happens in the database
        await asyncio.sleep(0.01)


def closing(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, for a thread that has to leave no connection behind."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return wrapper


@row("two questions of one step, one answered")
def _(asking: Asking) -> None:
    run = asking.run({}, {})
    first, second = HelpRequest.objects.order_by("call_id")

    assert asking.respond(run, response="A", request_id=str(first.pk)).status_code == 200
    assert asking.driven(run).status == RunStatus.WAITING_FOR_USER
    asking.respond(run, response="B", request_id=str(second.pk))
    assert (asking.driven(run).status, str(run.output).strip()) == (RunStatus.SUCCEEDED, "chosen B")


@row("plain chat text, one open question, seen")
def _(asking: Asking) -> None:
    run = asking.run({})

    said = say(run.conversation, "A", seen=HelpRequest.objects.get().message_seq)

    assert (said.run_id, HelpRequest.objects.get().response) == (run.pk, "A")


@row("plain chat text typed before the question was shown")
def _(asking: Asking) -> None:
    run = asking.run({})

    say(run.conversation, "A", seen=HelpRequest.objects.get().message_seq - 1)

    assert Run.objects.exclude(pk=run.pk).get().lane == Lane.TURN
    assert HelpRequest.objects.get().status == "open"


@row("plain 'thanks' on an approval")
def _(asking: Asking) -> None:
    run = asking.approval()

    turn = say(run.conversation, "thanks", seen=HelpRequest.objects.get().message_seq)

    assert (turn.run_id != run.pk, HelpRequest.objects.get().status) == (True, "open")


@row("plain 'yes' on a confirmation")
def _(asking: Asking) -> None:
    run = asking.run({"kind": "confirmation"})

    say(run.conversation, "Yes!", seen=HelpRequest.objects.get().message_seq)

    assert HelpRequest.objects.get().decision == "yes"


@row("respond_to_run by a model on an approval")
def _(asking: Asking) -> None:
    run = asking.approval()
    asking.model(scripted([("respond_to_run", json.dumps({"run": str(run.pk), "response": "approve"}), "c1")], last_result))

    turn = asking.driven(make_turn(Conversation.objects.create(owner=asking.owner)))

    assert "only the person may decide it" in str(turn.output)
    assert HelpRequest.objects.get().status == "open"


@row("credentials by respond")
def _(asking: Asking) -> None:
    run = asking.run({})
    HelpRequest.objects.update(kind=HelpRequest.Kind.CREDENTIALS)

    refused = asking.respond(run, response="hunter2")

    assert (refused.status_code, str(HelpRequest.objects.get().pk) in refused.json()["link"]) == (422, True)
    assert not Message.objects.filter(text__contains="hunter2").exists()
