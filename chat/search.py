"""Finding a conversation by its title, or by what was said in it.

A search reads a bounded number of messages, those of the conversations used last, and says where to go on: so it is
quick with a million messages too, on a database that has no index of words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

from django.contrib.auth.models import User
from django.db.models import Max, Q, QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chat.http.rows import Paging, cursor, page
from chat.log import clean
from chat.models import Conversation, Message
from chat.quotes import unmarked

MOST_WORDS = 8
MOST_CHARACTERS = 200
MOST_FOUND = 30
# Messages that one request looks through: about a tenth of a second of SQLite's time.
MOST_READ = 60_000
KINDS = (Message.Kind.MESSAGE, Message.Kind.HELP_REQUEST)
# Characters of a text that are shown before and after the first word found in it.
LEAD, REST = 24, 110


@dataclass(frozen=True)
class Found:
    """A conversation that fits. `message` is the newest one there that does, None where only the title fits."""

    conversation: Conversation
    title: SafeString
    message: Message | None = None
    excerpt: SafeString | None = None


@dataclass(frozen=True)
class Findings:
    """What a search found. `next` is where to go on with older conversations, None when all were read."""

    words: tuple[str, ...]
    found: list[Found] = field(default_factory=list)
    next: str | None = None


def search(user: User, text: str, before: str | None = None) -> Findings:
    """What `user` has under titles, or in messages, with all words of `text`; titles come first. `before` is a `next`."""
    words = tuple(clean(text)[:MOST_CHARACTERS].split()[:MOST_WORDS])
    if not words:
        return Findings(words)
    mine = Conversation.objects.of(user)
    titled = [] if before else list(mine.filter(has("title", words)).order_by("-updated_at", "-pk")[:MOST_FOUND])
    stretch, onward = within_reach(mine, before)
    said = newest_said(stretch, words)
    if len(said) > MOST_FOUND:
        last = list(said)[MOST_FOUND - 1]
        onward = cursor(last.updated_at, last.pk)
    messages = read(dict(list(said.items())[:MOST_FOUND]))
    found = [shown(row, words, messages.pop(row, None)) for row in titled]
    return Findings(words, found + [shown(row, words, message) for row, message in messages.items()], onward)


def has(column: str, words: Sequence[str]) -> Q:
    """Whether a column holds each of `words`, wherever it stands in whatever case."""
    return reduce(and_, (reduce(or_, (Q(**{f"{column}__icontains": form}) for form in forms(word))) for word in words))


def forms(word: str) -> set[str]:
    """SQLite knows upper and lower case in ASCII alone (its LIKE); of other words it gets the usual spellings."""
    return {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}


def within_reach(mine: QuerySet[Conversation], before: str | None) -> tuple[list[Conversation], str | None]:
    """The conversations that one request can look through, and the cursor at which the next one goes on."""
    rows, onward = page(mine.filter(last_seq__gt=0), Paging.model_construct(limit=1000, before=before, after=None), "updated_at")
    room = MOST_READ
    for number, row in enumerate(rows, start=1):
        room -= row.last_seq
        if room <= 0 and number < len(rows):
            return rows[:number], cursor(row.updated_at, row.pk)
    return rows, onward


def newest_said(rows: list[Conversation], words: Sequence[str]) -> dict[Conversation, int]:
    """The seq of the newest message with all `words` in each of `rows`, in their order. Of a huge one the newest part is read."""
    huge = [row for row in rows if row.last_seq > MOST_READ]
    near = reduce(and_, (~Q(conversation=row, seq__lte=row.last_seq - MOST_READ) for row in huge), Q())
    fitting = Message.objects.filter(near, has("text", words), conversation__in=[row.pk for row in rows], kind__in=KINDS)
    newest = dict(fitting.order_by().values_list("conversation").annotate(Max("seq")))
    return {row: newest[row.pk] for row in rows if row.pk in newest}


def read(places: dict[Conversation, int]) -> dict[Conversation, Message]:
    """The messages at `places`."""
    if not places:
        return {}
    rows = Message.objects.filter(reduce(or_, (Q(conversation=row, seq=seq) for row, seq in places.items())))
    texts = {message.conversation_id: message for message in rows}
    return {row: texts[row.pk] for row in places if row.pk in texts}


def shown(row: Conversation, words: Sequence[str], message: Message | None) -> Found:
    """A finding with its words marked."""
    return Found(row, marked(str(row), words), message, marked(excerpt(message, words), words) if message else None)


def pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Finds any of `words`, the longest first."""
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)


def excerpt(message: Message, words: Sequence[str]) -> str:
    """The line around the first of `words`; without the marks of Markdown, unless a person wrote them or a word is among them."""
    text, finder = message.text, pattern(words)
    match = finder.search(text)
    start = max(match.start() - LEAD, 0) if match else 0
    if start:
        # Begin at a word, if one begins soon.
        start = text.find(" ", start, start + LEAD) + 1 or start
    line = " ".join(text[start : start + LEAD + REST].split())
    bare = line if message.author == Message.Author.USER else unmarked(line)
    line = bare if finder.search(bare) else line
    return f"{'… ' if start else ''}{line}{' …' if len(text) > start + LEAD + REST else ''}"


def marked(text: str, words: Sequence[str]) -> SafeString:
    """`text` as HTML, each of `words` in it marked."""
    finder = pattern(words)
    between, marks = finder.split(text), finder.findall(text)
    body = format_html_join("", "{}<mark>{}</mark>", zip(between, marks, strict=False))
    return format_html("{}{}", body, between[-1])
