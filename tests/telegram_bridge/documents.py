"""Documents of Markdown made up by chance, and the words in them that a reader has to get, in order."""

import random
import re
from collections.abc import Callable

MARKS = [
    "*",
    "**",
    "_",
    "~~",
    "`",
    "``",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "<b>",
    "</b>",
    "<!--",
    "-->",
    "|",
    "#",
    "\\",
    "!",
    "&amp;",
    "&",
    "~",
]
LETTERS = ["é", "ß", "日本語", "😀", "👩‍👩‍👧‍👦", "🇩🇪", "\u202e", "\u200b", "e\u0301", "𝔘", "\t", "\x0b", "ﷺ", "\u2028"]
ADDRESSES = [
    "https://example.com/a?b=c&d=e",
    "http://sub.example.org:8080/x(y)",
    "https://münchen.example/ü",
    "http://localhost:8000/",
    "/relative",
    "javascript:alert(1)",
    "tg://user?id=1",
    "http://a.b:99999/",
    "https://[::1]/",
    "mailto:a@example.com",
    "#anchor",
    "",
    "http://1.2.3.4/",
    "ftp://example.com/",
    "https://example.com/%zz",
    "HTTPS://EXAMPLE.COM",
    "http://exa_mple.com.",
    "//example.com/x",
]


class Writer:
    """Writes one document."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.words: list[str] = []

    def word(self) -> str:
        """A word that nobody wrote before."""
        self.words.append(f"w{len(self.words)}w")
        return self.words[-1]

    def line(self, most: int = 12) -> str:
        """Words with looks, marks that mean nothing, and strange letters between them."""
        return " ".join(self.chance.choice(self.pieces)(self) for _ in range(self.chance.randint(1, most)))

    def marked(self) -> str:
        mark = self.chance.choice(["*", "**", "_", "__", "~~", "`", "***"])
        return f"{mark}{self.word()} {self.word()}{mark}"

    def nested(self) -> str:
        return f"**{self.word()} _{self.word()}_ `{self.word()}` ~~{self.word()}~~**"

    def link(self) -> str:
        image = "!" if self.chance.random() < 0.2 else ""
        return f"{image}[{self.word()}]({self.chance.choice(ADDRESSES)})"

    def linked_looks(self) -> str:
        return f"[**{self.word()}** `{self.word()}`](https://example.com/{self.chance.randint(0, 99)})"

    def noise(self) -> str:
        return self.chance.choice(MARKS) + self.word() + self.chance.choice(LETTERS)

    pieces: list[Callable[["Writer"], str]] = [word, word, word, marked, nested, link, linked_looks, noise]

    def paragraph(self) -> str:
        return "\n".join(self.line() for _ in range(self.chance.randint(1, 4)))

    def heading(self) -> str:
        return f"{'#' * self.chance.randint(1, 7)} {self.line(5)}"

    def fence(self) -> str:
        """Code, sometimes more of it than a message holds."""
        lines = self.chance.choice([0, 1, 3, 8, 400])
        code = "\n".join(f"{'    ' * self.chance.randint(0, 2)}{self.word()}({self.word()})" for _ in range(lines))
        return f"```{self.chance.choice(['', 'python', 'c++', '{.x}'])}\n{code}\n```"

    def listing(self, depth: int = 0) -> str:
        mark = self.chance.choice(["- ", "* ", "1. ", "7) "])
        lines = []
        for _ in range(self.chance.randint(1, 5)):
            lines.append("   " * depth + mark + self.line(4))
            if depth < 3 and self.chance.random() < 0.3:
                lines.append(self.listing(depth + 1))
            if self.chance.random() < 0.2:
                lines.append("")
        return "\n".join(lines)

    def quote(self) -> str:
        inner = self.chance.choice([self.paragraph, self.listing, self.fence])()
        return "\n".join("> " + line for line in inner.split("\n"))

    def long(self) -> str:
        """A paragraph that no message holds, or one without a place to cut."""
        if self.chance.random() < 0.3:
            return "".join(self.word() + "😀" * self.chance.randint(0, 9) for _ in range(600))
        return " ".join(self.line() + self.chance.choice([".", "", "!"]) for _ in range(200))

    def many(self) -> str:
        return " ".join(f"**{self.word()}**" for _ in range(150))

    def rule(self) -> str:
        return "---"

    def table(self) -> str:
        """A table, sometimes in a quote or a list; its rows may be too short."""
        columns = self.chance.randint(1, 6)
        marks = "|".join(self.chance.choice(["---", ":-:", "-:"]) for _ in range(columns))
        rows = [self.row(max(1, columns - self.chance.randint(0, 1))) for _ in range(self.chance.randint(0, 6))]
        lines = [self.row(columns), f"|{marks}|", *rows]
        indent = self.chance.choice(["", "", "> ", "  "])
        return ("- item\n\n" if indent == "  " else "") + "\n".join(indent + line for line in lines)

    def row(self, columns: int) -> str:
        cells = (self.chance.choice(self.pieces)(self) for _ in range(columns))
        return "|" + "|".join(re.sub(r"[|\\`]", "", cell) for cell in cells) + "|"

    blocks: list[Callable[["Writer"], str]] = [paragraph, paragraph, heading, fence, listing, quote, rule]

    def document(self) -> str:
        """Up to a dozen blocks; now and then one that is far too long."""
        parts = [self.chance.choice(self.blocks)(self) for _ in range(self.chance.randint(1, 12))]
        if self.chance.random() < 0.15:
            parts.append(self.chance.choice([self.long, self.many])())
        return "\n\n".join(parts)
