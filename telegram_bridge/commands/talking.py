"""The commands about the conversation: another one, an earlier one, stopping, how things stand, and the clock."""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from chat import conversations
from chat.errors import InvalidError, MissingError
from chat.models import Conversation, Profile
from tasks import reading
from telegram_bridge import keyboards, speaking, talks
from telegram_bridge.commands import lists
from telegram_bridge.models import Keyboard
from telegram_bridge.talks import Heard
from telegram_bridge.words import literal
from workflows import engine
from workflows.answering import answering
from workflows.builtin.clock import find_zone
from workflows.models import Heartbeat, HelpRequest, Lane, Run
from workflows.tools import ToolError

MOST_LISTED = 8
# So long a number means the list that was shown; later one would rather mean what is newest.
LIST_HOLDS = timedelta(days=1)
# Workers show life every few seconds; as in agentron/health.py.
WORKER_SECONDS = 15
NO_WORKER = "⚠️ Nothing is being worked on: no worker runs. What waits is kept; tell whoever runs me."


def new(heard: Heard, rest: str) -> None:
    """Begin another conversation, at once with `rest` where there is one."""
    talks.turn_to(heard.talk, None)
    if rest:
        speaking.begin(heard, rest)
    else:
        back = "/resume" if heard.chat.is_private else "A reply to one of my messages"
        heard.tell(f"A new conversation: it begins with what you write next. {back} leads back to the others.")


def resume(heard: Heard, rest: str) -> None:
    """Offer the conversations used last but for the one that is spoken in, or go on with the one that is named."""
    spoken_in = heard.talk.conversation_id
    rows = conversations.listed(heard.user).rows
    others = [row for row in rows if row.pk != spoken_in]
    if rest:
        number = int(rest) if rest.isascii() and rest.isdecimal() and len(rest) < 4 else 0
        there = [row for row in rows if row.pk == spoken_in]
        lists.resume(heard.talk, numbered(heard, others, number) if number else titled([*others, *there], rest))
        return
    if not others:
        raise MissingError("There is no other conversation: just write, and /new begins another one.")
    offered = others[:MOST_LISTED]
    lines = [f"{number}. {literal(str(row), 80)}" for number, row in enumerate(offered, 1)]
    buttons = [[(f"{number}. {row}", str(row.pk))] for number, row in enumerate(offered, 1)]
    keyboard = keyboards.make(heard.chat, heard.user, Keyboard.Purpose.RESUME, buttons)
    heard.tell("**Which one do you want to go on with?**\n\n" + "\n".join(lines), keyboard=keyboard)


def numbered(heard: Heard, others: list[Conversation], number: int) -> Conversation:
    """The conversation of that number in the list that the talk showed last, else in one made now. Raises MissingError."""
    lately = timezone.now() - LIST_HOLDS
    # Closed or not: the numbers still stand there when a button was pressed.
    shown = Keyboard.objects.filter(purpose=Keyboard.Purpose.RESUME, user=heard.user, created_at__gt=lately)
    keyboard = shown.filter(delivery__talk=heard.talk).order_by("pk").last()
    value = keyboard.value(number - 1) if keyboard else None
    if keyboard:
        found = Conversation.objects.of(heard.user).filter(pk=UUID(value)).first() if value else None
    else:
        found = others[number - 1] if number <= len(others) else None
    if found is None:
        raise MissingError(f"There is no conversation {number} in the list: /resume shows it.")
    return found


def titled(rows: list[Conversation], reference: str) -> Conversation:
    """The first conversation with that title, else with that in its title. Raises MissingError."""
    word = reference.casefold()
    fitting = [row for row in rows if row.title.casefold() == word] or [row for row in rows if word in row.title.casefold()]
    if not fitting:
        raise MissingError(f"None of your conversations is called “{reference[:60]}”: /resume lists the last ones.")
    return fitting[0]


def stop(heard: Heard, rest: str) -> None:
    """Stop the turns of the conversation that is spoken in, and tell what goes on there."""
    conversation = talks.current(heard.talk)
    stopped = engine.stop_turns(conversation, by=heard.user) if conversation else 0
    more, rows = lists.going_on(conversation) if conversation else ("", [])
    if not rows:
        heard.tell("Stopped." if stopped else "Nothing is being done in this conversation. What runs elsewhere is in /runs.")
        return
    keyboard = keyboards.make(heard.chat, heard.user, Keyboard.Purpose.CONFIRM, rows)
    heard.tell(f"{'Stopped.' if stopped else 'No answer is under way here.'} {more}", keyboard=keyboard)


def status(heard: Heard, rest: str) -> None:
    """Tell where the person is and what is at work for them."""
    conversation = talks.current(heard.talk)
    zone = Profile.of(heard.user).zone()
    model = answering()
    lines = [
        f"**Conversation:** {literal(str(conversation)) if conversation else 'none yet, it begins with your next message'}",
        f"**At work:** {at_work(heard.user)}",
        # In a group everybody reads it.
        *([f"**Next:** {lists.next_of(heard.user)}"] if heard.chat.is_private else []),
        f"**Model:** {literal(model.wrong or model.name)}",
        f"**Your clock:** {timezone.now().astimezone(zone):%H:%M}, {literal(zone.key)}",
    ]
    if not Heartbeat.objects.filter(kind=Heartbeat.Kind.WORKER).alive(WORKER_SECONDS).exists():
        lines.append(NO_WORKER)
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
        kept = made_elsewhere(heard.user, profile.time_zone) if rest else " `/timezone CITY` changes it."
        heard.tell(f"Your clock stands in **{literal(profile.zone().key)}**, where it is {clock} now.{kept}")
    else:
        heard.tell(f"You chose no time zone yet, so {literal(profile.zone().key)} counts: {clock}. Try `/timezone Europe/Berlin`.")


def made_elsewhere(user: User, zone: str) -> str:
    """A word about what is scheduled by another clock than that of `zone`."""
    rows = reading.pending(user).exclude(time_zone__in=("", zone)).order_by()
    zones = sorted(set(rows.values_list("time_zone", flat=True)))
    return f" Tasks made before stay in {literal(' and '.join(zones))}." if zones else ""
