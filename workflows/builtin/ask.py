"""The tool that asks a person."""

from chat.log import clean
from workflows.models import Effect, HelpRequest
from workflows.tools import Question, ToolContext, ToolError, tool

MAX_QUESTION = 2_000
MAX_REASON = 1_000
MAX_OPTION = 200
OPTION_COUNTS = range(2, 6)
MOST_HOURS = 24 * 365
KINDS = (HelpRequest.Kind.QUESTION, HelpRequest.Kind.CHOICE, HelpRequest.Kind.CONFIRMATION, HelpRequest.Kind.CREDENTIALS)


@tool(effect=Effect.READ, quick=True)
def ask_user(context: ToolContext, question: str, options: list[str] | None = None, reason: str = "") -> Question:
    """Ask the person a question and wait for the answer, which may take days.

    Use it when you cannot go on without something that only they know or decide. Ask one thing at a time, and do
    not ask what you can find out yourself.

    Args:
        question: The question, complete in itself: it may be read on a phone, without what came before.
        options: Two to five short answers to choose from; leave it out for an open question.
        reason: Why you need to know, in one sentence.
    """
    choices = checked(options or [])
    kind = HelpRequest.Kind.CHOICE if choices else HelpRequest.Kind.QUESTION
    return Question(text("question", question, MAX_QUESTION, needed=True), kind, choices, text("reason", reason, MAX_REASON))


@tool(effect=Effect.READ, quick=True)
def request_user_help(
    context: ToolContext,
    kind: str,
    question: str,
    options: list[str] | None = None,
    reason: str = "",
    answer_within_hours: float = 0,
    default: str = "",
) -> Question:
    """Ask the owner of this run for help and wait for the answer, which may take days; other steps go on meanwhile.

    Use it when you cannot go on without something that only they know or decide. Never ask for a password or a key in any
    other way than with kind “credentials”: you are given secret:ID then, which tools that take one accept in its place.

    Args:
        kind: “question” for an open question, “choice” with options, “confirmation” for a yes or no, “credentials” for
            one password, token or key, which the person gives on a page of its own.
        question: The question, complete in itself: it may be read on a phone, without what came before.
        options: Two to five short answers to choose from; needed for a choice.
        reason: Why you need to know, in one sentence.
        answer_within_hours: How long to wait; 0 waits as long as it takes.
        default: What to go on with when no answer comes in that time; without it this step fails then.
    """
    if kind not in KINDS:
        raise ToolError(f"“{kind[:40]}” is not a kind of question: use {', '.join(KINDS)}.")
    choices = checked(options or [])
    if kind == HelpRequest.Kind.CHOICE and not choices:
        raise ToolError("A choice needs two to five options: give them, or ask an open question.")
    wanted = HelpRequest.Kind.CHOICE if choices else HelpRequest.Kind(kind)
    if not 0 <= answer_within_hours <= MOST_HOURS:
        raise ToolError(f"It cannot wait {answer_within_hours:g} hours: give 0 to {MOST_HOURS}, where 0 waits as long as it takes.")
    if kind == HelpRequest.Kind.CREDENTIALS and (choices or default):
        raise ToolError("Credentials have neither options nor a default: leave them out.")
    if default and not answer_within_hours:
        raise ToolError("A default needs answer_within_hours: say after which time to go on with it.")
    asked, why = text("question", question, MAX_QUESTION, needed=True), text("reason", reason, MAX_REASON)
    return Question(asked, wanted, choices, why, text("default", default, MAX_QUESTION), answer_within_hours)


def text(name: str, value: str, limit: int, *, needed: bool = False) -> str:
    """`value` without the space around it, or ToolError when it is too long or missing."""
    value = clean(value).strip()
    if needed and not value:
        raise ToolError(f"The {name} is empty: write what you want to know.")
    if len(value) > limit:
        raise ToolError(f"The {name} has {len(value):,} characters: use at most {limit:,}.")
    return value


def checked(options: list[str]) -> list[str]:
    """The answers to choose from, or ToolError that says what is wrong with them."""
    if not options:
        return []
    choices = [text("option", option, MAX_OPTION) for option in options]
    if not all(choices):
        raise ToolError("An option is empty: give each one a few words, or leave the options out.")
    if len({choice.casefold() for choice in choices}) < len(choices):
        raise ToolError("Two options are the same: make each one different.")
    if len(choices) not in OPTION_COUNTS:
        raise ToolError(f"There are {len(choices)} options: give two to five, or none for an open question.")
    return choices
