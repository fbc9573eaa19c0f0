"""`agentron ask`: say something from the terminal, and watch it being answered."""

import signal
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from chat.commands import Command as BaseCommand
from chat.commands import add_user_argument, the_user
from chat.errors import MissingError
from chat.http.rows import one
from chat.log import check_text, say
from chat.models import Conversation, Message
from chat.terminal import Ended, Terminal

# Whoever wants to see more of it opens the page.
LONGEST_FOLLOWED = 86_400


def seconds(text: str) -> float:
    """A length of time from the command line, a number of seconds."""
    found = float(text)
    if not 0 <= found <= LONGEST_FOLLOWED:
        raise ValueError(text)
    return found


def place(user: User, wanted: UUID | None, *, go_on: bool) -> Conversation:
    """The conversation to speak in. Raises MissingError where there is none like that."""
    if wanted:
        return one(Conversation.objects.of(user), wanted, "conversation")
    if not go_on:
        return Conversation.objects.create(owner=user)
    # Ids grow with time.
    last = Message.objects.filter(owner=user, author=Message.Author.USER, via=Message.Via.CLI).order_by("-id").first()
    if last is None:
        raise MissingError("You have not spoken from a terminal yet: leave --continue out to begin.")
    return last.conversation


class Command(BaseCommand):
    """Post a message, stream the answer, and leave when the turn has ended or asks something."""

    help = "Say something and see the answer; status 0 when it was answered, or asks something back."

    def add_arguments(self, parser: CommandParser) -> None:
        add_user_argument(parser)
        parser.add_argument("text", help="what to say")
        parser.add_argument(
            "--follow", metavar="SECONDS", type=seconds, default=0.0, help="stay so long after the answer, and show what comes later"
        )
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--conversation", metavar="ID", type=UUID, help="where to say it; without it, a new conversation")
        where.add_argument("--continue", action="store_true", dest="go_on", help="say it where you last spoke from a terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        user = the_user(options["user"])
        # Between the message and the first look nothing may be missed, so listening begins before.
        terminal = Terminal(self.stdout, self.stderr)
        try:
            check_text(options["text"])
            conversation = place(user, options["conversation"], go_on=options["go_on"])
            said = say(conversation, user, options["text"], via=Message.Via.CLI).message
            if self.stderr.isatty() and said.seq == 1:
                self.stderr.write('· agentron ask --continue "…" goes on in this conversation')
            if said.run_id is None:
                raise MissingError("It was posted, but there is nothing here that answers.")
            ended = terminal.follow(conversation.pk, said.run_id, said.seq)
            terminal.stay(conversation.pk, options["follow"])
        except KeyboardInterrupt:
            self.stderr.write("What was begun goes on without you: `agentron runs list` and `agentron tasks list` show it.")
            raise SystemExit(128 + signal.SIGINT) from None
        finally:
            terminal.close()
        if ended is Ended.BADLY:
            raise SystemExit(1)
