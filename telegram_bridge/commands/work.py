"""The commands about workflows, their runs, and the questions that these ask."""

import re
from datetime import datetime, timedelta

from django.utils import timezone

from chat import log
from chat.errors import InvalidError
from chat.figures import span
from chat.models import Message
from telegram_bridge import questions, talks
from telegram_bridge.talks import Heard
from telegram_bridge.words import literal
from workflows import engine, references, timetable
from workflows.models import HelpRequest, Run, RunStatus, Trigger, Workflow
from workflows.rows import listed, questions_of, shown
from workflows.run_text import asked
from workflows.schemas import RunOut

MOST_LISTED = 10
MOST_ASKED = 5
MINUTE = timedelta(minutes=1)
INPUT = re.compile(r"(?:^|[\s,;])([A-Za-z][A-Za-z0-9_]{0,63})=")
QUOTES = "“”„\"'"
SIGNS = {
    RunStatus.QUEUED: "⏳",
    RunStatus.RUNNING: "▶️",
    RunStatus.WAITING_FOR_USER: "❓",
    RunStatus.SUCCEEDED: "✅",
    RunStatus.FAILED: "❌",
    RunStatus.CANCELLED: "⏹",
}
NONE_YET = "You have no workflow yet: tell me what is to be done in which steps, and I make one."


def workflows(heard: Heard, rest: str) -> None:
    """List the person's workflows, and how one is run."""
    rows = list(shown(Workflow.objects.of(heard.user))[: MOST_LISTED * 2])
    if not rows:
        heard.tell(NONE_YET)
        return
    lines = [f"• **{literal(row.name)}**, {literal(timetable.described(row) or 'by hand')}{about(row)}" for row in rows]
    example = f"/run {literal(rows[0].name)}"
    heard.tell("\n".join(["**Your workflows**", "", *lines, "", f"Run one with {example}"]))


def about(workflow: Workflow) -> str:
    """What a workflow is for, where it says so."""
    return f": {literal(workflow.description, 80)}" if workflow.description else ""


def run(heard: Heard, rest: str) -> None:
    """Start a workflow, with inputs behind its name; its report appears in this conversation."""
    if not rest and heard.chat.is_private:
        workflows(heard, rest)
        return
    name, inputs = named(rest)
    workflow = references.workflow(heard.user, name)
    conversation = talks.conversation_of(heard.talk)
    engine.execute(workflow, by=heard.user, trigger=Trigger.TELEGRAM, inputs=inputs, conversation=conversation)
    log.name_after(conversation, f"Run {workflow.name}")
    heard.tell(f"▶️ **{literal(workflow.name)}** is under way. What comes of it appears here; /runs shows how far it is.")


def named(text: str) -> tuple[str, dict[str, str]]:
    """The workflow's name and the inputs of “Tea report topic=green tea words=3”. Raises InvalidError without a name."""
    found = list(INPUT.finditer(text))
    name = text[: found[0].start() if found else None].strip().strip(QUOTES)
    if not name:
        raise InvalidError("Say which workflow first: /run NAME, then its inputs as KEY=VALUE.")
    ends = [*(match.start() for match in found[1:]), len(text)]
    values = [text[match.end() : end].strip(" ,;\n").strip(QUOTES) for match, end in zip(found, ends, strict=False)]
    return name, {match[1]: value for match, value in zip(found, values, strict=True)}


def runs(heard: Heard, rest: str) -> None:
    """List the newest runs, and how each of them stands."""
    rows = [RunOut.of(row) for row in listed(Run.objects.of(heard.user)).order_by("-queued_at")[:MOST_LISTED]]
    if not rows:
        heard.tell("Nothing has run yet.")
        return
    heard.tell("\n".join(["**What has run lately**", "", *(one_line(row) for row in rows)]))


def one_line(run: RunOut) -> str:
    """A run: how it stands, what it was asked, and since when."""
    failed = f": {literal(run.error, 100)}" if run.error else ""
    return f"{SIGNS[run.status]} {literal(asked(run), 80)}, {RunStatus(run.status).label.lower()}, {ago(run.queued_at)}{failed}"


def ago(at: datetime) -> str:
    """How long ago that was, in whole minutes: a list stands for a while."""
    minutes = (timezone.now() - at) // MINUTE
    return f"{span(minutes * MINUTE.total_seconds())} ago" if minutes else "just now"


def pending(heard: Heard, rest: str) -> None:
    """Show the questions that wait for the person, each with its buttons."""
    waiting = list(questions_of(HelpRequest.objects.of(heard.user).open())[: MOST_ASKED + 1])
    if not waiting:
        heard.tell("No question waits for you.")
    for request in waiting[:MOST_ASKED]:
        message = Message.objects.filter(conversation=request.run.conversation_id, seq=request.message_seq).first()
        if message:
            questions.ask(request, heard.chat, heard.user, message, thread_id=heard.talk.thread_id)
    if len(waiting) > MOST_ASKED:
        heard.tell("There are more questions: answer these first, then ask for /pending again.")
