"""Words of others in what is said: shown as they are, quoted as data, cut where they are long."""

from telegram_bridge import formatting
from telegram_bridge.incoming import Incoming, name_of, origin_of

LONGEST = 200
LONGEST_QUOTE = 1_000
FORWARDED, QUOTED, THIS = "Forwarded from", "In answer to", "this"


def literal(text: str, longest: int = LONGEST) -> str:
    """`text` in one line of Markdown in which nothing is a mark; names, titles and refusals come from others."""
    return formatting.literal(short(text, longest))


def short(text: str, longest: int = LONGEST) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def composed(incoming: Incoming, names: list[str], *, quoting: bool) -> str:
    """What is said by a message: the sender's own words first, the words of others behind “>”. `names`: files that came along."""
    files = f"Sent: {', '.join(names)}" if names else ""
    if incoming.is_forward:
        return block(f"{FORWARDED} {origin_of(incoming.message)}", incoming.full_text or files)
    words = incoming.text or files
    if not quoting or not incoming.quoted:
        return words
    author = origin_of(incoming.message) if "external_reply" in incoming.message else name_of((incoming.replied or {}).get("from") or {})
    return f"{words}\n\n{block(f'{QUOTED} {author or THIS}', incoming.quoted[:LONGEST_QUOTE])}"


def block(head: str, text: str) -> str:
    """`text` as a quotation."""
    lines = "\n".join(f"> {line}" for line in text.splitlines())
    return f"{head}:\n\n{lines}"


def own_words(text: str) -> str:
    """The sender's words of what was composed."""
    return text.split(f"\n\n{QUOTED} ", maxsplit=1)[0]
