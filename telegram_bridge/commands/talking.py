"""The commands about the conversation: another one, an earlier one, stopping, how things stand, and the clock."""

from django.contrib.auth.models import User
from django.utils import timezone

from chat import conversations
from chat.errors import InvalidError, MissingError
from chat.models import Conversation, Profile
from telegram_bridge import keyboards, speaking, talks
from telegram_bridge.commands import lists
from telegram_bridge.models import Keyboard
from telegram_bridge.talks import Heard
from telegram_bridge.words import literal
from workflows import engine
from workflows.answering import answering
from workflows.builtin.clock import find_zone
from workflows.models import HelpRequest, Lane, Run
from workflows.tools import ToolError

MOST_LISTED = 8


def new(heard: Heard, rest: str) -> None:
    """Begin another conversation, at once with `rest` where there is one."""
    talks.turn_to(heard.talk, None)
    if rest:
        speaking.begin(heard, rest)
    else:
        heard.tell("A new conversation: it begins with what you write next. /resume leads back to the others.")


def resume(heard: Heard, rest: str) -> None:
    """Offer the conversations used last, or go on with the one that is named."""
    rows = conversations.listed(heard.user).rows
    if rest:
        lists.resume(heard.talk, chosen(rows, rest))
        return
    if not rows:
        raise MissingError("There is no conversation yet: just write, and the first one begins.")
    offered = rows[:MOST_LISTED]
    lines = [f"{number}. {literal(str(row), 80)}" for number, row in enumerate(offered, 1)]
    buttons = [[(f"{number}. {row}", str(row.pk))] for number, row in enumerate(offered, 1)]
    keyboard = keyboards.make(heard.chat, heard.user, Keyboard.Purpose.RESUME, buttons)
    heard.tell("**Which one do you want to go on with?**\n\n" + "\n".join(lines), keyboard=keyboard)


def chosen(rows: list[Conversation], reference: str) -> Conversation:
    """The conversation with that number in the list, or with that in its title. Raises MissingError."""
    number = int(reference) if reference.isascii() and reference.isdecimal() and len(reference) < 4 else 0
    if 0 < number <= len(rows):
        return rows[number - 1]
    word = reference.casefold()
    fitting = [row for row in rows if row.title.casefold() == word] or [row for row in rows if word in row.title.casefold()]
    if not fitting:
        raise MissingError(f"None of your conversations is called “{reference[:60]}”: /resume lists the last ones.")
    return fitting[0]


def stop(heard: Heard, rest: str) -> None:
    """Stop the turns of the conversation that is spoken in."""
    conversation = talks.current(heard.talk)
    stopped = engine.stop_turns(conversation, by=heard.user) if conversation else 0
    heard.tell("Stopped." if stopped else "Nothing is being done in this conversation. What runs elsewhere is in /runs.")


def status(heard: Heard, rest: str) -> None:
    """Tell where the person is and what is at work for them."""
    conversation = talks.current(heard.talk)
    zone = Profile.of(heard.user).zone()
    model = answering()
    lines = [
        f"**Conversation:** {literal(str(conversation)) if conversation else 'none yet, it begins with your next message'}",
        f"**At work:** {at_work(heard.user)}",
        f"**Next:** {lists.next_of(heard.user)}",
        f"**Model:** {literal(model.wrong or model.name)}",
        f"**Your clock:** {timezone.now().astimezone(zone):%H:%M}, {literal(zone.key)}",
    ]
    heard.tell("\n".join(lines))


def at_work(user: User) -> str:
    """How many runs are not over, and how many questions wait."""
    unfinished = Run.objects.of(user).unfinished()
    turns, runs = unfinished.filter(lane=Lane.TURN).count(), unfinished.filter(lane=Lane.RUN).count()
    asked = HelpRequest.objects.of(user).open().count()
    parts = [counted(turns, "answer") if turns else "", counted(runs, "workflow run") if runs else ""]
    told = " and ".join(filter(None, parts)) or "nothing"
    return f"{told}; {counted(asked, 'question')} for you in /pending" if asked else told


def counted(number: int, what: str) -> str:
    """“1 answer”, “2 answers”."""
    return f"{number} {what}{'s' * (number != 1)}"


def time_zone(heard: Heard, rest: str) -> None:
    """Set the person's clock to a zone or a city, or tell where it stands."""
    if rest:
        try:
            name = find_zone(rest)
        except ToolError as exc:
            raise InvalidError(str(exc)) from exc
        Profile.objects.update_or_create(user=heard.user, defaults={"time_zone": name})
    profile = Profile.objects.filter(user=heard.user).first() or Profile(user=heard.user)
    clock = f"{timezone.now().astimezone(profile.zone()):%H:%M}"
    if profile.time_zone:
        heard.tell(f"Your clock stands in **{literal(profile.zone().key)}**, where it is {clock} now.")
    else:
        heard.tell(f"You chose no time zone yet, so {literal(profile.zone().key)} counts: {clock}. Try `/timezone Europe/Berlin`.")
