"""Questions on the phone: what is shown of one, its buttons and what they mean, and what is said once it is closed."""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from chat.models import Message, Profile
from tasks.models import Task
from telegram_bridge import keyboards, outbox
from telegram_bridge.formatting import literal
from telegram_bridge.models import Delivery, Keyboard, TelegramChat
from workflows.models import HelpRequest, HelpStatus

# What the values of a question's buttons say; see `answer_of`.
OTHER = "other"
RESPONSE, DECISION = "response:", "decision:"

MOST_BUTTONS = 20
# Nobody reads more on a phone before they approve it.
LONGEST_ARGUMENTS = 12_000
NEGATIVE = ("deny", "no", "stop")
IN_WORDS = (HelpRequest.Kind.QUESTION, HelpRequest.Kind.CHOICE)
SIGNS = {HelpRequest.Kind.APPROVAL: "🔐", HelpRequest.Kind.CREDENTIALS: "🔑"}
DONE = {"approve": "✅ **Approved**", "deny": "🚫 **Denied**"}
PLACES = {
    Message.Via.WEB: " on the page",
    Message.Via.TELEGRAM: " on Telegram",
    Message.Via.API: " by the API",
    Message.Via.CLI: " in the terminal",
    Message.Via.MCP: " by MCP",
}


def asked(request: HelpRequest) -> str:
    """What is shown of a question, in Markdown."""
    sign = SIGNS.get(HelpRequest.Kind(request.kind), "❓")
    who = asker(request)
    head = f"**{literal(shortened(who, 80))}** asks" if who else "**A question for you**"
    parts = [f"{sign} {head}", request.question]
    parts += [f"_{literal(shortened(request.reason, 1000))}_"] if request.reason else []
    if request.tool and request.arguments is not None and request.kind != HelpRequest.Kind.CREDENTIALS:
        parts += [
            f"`{request.tool}` would be called with:" if request.arguments else f"`{request.tool}` would be called.",
            called_with(request),
        ]
    parts += ["\n".join(f"{number}. {literal(' '.join(option.split()))}" for number, option in enumerate(request.options, 1))]
    parts += [how(request), fate(request)]
    return "\n\n".join(filter(None, parts))


def asker(request: HelpRequest) -> str:
    """What asks, by its name: a task, a workflow, or an agent of one's own; empty for the assistant's own turn."""
    run = request.run
    task = Task.objects.filter(pk=run.task_id, owner=run.owner_id).first() if run.task_id else None
    if task:
        return task.title
    if run.workflow:
        return run.workflow.name
    return run.agent.name if run.agent and not run.agent.is_default else ""


def called_with(request: HelpRequest) -> str:
    """The arguments of the call that is asked about, as code."""
    text = json.dumps(request.arguments, indent=2, ensure_ascii=False, default=str) if request.arguments else ""
    if len(text) > LONGEST_ARGUMENTS:
        return f"{len(text):,} characters of arguments, too many for a phone."
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}json\n{text}\n{fence}" if text else ""


def too_long(request: HelpRequest) -> bool:
    """Whether the arguments are not shown, so that nobody can have seen what they approve."""
    return len(json.dumps(request.arguments, indent=2, ensure_ascii=False, default=str)) > LONGEST_ARGUMENTS if request.arguments else False


def how(request: HelpRequest) -> str:
    """Where it is answered, for what cannot be answered here."""
    if request.kind == HelpRequest.Kind.CREDENTIALS:
        return f"Secrets are never sent through a chat: {page(reverse('credentials', args=[request.pk]), 'give it on its own page')}."
    return f"Look at them first: {page(address(request), 'answer it on the page')}." if too_long(request) else ""


def address(request: HelpRequest) -> str:
    """The path of the conversation that it is asked in."""
    return reverse("conversation", args=[request.run.conversation_id])


