"""Rows made of hostile texts, in bulk."""

from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from typing import Any
from uuid import uuid4

from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.urls import reverse

from chat import log
from chat.models import ApiToken, Conversation, Message
from tasks.models import Occurrence, Task
from workflows import editing
from workflows.definition import Definition, InputPart, StepPart, WhenPart
from workflows.models import (
    Agent,
    CallState,
    Effect,
    HelpRequest,
    Memory,
    ModelProvider,
    Revision,
    Run,
    RunStatus,
    StepRun,
    StepStatus,
    ToolCall,
    Trigger,
    Workflow,
)

# The end of each log: they must still be seen when everything before them was shown.
LAST_WORDS = "Still readable."
Kind = Message.Kind
Author = Message.Author


def said_by_all(texts: list[str]) -> Iterator[Message]:
    """By a person, and by a model."""
    for text in texts:
        yield message(Kind.MESSAGE, text, Author.USER)
        yield message(Kind.MESSAGE, text)


def done_by_tools(texts: list[str]) -> Iterator[Message]:
    """As a tool's name, arguments and result."""
    for number, text in enumerate(texts):
        call: dict[str, Any] = {"call_id": f"{number} {text[:100]}", "name": text[:100], "reply": number}
        yield message(Kind.TOOL_USE, **call, args={text[:200]: text, "nested": {text[:50]: [text]}})
        yield message(Kind.TOOL_RESULT, **call, status=text[:60] if number % 2 else "done", result=text)


def asked_and_answered(texts: list[str]) -> Iterator[Message]:
    """As a question with all its parts, every other one answered."""
    for number, text in enumerate(texts):
        asked: dict[str, Any] = {
            "request_id": text[:80] if number % 3 else str(uuid4()),
            "question": text,
            "options": [text[:300], text],
            "reason": text,
        }
        kinds: dict[str, Any] = {
            "question_kind": "approval",
            "tool": text,
            "arguments": {text[:50]: text},
            "decisions": [text],
            "args_hash": text,
        }
        yield message(Kind.HELP_REQUEST, text, **asked, **(kinds if number % 2 else {"question_kind": "choice"}))
        if number % 4 == 0:
            answer: dict[str, Any] = {"response": text, "decision": text, "answered_by": text, "answered_via": text}
            yield message(Kind.HELP_ANSWER, text, Author.USER, request_id=asked["request_id"], **answer)


def everything_else(texts: list[str]) -> Iterator[Message]:
    """As thoughts, errors, states and files."""
    for text in texts:
        yield message(Kind.THOUGHT, text)
        yield message(Kind.ERROR, text, Author.SYSTEM, detail=text)
        yield message(Kind.STATUS, "", Author.SYSTEM, status="cancelled", error=text)
        yield message(Kind.FILE, text, name=text, url=text, content_type=text, size=1)


SAID: dict[str, Callable[[list[str]], Iterable[Message]]] = {
    "said": said_by_all,
    "tools": done_by_tools,
    "questions": asked_and_answered,
    "the rest": everything_else,
    "none": lambda _: [],
}


def message(kind: str, text: str = "", author: str = Author.ASSISTANT, **payload: Any) -> Message:
    """A message of no run that there is, not posted yet."""
    return Message(kind=kind, author=author, text=text, payload=payload, via=Message.Via.RUN, run_id=uuid4())


def conversation(owner: User, name: str, messages: Iterable[Message]) -> str:
    """A log of these messages and harmless last words; its address."""
    found = Conversation.objects.create(owner=owner, title=f"<b>{name}</b>")
    log.post(found.pk, *messages, message(Kind.MESSAGE, LAST_WORDS))
    return reverse("conversation", args=[found.pk])


def people(names: list[str]) -> User:
    """A user of each name; the one who sees everything has a bad name too."""
    User.objects.bulk_create([User(username=name, first_name=name, last_name=name) for name in names])
    return User.objects.create_superuser("\"'><img src=x onerror=owned=1>{{7*7}}\u202e")


def titles(owner: User, texts: list[str]) -> dict[str, str]:
    """A conversation under each title, half of them archived; the addresses of some."""
    made = [Conversation(owner=owner, title=text, archived=n % 2 == 1, last_seq=1) for n, text in enumerate(texts)]
    Conversation.objects.bulk_create(made)
    return {f"title: {one.title[:30]}": reverse("conversation", args=[one.pk]) for one in made[::40]}


def agents(owner: User, names: list[str], descriptions: list[str]) -> list[Agent]:
    """An agent of each name; saved one by one, so that the audit trail hears of them."""
    rest = cycle(descriptions)
    made = [Agent(owner=owner, name=name, description=next(rest), instructions=name, model=name, tools=[name]) for name in names]
    for agent in made:
        agent.save()
    return made


def runs(owner: User, agents: list[Agent], texts: list[str]) -> None:
    """A failed run for each text, and a waiting one that asks it."""
    talk = Conversation.objects.filter(owner=owner).latest("created_at")
    common: dict[str, Any] = {"owner": owner, "conversation": talk, "trigger": Trigger.CHAT}
    ended = zip(texts, cycle(agents), strict=False)
    Run.objects.bulk_create(
        [
            Run(**common, agent=agent, status=RunStatus.FAILED, input={"text": text}, output=text, error=text, leased_by=text[:100])
            for text, agent in ended
        ]
    )
    waiting = [Run(**common, status=RunStatus.WAITING_FOR_USER, input={"text": text}) for text in texts[:60]]
    Run.objects.bulk_create(waiting)
    steps = [StepRun(run=run, key="turn", status=StepStatus.WAITING) for run in waiting]
    StepRun.objects.bulk_create(steps)
    HelpRequest.objects.bulk_create([question(step, text) for step, text in zip(steps, texts, strict=False)])


