"""What an answer quotes: the beginning of the message that it replies to."""

from collections.abc import Sequence

from chat import frames
from chat.frames import Frame
from chat.log import title_of
from chat.models import Message

LONGEST = 140


def framed(messages: Sequence[Message]) -> list[Frame]:
    """Messages of one conversation as frames; `quoted` in the data of a reply is the beginning of what it answers."""
    said = said_at({row.reply_to for row in messages if row.reply_to}, messages)
    return [frames.of_message(row, quoted=said.get(row.reply_to or 0, "")) for row in messages]


def said_at(seqs: set[int], messages: Sequence[Message]) -> dict[int, str]:
    """The beginning of what was said at each of `seqs`, which may stand among `messages`; at most one query."""
    said = {row.seq: row.text for row in messages if row.seq in seqs}
    if missing := seqs - said.keys():
        rows = Message.objects.filter(conversation=messages[0].conversation_id, seq__in=missing)
        said |= dict(rows.values_list("seq", "text"))
    return {seq: title_of(text, LONGEST) for seq, text in said.items()}
