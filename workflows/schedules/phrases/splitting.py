"""Where in a sentence the words about time stand: at its beginning, at its end, or day and time of day at either."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workflows.schedules.phrases.words import MONTH, NUMBERS, WEEKDAY

# No phrase of time is longer, in words.
LONGEST = 12
EDGE = 100
WORD = re.compile(r"\S+")
DAY_WORD = rf"(?:{WEEKDAY})s?|every|each|today|tonight|tomorrow|weekdays?|weekends?|yesterday"
ADJECTIVES = r"daily|hourly|weekly|monthly|yearly"
CLOCK_LIKE = r"\d{1,2}(?:[:.]\d{2})?(?:[ap]m)?|noon|midnight|midday"
COUNTED = "|".join(word for word in NUMBERS if len(word) > 2)
UNIT_LIKE = r"(?:second|minute|hour|day|week|month|year)s?"
# What goes on with a time, or begins one; a text begins with none of them.
OPENERS = "except|until|till|but|and|or|between|through|starting|beginning|from|before|after|at|on|by|for|past|if|unless|when|in|next|last|ago|of|twice|other|excluding|only|also|during|within|than|as|while|around"
# Another zone than the person’s own, which no phrase tells.
ZONE_LIKE = r"(?:utc|gmt)\S{0,9}|[ecmp][sd]?t|cest|cet|eest|eet|bst|ist|jst|kst|hkt|sgt|msk|a[ecw][sd]t|nz[sd]t|ak[sd]t|hst|z|zulu|eastern|central|mountain|pacific|[a-z]+/[a-z_]+"
BAD_START = re.compile(rf"(?:@|-|–|&|{ZONE_LIKE}|{OPENERS}|{DAY_WORD}|{MONTH}|{ADJECTIVES}|{CLOCK_LIKE}|{UNIT_LIKE}|{COUNTED}|\d.*)")
CLOSERS = "starts|starting|begins|ends|closes|opens|leaves|leaving|departs|arrives|arriving|airs|for|by|until|till|before|after|from|since|about|between|and|or|to|of|except|than|not|on|at|in|last|next|this|first|second|third|other|with|is|was|are|were"
BAD_END = re.compile(rf"(?:@|-|–|&|{CLOSERS}|{DAY_WORD}|(?:{MONTH})|{ADJECTIVES}|(?:once|twice|times)|half|past|quarter|{UNIT_LIKE})")
# A length of time that is no part of when.
WHOLE_END = re.compile(rf"\b(?:(?:of|for) the (?:day|week|month|year)|the (?:last|past|next) (?:(?:\d{{1,4}}|{COUNTED}) )?{UNIT_LIKE})$")
# Words that lead from one part of a time to another: what was taken apart there belongs together no more.
JOINING = ("to", "through", "thru", "till", "until", "and", "or", "-", "–", "between", "from", "of", "except", "but")
# The same in more than one word.
GOES_ON = re.compile(
    rf"(?:local|my|our|your|their) time\b|reminders? (?:at|on|in|every)\b|same time\b|(?:lunch|dinner|breakfast)(?:time)? to\b|this (?:week|month|year|quarter|weekend|morning|afternoon|evening|night)\b(?!['’])"
    rf"|(?:to|thru|till) (?:{WEEKDAY})s?\b|not (?:on|at|in|before|after|every|during)\b|then (?:every|each|again|at|on|in|{ADJECTIVES})\b|since \d"
    rf"|(?:about|around|roughly|exactly|precisely) (?:at )?(?:{CLOCK_LIKE})\b"
)
# A zone by its place: “9am London time”.
PLACE_TIME = re.compile(r"(?:[A-Z]\w+ ){1,2}time\b")
# What is counted from a time that is said is due at another one.
COUNTED_FROM = re.compile(
    rf"\b(?:(?:{UNIT_LIKE}|mins?|hrs?|(?:a|the|one) (?:day|night|evening|morning)) (?:before|after|prior to|ahead of|earlier than)\b)"
)
# How often, or until when: what recurs goes on until it is cancelled.
ENDING = re.compile(
    rf"\b(?:(?:\d{{1,4}}|{COUNTED}) times|twice|thrice|(?:until|till) (?:\d|noon|midnight|next\b|end\b|the end\b|{DAY_WORD}\b|(?:{MONTH})\b).{{0,40}})$"
)
# What a reminder is of, not what a day is of.
SUBJECT = re.compile(rf"of (?!(?:{MONTH})\b|each\b|every\b|this\b|next\b|the (?:month|year|week)\b)\S")
BARE_END = re.compile(r"\d.*|the|a|an")
# A day or a time of day alone says little; where other words of time stand apart from it, it is not the whole of them.
ELSEWHERE = re.compile(rf"(?<!the )(?<!my )(?<!our )(?<!a )(?<!'s )\b(?:{ADJECTIVES}|{DAY_WORD})\b")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to take a sentence apart: the words that may tell a time, in small letters, and the text that is left of it."""

    phrase: str
    rest: str
    spoken: str
    before: bool
    after: bool

    def plausible(self, *, reminding: bool = False) -> bool:
        """Whether the text neither begins nor ends in the middle of something about time. A reminder may be “of” something."""
        # A text may be long; only its ends are looked at.
        words = tidy(" ".join([*self.rest[:EDGE].split()[:2], *self.rest[-EDGE:].split()[-1:]])).split()
        if not words:
            return True
        subject = reminding and SUBJECT.match(tidy(self.rest[:EDGE]))
        if (
            self.before
            and not subject
            and (BAD_START.fullmatch(words[0]) or (words[0] == "to" and len(words) > 1 and words[1][0].isdigit()))
        ):
            return False
        if self.before and not subject and self.goes_on():
            return False
        if self.after and BAD_END.fullmatch(words[-1]) and not WHOLE_END.search(tidy(self.rest[-EDGE:])):
            return False
        marked = re.match(r"(?:in|at|on|every|each|tomorrow|today) ", self.phrase)
        return not (self.after and BARE_END.fullmatch(words[-1]) and not (marked and words[-1][0].isdigit()))

    def goes_on(self) -> bool:
        """Whether the text begins with more words about the time."""
        words = " ".join(self.rest[:EDGE].split())
        return bool(GOES_ON.match(" ".join(tidy(word) for word in words.split())) or PLACE_TIME.match(words))

    def counts_from(self) -> bool:
        """Whether the time is not meant itself, but one before or after it."""
        return self.after and COUNTED_FROM.search(tidy(self.rest)) is not None

    def ends(self) -> bool:
        """Whether the text says how often or until when."""
        return ENDING.search(tidy(self.rest[-EDGE:])) is not None

    def alone(self) -> bool:
        """Whether no other word of time is left."""
        return not ELSEWHERE.search(tidy(self.rest))


def candidates(text: str, *, longest: int = LONGEST, both: bool = True) -> Iterator[Candidate]:
    """The ways to take a sentence apart, those with most words about time first."""
    words = list(WORD.finditer(text))
    most = min(len(words), longest)
    for size in range(most, 0, -1):
        for head in range(size, -1, -1):
            torn = 0 < head < size and words[head - 1][0].lower() in JOINING
            if (both or head in (0, size)) and not torn:
                yield candidate(text, words, head, size - head)


def candidate(text: str, words: list[re.Match[str]], head: int, tail: int) -> Candidate:
    """The first words and the last ones as the phrase."""
    start = words[head].start() if head < len(words) else len(text)
    end = words[-tail].start() if tail else len(text)
    spoken = " ".join(filter(None, [text[: words[head - 1].end()] if head else "", text[end:]]))
    return Candidate(tidy(spoken), text[start:end].strip(), spoken.strip(" ,;:!?."), head > 0, tail > 0)


def tidy(words: str) -> str:
    """Words in small letters, without the signs that end parts of a sentence."""
    return " ".join(
        word.strip(",;!?()“”\"'").rstrip(".:") if len(word) < 40 else "…" for word in words.lower().replace("’", "'").split()
    ).strip()