def question(step: StepRun, text: str, **fields: Any) -> HelpRequest:
    """An open question that says `text` in every field."""
    words = {"question": text, "options": [text[:300]], "reason": text, "default": text, "tool": text[:100]}
    return HelpRequest(run=step.run, step_run=step, reply=1, call_id="call", kind="choice", **{**words, **fields})


def steps(owner: User, agents: list[Agent], texts: list[str]) -> dict[str, str]:
    """Runs whose traces show every text: as steps with calls and answers, and as what the model said."""
    talk = Conversation.objects.create(owner=owner, title="traces")
    many, spoken = (
        Run.objects.create(owner=owner, conversation=talk, agent=agents[0], trigger=Trigger.CHAT, status=RunStatus.FAILED) for _ in range(2)
    )
    made = [
        StepRun(run=many, key=text[:64], round=n, status="failed", prompt=text, error=text, output=text) for n, text in enumerate(texts)
    ]
    replies = [{"kind": "response", "model_name": text[:99], "parts": parts(text)} for text in texts]
    made.append(StepRun(run=spoken, key="turn", status=StepStatus.SUCCEEDED, messages={"messages": replies}))
    StepRun.objects.bulk_create(made)
    pairs = list(zip(made, texts, strict=False))
    ToolCall.objects.bulk_create([call(step, text) for step, text in pairs])
    HelpRequest.objects.bulk_create([question(step, text, status="answered", response=text, answered_by=owner) for step, text in pairs])
    return {"run of many steps": reverse("run", args=[many.pk]), "run of many replies": reverse("run", args=[spoken.pk])}


def parts(text: str) -> list[dict[str, str]]:
    """A stored reply that thinks and says `text`."""
    return [{"part_kind": kind, "content": text} for kind in ("thinking", "text")]


def call(step: StepRun, text: str) -> ToolCall:
    """A journal row that says `text` in every field."""
    words: dict[str, Any] = {"tool": text[:100], "arguments": {text[:60]: text}, "result": text, "error": text}
    return ToolCall(step_run=step, reply=1, call_id="call", effect=Effect.ONCE, state=CallState.UNKNOWN, args_hash="x", **words)


def small_things(owner: User, cut: Callable[[int], list[str]]) -> None:
    """Memories, providers, tokens and entries of the audit trail."""
    Memory.objects.bulk_create([Memory(owner=owner, key=text, value=text * 20) for text in cut(100)])
    ModelProvider.objects.bulk_create(
        [ModelProvider(name=text, kind="ollama", base_url=text, default_model=text, api_key_env=text, enabled=False) for text in cut(50)]
    )
    ApiToken.objects.bulk_create([ApiToken(user=owner, name=text, prefix=text[:12], hash=str(n)) for n, text in enumerate(cut(100))])
    kind = ContentType.objects.get_for_model(Agent)
    trail: dict[str, Any] = {"content_type": kind, "object_pk": "1", "action": LogEntry.Action.UPDATE, "actor": owner}
    LogEntry.objects.bulk_create(
        [LogEntry(object_repr=text, changes={text[:60]: [text, text]}, additional_data={text[:60]: text}, **trail) for text in cut(2_000)]
    )


def workflow(owner: User, agents: list[Agent], texts: list[str]) -> dict[str, str]:
    """One of forty steps, whose name, agents, prompts and conditions are hostile; its pages."""
    words = [text for text in texts if text.strip() and "{{" not in text]
    steps = [
        StepPart(
            key=f"s{n}",
            agent=str(agents[n].pk),
            prompt="\n".join(words[n::40]),
            after=[f"s{n - 1}"] if n else [],
            when=WhenPart(step=f"s{n - 1}", op="contains", value=words[n][:500]) if n else None,
        )
        for n in range(40)
    ]
    inputs = [InputPart(name=f"x{n}", description=text[:300], default=text) for n, text in enumerate(words[:40])]
    names: dict[str, Any] = {"name": "hostile", "description": words[4][:300], "instruction": words[5]}
    made = editing.save(Definition(**names, inputs=inputs, steps=steps), owner=owner, by=owner)
    # No form takes such a name: it is as a database holds it that somebody else has written to.
    Workflow.objects.filter(pk=made.pk).update(name=words[3][:100])
    pages = {"workflow": [], "workflow-edit": [], "workflow-revision": [1]}
    return {f"site: {name}": reverse(name, args=[made.pk, *more]) for name, more in pages.items()}


def admin_pages() -> dict[str, str]:
    """One page of each kind of row in the admin."""
    shown: tuple[type[Model], ...] = (
        Agent,
        Memory,
        ModelProvider,
        Revision,
        Run,
        HelpRequest,
        Conversation,
        ApiToken,
        User,
        LogEntry,
        Workflow,
        Revision,
        Task,
        Occurrence,
    )
    found: dict[str, str] = {}
    for model in shown:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        last = model._default_manager.order_by("pk").last()
        found |= {f"{name} list": reverse(f"{name}_changelist")}
        found |= {name: reverse(f"{name}_change", args=[last.pk])} if last else {}
    return found
