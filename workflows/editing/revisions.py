"""Versions of workflows and agents: found, compared, and brought back."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from workflows.definition import Definition
from workflows.editing.agents import AgentDefinition, save_agent
from workflows.editing.comparing import compared
from workflows.editing.workflows import save
from workflows.errors import MissingError
from workflows.models import Agent, Revision, Workflow

INDENT = "  "
EMPTY: tuple[Any, ...] = (None, "", [], {})


def revisions_of(thing: Workflow | Agent) -> QuerySet[Revision]:
    """The versions of a workflow or an agent, the newest first."""
    return thing.revisions.select_related("made_by").order_by("-number")


def revision_of(thing: Workflow | Agent, number: int) -> Revision:
    """One version by its number, or MissingError."""
    found = revisions_of(thing).filter(number=number).first()
    if found is None:
        numbers = ", ".join(str(one) for one in revisions_of(thing).values_list("number", flat=True)[:10])
        raise MissingError(f"“{thing}” has no revision {number}: " + (f"there are {numbers}." if numbers else "it has none yet."))
    return found


def changes(before: Revision, after: Revision) -> str:
    """What changed from one version to another, as lines with - and + in front; empty when nothing did."""
    one, other = as_text(before).splitlines(), as_text(after).splitlines()
    if one == other:
        return ""
    return "\n".join([f"--- #{before.number}", f"+++ #{after.number}", *compared(one, other)])


def as_text(revision: Revision) -> str:
    """A version as people read it: a line a field, agents by their names now."""
    data = dict(revision.data)
    if "steps" in data:
        called = dict(Agent.objects.filter(pk__in=[step["agent"] for step in data["steps"]]).values_list("pk", "name"))
        by_id = {str(pk): name for pk, name in called.items()}
        data["steps"] = [{**step, "agent": by_id.get(step["agent"], step["agent"])} for step in data["steps"]]
    return "\n".join(lines(data))


def lines(value: Any) -> Iterator[str]:
    """JSON data as lines that a comparison can tell apart: long texts keep their own, and what is empty is left out."""
    match value:
        case dict():
            for key, part in value.items():
                if part not in EMPTY:
                    yield from entry(key, part)
        case list():
            for part in value:
                yield from (f"{'  ' if at else '- '}{line}" for at, line in enumerate(lines(part)))
        case _:
            yield from str(value).splitlines()


def entry(key: str, value: Any) -> Iterator[str]:
    """A name with a short value behind it, or a long one below."""
    if isinstance(value, dict | list) or "\n" in str(value):
        yield f"{key}:"
        yield from (f"{INDENT}{line}" for line in lines(value))
    else:
        yield f"{key}: {value}"


def roll_back(revision: Revision, *, by: User) -> Workflow | Agent:
    """Make an earlier version the current one again, as a new revision. Raises InvalidError where it does not fit any more."""
    if revision.workflow:
        return save(Definition.model_validate(revision.data), owner=revision.workflow.owner, by=by, workflow=revision.workflow)
    assert revision.agent is not None
    return save_agent(AgentDefinition.model_validate(revision.data), owner=revision.agent.owner, by=by, agent=revision.agent)
