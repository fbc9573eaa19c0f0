"""What an answer quotes: the beginning of the message that it replies to."""

import re
from collections.abc import Sequence

from chat import frames
from chat.frames import Frame
from chat.log import title_of
from chat.models import Message

LONGEST = 140
# Nobody writes a first line that is longer than this.
READ = 2000
LINK = re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)")
MARKS = re.compile(r"\*\*|__|`+")


def framed(messages: Sequence[Message]) -> list[Frame]:
    """Messages of one conversation as frames; `quoted` in the data of a reply is the beginning of what it answers."""
    said = said_at({row.reply_to for row in messages if row.reply_to}, messages)
    return [frames.of_message(row, quoted=said.get(row.reply_to or 0, "")) for row in messages]


def said_at(seqs: set[int], messages: Sequence[Message]) -> dict[int, str]:
    """The beginning of what was said at each of `seqs`, which may stand among `messages`; at most one query."""
    said = {row.seq: gist(row.text, row.author) for row in messages if row.seq in seqs}
    if missing := seqs - said.keys():
        rows = Message.objects.filter(conversation=messages[0].conversation_id, seq__in=missing)
        said |= {seq: gist(text, author) for seq, text, author in rows.values_list("seq", "text", "author")}
    return said


def gist(text: str, author: str) -> str:
    """The first line that says something; without the marks of Markdown, which is what others than people write."""
    start = text[:READ]
    return title_of(start if author == Message.Author.USER else unmarked(start), LONGEST)


def unmarked(text: str) -> str:
    """A short text without the usual marks of Markdown, for places that show plain text; of a link its words are left."""
    return MARKS.sub("", LINK.sub(r"\1", text))
