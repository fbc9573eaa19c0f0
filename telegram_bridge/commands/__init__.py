"""The commands of contract §8: what each is called, what it does, and the menu that Telegram shows of them."""

from collections.abc import Callable
from dataclasses import dataclass

from chat.errors import ForbiddenError
from telegram_bridge.commands import later, talking, work
from telegram_bridge.incoming import Order
from telegram_bridge.replies import Reply
from telegram_bridge.talks import Heard
from telegram_bridge.words import literal

__all__ = ["COMMANDS", "MENU", "obey"]

GREETING = (
    "Write to me as you would to a colleague: I answer, remind you, and carry out longer work. What you send me is in your conversations "
    "on the web page too. Documents and photos are welcome. Reply to one of my messages to come back to it."
)

HERE = (
    "Here I answer whoever mentions me, replies to one of my messages or gives a command; everybody has a conversation of their own. "
    "Your questions, tasks and runs are listed in our private chat only."
)

OWN_LISTS = "That would show your lists to everybody here: ask me in private."


@dataclass(frozen=True)
class Command:
    """One command: how it is carried out, what it is for, what stands behind its name, and whether it shows lists of one's own."""

    do: Callable[[Heard, str], None]
    what: str
    takes: str = ""
    shows_own: bool = False


def greeting(heard: Heard) -> str:
    """How one speaks to the bot where this was said."""
    return GREETING if heard.chat.is_private else HERE


def start(heard: Heard, rest: str) -> None:
    """Greet somebody who is served already."""
    heard.tell(f"You are **{literal(heard.user.get_username())}** here. {greeting(heard)}\n\nSee /help for what else there is.")


def help_(heard: Heard, rest: str) -> None:
    """Tell what there is, but in a group not of what is refused there."""
    offered = {name: command for name, command in COMMANDS.items() if heard.chat.is_private or not command.shows_own}
    lines = [f"/{name}{f' {literal(command.takes)}' if command.takes else ''} – {command.what}" for name, command in offered.items()]
    heard.tell("\n\n".join([greeting(heard), "\n".join(lines)]))


COMMANDS = {
    "new": Command(talking.new, "begin another conversation", "[TEXT]"),
    "resume": Command(talking.resume, "go on with an earlier conversation", "[NUMBER]", shows_own=True),
    "stop": Command(talking.stop, "stop what is being done for you here"),
    "pending": Command(work.pending, "the questions that wait for you", shows_own=True),
    "schedule": Command(later.schedule, "be reminded of something", "WHEN TEXT"),
    "scheduled": Command(later.scheduled, "what is scheduled, and cancel it", shows_own=True),
    "tasks": Command(later.scheduled, "the same as /scheduled", shows_own=True),
    "workflows": Command(work.workflows, "your workflows", shows_own=True),
    "run": Command(work.run, "run a workflow", "NAME [KEY=VALUE]"),
    "runs": Command(work.runs, "what has run lately", shows_own=True),
    "status": Command(talking.status, "where you are, and what is at work"),
    "timezone": Command(talking.time_zone, "where your clock stands", "[CITY]"),
    "help": Command(help_, "what I can do"),
    "start": Command(start, "say hello"),
}
# As setMyCommands takes it; what is typed by nobody is left out.
MENU = [
    {"command": name, "description": command.what[:1].upper() + command.what[1:]}
    for name, command in COMMANDS.items()
    if name not in ("start", "tasks")
]


def obey(heard: Heard, order: Order) -> Reply:
    """Carry out a command. Raises RefusedError. In a group an unknown one may be for another bot, unless ours is named."""
    command = COMMANDS.get(order.name)
    if command and command.shows_own and not heard.chat.is_private:
        raise ForbiddenError(OWN_LISTS)
    if command:
        command.do(heard, order.rest)
    elif heard.chat.is_private or order.bot:
        heard.tell(f"There is no command /{literal(order.name)}: /help lists those there are. What you say to me needs no slash before it.")
    return Reply()
