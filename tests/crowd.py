"""A person who has used Agentron for years: `python -m tests.crowd`, on the database that DATABASE_URL names.

Makes one conversation of 10,000 messages and 2,000 others, each with at least one turn. With `--runs 100000` there
are that many turns, which is a million messages. What it made is printed as JSON; it can run again beside itself.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentron.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from chat.models import Conversation, Message  # noqa: E402
from workflows.models import Agent, CallState, Effect, HelpRequest, Run, RunStatus, StepRun, StepStatus, ToolCall, Trigger  # noqa: E402

# What a turn adds to the log: a question, a thought, three calls with results, an answer, its end.
TURN_MESSAGES = 10
CALLS = 3
DAYS = 365
BATCH_TURNS = 1_000
# One in so many conversations ends in a question.
ASKING = 50
WORDS = ["plan", "budget", "invoice", "garden", "weather", "report", "Lisbon", "Tokyo", "notes", "contract", "release", "backup"]
WORDS += ["server", "photos", "birthday", "recipe", "train", "ticket", "house", "paint", "meter", "energy", "school", "football"]
KINDS = Message.Kind


@dataclass
class Batch:
    """Rows that are written together."""

    runs: list[Run] = field(default_factory=list)
    steps: list[StepRun] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    asked: list[HelpRequest] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def write(self) -> None:
        Run.objects.bulk_create(self.runs)
        StepRun.objects.bulk_create(self.steps)
        ToolCall.objects.bulk_create(self.calls)
        HelpRequest.objects.bulk_create(self.asked)
        Message.objects.bulk_create(self.messages, batch_size=2_000)


class Crowd:
    """Makes rows that look lived in, always the same ones."""

    def __init__(self) -> None:
        self.random = Random(7)
        self.now = timezone.now()
        self.owner = User.objects.create_superuser(f"crowd-{self.now:%H%M%S%f}")
        self.agent = Agent.objects.filter(is_default=True).first()
        self.asking: set[UUID] = set()

    def words(self, count: int) -> str:
        return " ".join(self.random.choices(WORDS, k=count))

    def conversation(self, turns: int, age: timedelta) -> Conversation:
        """One that was used last so long ago."""
        at = self.now - age
        title = self.words(self.random.randint(2, 7)).capitalize()
        numbers = {"last_seq": turns * TURN_MESSAGES, "read_seq": turns * TURN_MESSAGES, "archived": self.random.random() < 0.1}
        return Conversation(owner=self.owner, title=title, created_at=at, updated_at=at, **numbers)

    def turn(self, batch: Batch, talk: Conversation, number: int) -> None:
        """The `number`-th turn of a conversation, counted from 0, with everything that belongs to it."""
        at = talk.updated_at - timedelta(minutes=37 * (talk.last_seq // TURN_MESSAGES - number))
        run = self.run(talk, at)
        run.asked_seq = number * TURN_MESSAGES + 1
        if talk.pk in self.asking and number + 1 == talk.last_seq // TURN_MESSAGES:
            run.status, run.error, run.finished_at = RunStatus.WAITING_FOR_USER, "", None
        step = StepRun(run=run, key=StepRun.TURN, agent=self.agent, prompt=self.words(8), replies=2, status=StepStatus.SUCCEEDED)
        step.started_at, step.finished_at = run.started_at, run.finished_at
        batch.runs.append(run)
        batch.steps.append(step)
        batch.calls += [self.call(step, place, at) for place in range(CALLS)]
        for seq, said in enumerate(self.log(run), start=number * TURN_MESSAGES + 1):
            said.conversation, said.owner, said.seq, said.at, said.run_id = talk, self.owner, seq, at, run.pk
            batch.messages.append(said)
        if run.status == RunStatus.WAITING_FOR_USER:
            batch.asked.append(HelpRequest(run=run, step_run=step, reply=2, call_id="ask", question=self.words(9), options=["Yes", "No"]))

    def run(self, talk: Conversation, at: datetime) -> Run:
        """Most go well, some do not."""
        status = self.random.choices([RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED], [94, 4, 2])[0]
        ended = at + timedelta(seconds=self.random.expovariate(1 / 9))
        numbers = {"input_tokens": self.random.randint(500, 9_000), "output_tokens": self.random.randint(20, 900)}
        return Run(
            owner=self.owner,
            conversation=talk,
            agent=self.agent,
            trigger=self.random.choice([Trigger.CHAT, Trigger.API, Trigger.SCHEDULE]),
            status=status,
            input={"text": self.words(8)},
            error="The model could not be reached." if status == RunStatus.FAILED else "",
            cost=Decimal(numbers["input_tokens"]) / 1_000_000,
            queued_at=at,
            started_at=at,
            finished_at=ended,
            **numbers,
        )

    def call(self, step: StepRun, place: int, at: datetime) -> ToolCall:
        words: dict[str, Any] = {"tool": "current_time", "arguments": {"time_zone": "Asia/Tokyo"}, "result": {"time": "12:00"}}
        return ToolCall(step_run=step, reply=1, call_id=f"c{place}", effect=Effect.READ, state=CallState.DONE, started_at=at, **words)

    def log(self, run: Run) -> Iterator[Message]:
        """What a turn leaves in the log."""
        yield Message(kind=KINDS.MESSAGE, author="user", user=self.owner, text=self.words(8), via="web")
        yield said(KINDS.THOUGHT, self.words(20))
        for place in range(CALLS):
            call: dict[str, Any] = {"call_id": f"c{place}", "name": "current_time", "reply": 1}
            yield said(KINDS.TOOL_USE, **call, args={"time_zone": "Asia/Tokyo"})
            yield said(KINDS.TOOL_RESULT, **call, status="done", result={"time": "12:00"})
        yield said(KINDS.MESSAGE, f"**{self.words(2)}**: {self.words(25)}.\n\n- {self.words(6)}\n- `{self.words(2)}`\n\n{self.words(30)}.")
        yield said(KINDS.STATUS, status=run.status)


def said(kind: str, text: str = "", **payload: Any) -> Message:
    """A message of a run."""
    return Message(kind=kind, author="assistant", text=text, payload=payload, via="run")


def fill(conversations: int, messages: int, runs: int) -> dict[str, str | int]:
    """Make all of it; what can be looked at, by name."""
    crowd = Crowd()
    each = max(runs // conversations, 1) if conversations else 0
    long = crowd.conversation(messages // TURN_MESSAGES, timedelta())
    sizes = {long: long.last_seq // TURN_MESSAGES}
    sizes |= {crowd.conversation(each, timedelta(days=DAYS) * n / conversations): each for n in range(1, conversations + 1)}
    crowd.asking = {talk.pk for talk in list(sizes)[1::ASKING]}
    Conversation.objects.bulk_create(sizes, batch_size=2_000)
    turns = ((talk, number) for talk, count in sizes.items() for number in range(count))
    while part := list(islice(turns, BATCH_TURNS)):
        batch = Batch()
        for talk, number in part:
            crowd.turn(batch, talk, number)
        with transaction.atomic():
            batch.write()
    analyze()
    return {"user": crowd.owner.username, "conversation": str(long.pk), "run": str(a_run(long)), "runs": sum(sizes.values())}


def a_run(talk: Conversation) -> UUID:
    """Any run of a conversation."""
    return Run.objects.filter(conversation=talk).values_list("pk", flat=True)[0]


def analyze() -> None:
    """Let the database count what it has, as it does by itself where rows come one by one."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=2_000)
    parser.add_argument("--messages", type=int, default=10_000, help="in the long conversation")
    parser.add_argument("--runs", type=int, default=0, help="all in all; ten messages each")
    chosen = parser.parse_args()
    sys.stdout.write(json.dumps(fill(chosen.conversations, chosen.messages, chosen.runs)))


if __name__ == "__main__":
    main()
