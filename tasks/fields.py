"""What a draft or a change says, made into the fields of a task: checked, and refused at the field that is wrong."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from chat.log import check_text, clean, storable, title_of
from chat.models import Conversation
from tasks.drafts import When
from tasks.models import STOPPABLE, Mode, Task, TaskStatus
from tasks.models.task import TaskQuerySet
from tasks.timing import meant, timing
from workflows import references
from workflows.definition import Definition
from workflows.errors import InvalidError, MissingError
from workflows.models import GRACE_SECONDS, Agent, Workflow

# Written into the row as they were said.
PLAIN = ("mode", "overlap", "misfire", "inputs", "enabled")
LONGEST_METADATA = 10_000
# Kinds of characters that show nothing by themselves, and letters and symbols that are drawn empty.
UNSEEN = {"Cc", "Cf", "Me", "Mn", "Zl", "Zp", "Zs"}
BLANK = "\u115f\u1160\u2800\u3164\uffa0"
MOST_NAMED = 3


def apply(task: Task, said: dict[str, Any], when: When | None, now: datetime) -> None:
    """Write what was `said` into `task`, which is saved by the caller. `when`: its time is new.

    Raises InvalidError at the first field that is wrong, MissingError for a conversation, agent or workflow that is not there.
    """
    for name in PLAIN:
        if said.get(name) is not None:
            setattr(task, name, said[name])
    if said.get("grace_seconds") is not None or task.grace_seconds is None:
        task.grace_seconds = GRACE_SECONDS if said.get("grace_seconds") is None else said["grace_seconds"]
    if said.get("conversation"):
        task.conversation = conversation(task, said["conversation"])
    apply_references(task, said)
    if said.get("metadata") is not None:
        task.metadata = merged(task.kept, said["metadata"])
    if when is not None:
        found = timing(when, task, now)
        if found.schedule:
            check_unawaited(task)
        # Intervals that are as they were go on counting from where they began.
        task.starts_at = task.starts_at if meant(task) == meant(found) else now
        task.run_at, task.schedule, task.time_zone = found.run_at, found.schedule, found.time_zone
    apply_words(task, said)
    check_mode(task)


def apply_references(task: Task, said: dict[str, Any]) -> None:
    """The agent and the workflow; an empty one is none."""
    if "agent" in said:
        task.agent = agent(task, said["agent"]) if said["agent"] else None
    if "workflow" in said:
        task.workflow = workflow(task, said["workflow"]) if said["workflow"] else None


def apply_words(task: Task, said: dict[str, Any]) -> None:
    """The text and the title; a new task without a title is called after its text or its workflow."""
    if said.get("text") is not None:
        if task.title == title_of(task.text):
            task.title = ""
        task.text = check_text(said["text"]).strip() if visible(said["text"]) else ""
    if visible(said.get("title") or ""):
        task.title = " ".join(clean(said["title"]).split())
    if not task.title:
        task.title = title_of(task.text) if task.text else task.workflow.name if task.workflow else ""


def visible(text: str) -> bool:
    """Whether there is anything to be seen in a text: spaces, marks alone and characters without width are nothing."""
    return any(unicodedata.category(character) not in UNSEEN and character not in BLANK for character in text)


def check_mode(task: Task) -> None:
    """Raise InvalidError when it lacks what its mode needs, or has what belongs to another."""
    if task.mode == Mode.RUN_WORKFLOW:
        check_workflow(task)
        return
    if not task.text:
        what = "what to remind you of" if task.mode == Mode.NOTIFY else "what the agent is to do"
        raise wrong("text", f"Say {what}.")
    if task.workflow or task.inputs:
        raise wrong(
            "workflow" if task.workflow else "inputs", f"Only a task with mode {Mode.RUN_WORKFLOW.value} has a workflow and inputs."
        )
    if task.agent and task.mode == Mode.NOTIFY:
        raise wrong("agent", f"A reminder needs no agent: leave it out, or use mode {Mode.PROMPT_AGENT.value}.")


def check_workflow(task: Task) -> None:
    """A workflow that could be run now with these inputs."""
    if task.workflow is None:
        raise wrong("workflow", "Say which workflow: its name or id.")
    if task.agent:
        raise wrong("agent", "The steps of a workflow have agents of their own: leave it out.")
    revision = task.workflow.revisions.order_by("-number").first()
    if revision is None:
        raise wrong("workflow", f"“{task.workflow}” has no steps yet: give it some first.")
    Definition.model_validate(revision.data).given(task.inputs)


def conversation(task: Task, pk: UUID) -> Conversation:
    """A conversation of the task's owner; somebody else's is like none."""
    found = Conversation.objects.of(task.owner).filter(pk=pk).first()
    if found is None:
        sentence = f"There is no conversation {pk}."
        raise MissingError(sentence, fields={"conversation": sentence})
    return found


def agent(task: Task, reference: str) -> Agent:
    """An agent that the task's owner may use."""
    try:
        return references.agent(task.owner, reference)
    except MissingError as exc:
        raise wrong("agent", str(exc)) from exc


