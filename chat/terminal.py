"""A run's messages on a terminal, as they come."""

import re
import time
from enum import Enum
from uuid import UUID

from django.core.management.base import OutputWrapper
from django.template.defaultfilters import filesizeformat

from chat import hints
from chat.asking import question_lines
from chat.models import Draft, Message

PATIENCE_SECONDS = 5
# How much of the message is shown that another one answers.
QUOTED = 100
# What moves the cursor or hides text is not for a model to send; line ends and tabs are.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Ended(Enum):
    """How a turn left the terminal."""

    WELL = "succeeded"
    BADLY = "failed or was cancelled"
    ASKING = "waits for an answer"


class Terminal:
    """Shows one run: its answer on `out`, all else on `err`."""

    def __init__(self, out: OutputWrapper, err: OutputWrapper) -> None:
        self.out, self.err = out, err
        self.listener = hints.listen(hints.PAGE)
        self.shown = ""
        # The number of the last message that was looked at.
        self.seq = 0

    def close(self) -> None:
        self.listener.close()

    def follow(self, conversation_id: UUID, run_id: UUID, seq: int) -> Ended:
        """Show what `run_id` says after `seq`, until it has ended or waits for a person."""
        started, silent = time.monotonic(), True
        self.seq = seq
        while True:
            # Messages first: a draft that is still there afterwards is of none of them.
            messages = list(Message.objects.filter(conversation=conversation_id, run_id=run_id).after(self.seq))
            drafts = list(Draft.objects.filter(run_id=run_id))
            for message in messages:
                self.seq, silent = message.seq, False
                if ended := self.show(message):
                    return ended
            for draft in drafts:
                self.grow(draft.text)
            if silent and not drafts and time.monotonic() - started > PATIENCE_SECONDS:
                silent = False
                self.err.write(
                    "Your message is stored and waits for a worker: is one running? `agentron doctor` tells, `agentron up` starts everything.\n"
                    "Ctrl-C leaves; the answer comes into the conversation all the same."
                )
            self.listener.wait(1)

    def stay(self, conversation_id: UUID, seconds: float) -> None:
        """Show for so long what else is said in the conversation, such as what was scheduled there."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for message in Message.objects.filter(conversation=conversation_id).after(self.seq):
                self.seq = message.seq
                self.show_later(message)
            self.listener.wait(min(left, 1))

    def show_later(self, message: Message) -> None:
        """Show a message of another turn, under the beginning of the one that it answers."""
        if message.author == Message.Author.USER and message.kind != Message.Kind.FILE:
            self.note(f"· {'now due' if message.via == Message.Via.SCHEDULE else 'said'}: {message.text}")
            return
        if message.kind in (Message.Kind.MESSAGE, Message.Kind.ERROR, Message.Kind.HELP_REQUEST) and message.reply_to:
            self.quote(Message.objects.filter(conversation=message.conversation_id, seq=message.reply_to).first())
        self.show(message)

    def quote(self, answered: Message | None) -> None:
        """Show which message the next one answers."""
        if answered:
            line = next(iter(answered.text.splitlines()), "")
            self.note(f"> {line if len(line) <= QUOTED else f'{line[:QUOTED]}…'}")

    def show(self, message: Message) -> Ended | None:
        """Show a message; whether it ends the turn, and how."""
        payload = message.payload
        match message.kind:
            case Message.Kind.MESSAGE:
                self.grow(message.text)
                self.end_line()
            case Message.Kind.TOOL_USE:
                self.note(f"· {payload.get('name', 'tool')}")
            case Message.Kind.ERROR:
                self.note(message.text or payload.get("detail", ""))
            case Message.Kind.FILE:
                self.note(f"· file: {payload.get('name')} ({filesizeformat(payload.get('size', 0))})")
            case Message.Kind.HELP_REQUEST:
                self.ask(payload)
            case Message.Kind.STATUS:
                return self.end(str(payload.get("status")))
        return None

    def end(self, status: str) -> Ended | None:
        """What a status means for whoever waits."""
        self.end_line()
        match status:
            case "succeeded":
                return Ended.WELL
            case "waiting_for_user":
                return Ended.ASKING
            case "failed" | "cancelled":
                self.note(f"The turn {'failed' if status == 'failed' else 'was cancelled'}.")
                return Ended.BADLY
        return None

    def ask(self, payload: dict[str, object]) -> None:
        """Show a question with all that belongs to it, and how to answer it."""
        self.end_line()
        for line in question_lines(payload):
            self.out.write(clean(line))

    def grow(self, text: str) -> None:
        """Show how far an answer has come: what is new of it, or all of it when it began anew."""
        text = clean(text)
        if not text.startswith(self.shown):
            self.end_line()
        self.out.write(text[len(self.shown) :], ending="")
        self.out.flush()
        self.shown = text

    def end_line(self) -> None:
        """Leave the line that an answer was growing on."""
        if self.shown:
            self.out.write("")
        self.shown = ""

    def note(self, text: str) -> None:
        """Say something beside the answer."""
        self.end_line()
        self.err.write(clean(text))


def clean(text: str) -> str:
    """`text` without what a terminal would obey."""
    return CONTROLS.sub("", text)