def page(path: str, words: str, *, whose: str = "your") -> str:
    """A link to a page of this installation; the words alone where its address is not known."""
    return f"[{words}]({settings.AGENTRON_URL}{path})" if settings.AGENTRON_URL else f"{words}, in {whose} browser"


def fate(request: HelpRequest) -> str:
    """What happens when nobody answers it, on its owner's own clock."""
    if request.expires_at is None:
        return ""
    local = request.expires_at.astimezone(Profile.of(request.run.owner).zone())
    what = f"goes on with “{literal(shortened(request.default, 80))}”" if request.default else "fails"
    return f"_Without an answer it {what} at {local:%H:%M} on {local.day} {local:%B}._"


def buttons(request: HelpRequest) -> list[list[tuple[str, str]]]:
    """The buttons under a question, row by row: what each says, and its value. No rows: it has none."""
    if too_long(request):
        return []
    shown = [*zip(request.options, range(1, MOST_BUTTONS + 1), strict=False)]
    rows = [[(f"{number}. {option}", f"{RESPONSE}{option}")] for option, number in shown]
    if request.decisions:
        rows.append([(decision.capitalize(), f"{DECISION}{decision}") for decision in request.decisions])
    last = [("Other…" if request.options else "Answer…", OTHER)] if request.kind in IN_WORDS and not request.decisions else []
    if not set(NEGATIVE) & set(request.decisions):
        last.append(("Decline", f"{DECISION}decline"))
    return [*rows, last] if last else rows


def answer_of(value: str) -> dict[str, str]:
    """What a button of that value answers: the arguments `response` or `decision` of `engine.respond`. Empty: OTHER."""
    if value.startswith(RESPONSE):
        return {"response": value.removeprefix(RESPONSE)}
    return {"decision": value.removeprefix(DECISION)} if value.startswith(DECISION) else {}


def ask(request: HelpRequest, chat: TelegramChat, user: User, message: Message, *, heading: str = "", **place: Any) -> list[Delivery]:
    """Put an open question into the outbox for `chat`; only `user` may press its buttons. `place`: as for `outbox.tell`."""
    rows = buttons(request)
    keyboard = keyboards.make(chat, user, Keyboard.Purpose.ANSWER, rows, subject=request.pk) if rows else None
    markdown = f"{heading}\n\n{asked(request)}" if heading else asked(request)
    return outbox.tell(chat, markdown, message=message, keyboard=keyboard, **place)


def other(delivery: Delivery, *, plainly: bool = False) -> list[Delivery]:
    """Somebody pressed OTHER under the question that `delivery` shows: ask for their own words; a reply to it answers.

    `plainly`: what they write next answers it, reply or not.
    """
    return outbox.tell(
        delivery.chat,
        f"✏️ Write your answer{': your next message is taken as it' if plainly else ' as a reply to this message'}.",
        thread_id=delivery.thread_id,
        message=delivery.message,
        reply_to=delivery.telegram_id,
        force_reply=True,
    )


def closed(request: HelpRequest) -> str:
    """How a question ended, by whom and where, in Markdown."""
    by = f" by {literal(request.answered_by.get_username())}" if request.answered_by else ""
    by += PLACES.get(Message.Via(request.answered_via), "") if request.answered_via else ""
    words = "given on its own page" if request.response.startswith("secret:") else literal(shortened(request.response))
    said = f": {words}" if words and words.casefold() != request.decision else "."
    match request.status:
        case HelpStatus.ANSWERED if request.decision:
            return DONE.get(request.decision, f"✅ **Answered “{request.decision}”**") + by + said
        case HelpStatus.ANSWERED:
            return f"✅ **Answered**{by}{said}"
        case HelpStatus.DECLINED:
            return f"🚫 **Declined**{by}{said}"
        case HelpStatus.EXPIRED:
            return f"⌛ No answer came in time: it goes on with “{words}”." if words else "⌛ No answer came in time."
    return "⏹ This is not asked any more."


def shortened(text: str, most: int = 300) -> str:
    """`text` in one line of at most that many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