def workflow(task: Task, reference: str) -> Workflow:
    """A workflow of the task's owner."""
    try:
        return references.workflow(task.owner, reference)
    except MissingError as exc:
        raise wrong("workflow", str(exc)) from exc


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Metadata with what is new over what was there."""
    found: dict[str, Any] = storable({**old, **new})
    if len(json.dumps(found)) > LONGEST_METADATA:
        raise wrong("metadata", f"This is too much: keep at most {LONGEST_METADATA:,} characters of JSON here.")
    return found


def dependencies(task: Task, wanted: Iterable[UUID]) -> list[Task]:
    """The tasks that it waits for. Raises InvalidError for one that is missing, recurs, or waits for this one."""
    ids = list(dict.fromkeys(wanted))
    found = {row.pk: row for row in Task.objects.of(task.owner).filter(pk__in=ids)}
    for pk in ids:
        if pk not in found:
            raise wrong("depends_on", f"There is no task {pk}.")
        if found[pk].recurs:
            raise wrong("depends_on", f"“{found[pk]}” happens again and again, so it never is done: only wait for tasks that happen once.")
    if not task._state.adding and task.pk in ancestors(set(ids)):
        raise wrong("depends_on", "These tasks would wait for each other: leave one of them out.")
    return [found[pk] for pk in ids]


def ancestors(level: set[UUID]) -> set[UUID]:
    """These tasks and all that they wait for."""
    known: set[UUID] = set()
    while level:
        known |= level
        level = set(Task.objects.filter(dependents__in=level).values_list("pk", flat=True)) - known
    return known


def waiting_for(task: Task) -> TaskQuerySet:
    """The pending tasks that wait until this one has succeeded; none once it has."""
    pending = Task.objects.filter(depends_on=task.pk, status=TaskStatus.PENDING)
    return pending.none() if task.status == TaskStatus.SUCCEEDED else pending.order_by("created_at")


def named(tasks: Iterable[Task]) -> str:
    """The first of them by their titles, and how many more there are."""
    titles = [f"“{task}”" for task in tasks]
    more = len(titles) - MOST_NAMED
    return ", ".join(titles[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def check_unawaited(task: Task) -> None:
    """Raise InvalidError for a task that is to recur, so that it never is done, while others wait until it is."""
    if not task._state.adding and (others := named(waiting_for(task))):
        raise wrong("schedule", f"It is waited for by {others}, and what happens again and again never is done: change that first.")


def fingerprint(task: Task) -> str:
    """What makes a task the same as another (contract §4): all of it but its title, its policies and its past."""
    parts = [
        None if task.own_conversation else str(task.conversation_id),
        task.mode,
        task.text,
        task.run_at.isoformat() if task.run_at else None,
        task.schedule,
        task.time_zone,
        str(task.agent_id or ""),
        str(task.workflow_id or ""),
        task.inputs,
        task.metadata,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def twin(task: Task) -> Task | None:
    """The same task, where there is one that has not ended."""
    same = Task.objects.of(task.owner).filter(Q(managed_by=None), fingerprint=task.fingerprint, status__in=STOPPABLE)
    return same.order_by("created_at").first()


def wrong(field: str, sentence: str) -> InvalidError:
    """The refusal of one field."""
    return InvalidError(sentence, fields={field: sentence})
