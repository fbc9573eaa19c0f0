"""Plain makers of rows for tests."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import User

from chat import log
from chat.models import Conversation, Message
from tasks import planning
from tasks.drafts import Draft
from tasks.models import Task
from workflows import editing, engine
from workflows.definition import Definition
from workflows.models import Agent, HelpRequest, Run, RunStatus, StepRun, Trigger, Workflow
from workflows.tools import ToolContext

_made = 0


def number() -> int:
    """A number nobody had before."""
    global _made
    _made += 1
    return _made


def make_user(name: str = "", **fields: Any) -> User:
    """A person."""
    return User.objects.create_user(name or f"person{number()}", password="secret-word-1", **fields)


def make_conversation(owner: User | None = None, **fields: Any) -> Conversation:
    """A conversation; its owner is made when none is given."""
    return Conversation.objects.create(owner=owner or make_user(), **fields)


def make_agent(**fields: Any) -> Agent:
    """An agent with all tools."""
    return Agent.objects.create(**{"name": f"agent{number()}", "tools": ["*"], **fields})


def say(conversation: Conversation, text: str = "hello", via: Message.Via = Message.Via.WEB, **fields: Any) -> Message:
    """What the conversation's owner says."""
    return log.say(conversation, conversation.owner, text, via=via, **fields).message


def make_turn(conversation: Conversation | None = None, text: str = "hello") -> Run:
    """A queued turn."""
    message = say(conversation or make_conversation(), text)
    assert message.run_id
    return Run.objects.get(pk=message.run_id)


def make_run(conversation: Conversation, text: str = "hello", status: str = RunStatus.SUCCEEDED, **fields: Any) -> Run:
    """A run that nobody drives."""
    return Run.objects.create(
        **{
            "owner": conversation.owner,
            "conversation": conversation,
            "trigger": Trigger.CHAT,
            "status": status,
            "input": {"text": text},
            **fields,
        }
    )


def make_question(conversation: Conversation, **fields: Any) -> HelpRequest:
    """An open question of a run that waits for its answer."""
    run = make_run(conversation, status=RunStatus.WAITING_FOR_USER)
    step = StepRun.objects.create(run=run, key="turn", status="waiting")
    return HelpRequest.objects.create(
        **{"run": run, "step_run": step, "reply": 1, "call_id": f"call{number()}", "question": "Which one?", **fields}
    )


def kinds(conversation_id: UUID) -> list[str]:
    """The kinds of a conversation's messages, in order."""
    return list(Message.objects.filter(conversation=conversation_id).order_by("seq").values_list("kind", flat=True))


def make_workflow(*steps: dict[str, Any], owner: User | None = None, **fields: Any) -> Workflow:
    """A workflow; steps without an agent get one with all tools, prompts are their keys."""
    owner = owner or make_user()
    agent = make_agent(owner=owner)
    parts = [{"agent": agent.name, "prompt": step["key"], **step} for step in steps]
    definition = Definition.model_validate({"name": f"workflow{number()}", "steps": parts, **fields})
    return editing.save(definition, owner=owner, by=owner)


def start_run(workflow: Workflow, **inputs: str) -> Run:
    """A queued run of a workflow."""
    return engine.execute(workflow, by=workflow.owner, trigger=Trigger.CLI, inputs=inputs)


def make_task(owner: User | None = None, **fields: Any) -> Task:
    """A task that its owner makes, in an hour unless something else is said; what it is told as in a draft."""
    when = {} if fields.keys() & {"run_at", "schedule", "delay_seconds"} else {"delay_hours": 1}
    draft = Draft.model_validate({"text": f"task{number()}", **when, **fields})
    return planning.add(draft, owner=owner or make_user(), via=Message.Via.WEB).task


def make_context(owner: User | None = None, agent: Agent | None = None) -> ToolContext:
    """What a tool is called with; nobody owns it unless somebody is given, for tools that touch no rows."""
    return ToolContext(owner.pk if owner else 0, uuid4(), uuid4(), uuid4(), f"call{number()}", agent.pk if agent else None)
