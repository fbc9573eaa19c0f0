"""The sentences that the offline model understands. To teach it more, add a line to GRAMMAR.

Every open end of a pattern is bounded, or is a greedy `.+` at the very end, so no text makes matching slow.
"""

import re
from collections.abc import Callable
from typing import Any

from workflows.llm import offline_arguments as given
from workflows.llm import offline_words as words
from workflows.llm.offline_arguments import Seen
from workflows.llm.offline_later import ANY_ORDER, FIRST
from workflows.llm.offline_sentences import POLITE, Intent, sentence
from workflows.llm.offline_tasks import CANCEL, MANAGE
from workflows.llm.offline_work import WORK

Match = dict[str, str]


def ask(question: str, reason: str = "") -> Callable[[Seen], dict[str, Any]]:
    """The arguments of `ask_user` for a fixed question."""
    return lambda _: {"question": question, **({"reason": reason} if reason else {})}


# The first line that fits the whole sentence counts.
GRAMMAR = (
    *FIRST,
    *MANAGE,
    *WORK,
    *CANCEL,
    Intent(
        "greet",
        sentence(
            r"(?:hi|hello|hey|hallo|howdy|greetings|good (?:morning|afternoon|evening|day))(?:,? (?:there|again|agentron|everyone|assistant))?",
            r"how are you(?: doing)?(?: today)?",
        ),
        words.greeting,
    ),
    # What a phone says for a file that came without words.
    Intent("sent", sentence(r"sent: (?P<files>.{1,4000}?)"), words.unread),
    Intent("thanks", sentence(r"(?:many )?(?:thanks|thank you|thx|cheers)(?: .{1,40})?"), lambda _: "You are welcome!"),
    Intent(
        "bye", sentence(r"(?:good)?bye|see you(?: .{1,20})?|good night"), lambda _: "Goodbye! What you told me is kept until you are back."
    ),
    Intent(
        "help",
        sentence(
            r"help(?: me)?",
            r"\?",
            r"/help",
            r"(?:what|which) (?:can|could|do) you (?:do|understand)(?: for me)?",
            r"who are you|what are you|how do(?:es)? (?:this|it|you) work|what is this",
        ),
        words.abilities,
    ),
    Intent(
        "remember what?",
        sentence(r"(?:remember|note)(?: (?:this|that|it|something))?"),
        words.nothing,
        tool="ask_user",
        arguments=ask("What should I remember?"),
        follow="remember that {}",
    ),
    Intent(
        "remember",
        sentence(
            r"(?:remember|note)(?: that)? (?P<key>[^:\n]{1,100}?)\s{0,9}:\s{1,9}(?P<value>.+)",
            r"(?:remember|note|keep in mind)(?: that)? (?P<fact>.+)",
        ),
        words.remembered,
        tool="remember",
        arguments=given.to_remember,
    ),
    Intent(
        "recall everything",
        sentence(
            r"what do you (?:remember|know)(?: about me)?|what have i told you|recall(?: everything| all)?",
            r"(?:show|list)(?: me)?(?: all)?(?: my| your)? (?:memory|memories|notes)",
        ),
        words.recalled,
        tool="recall",
    ),
    Intent(
        "recall",
        sentence(
            r"(?:recall|what do you (?:remember|know) about)(?: my)? (?P<key>.{1,80}?)",
            r"(?:what|who|where|when)(?:'s| is| are| was| were) my (?P<key2>.{1,80}?)(?:'s name| called| named| again)?",
        ),
        words.recalled,
        tool="recall",
        arguments=given.about,
    ),
    Intent(
        "forget what?",
        sentence(r"forget(?: (?:this|that|it|something))?"),
        words.nothing,
        tool="ask_user",
        arguments=ask("What should I forget?"),
        follow="forget {}",
    ),
    Intent(
        "forget",
        sentence(r"forget(?: about)?(?: my| that| the)? (?P<key>.{1,100}?)"),
        words.forgotten,
        tool="forget",
        arguments=given.about,
    ),
    Intent(
        "time",
        sentence(
            r"(?:(?:what|tell me) time is it|what(?:'s| is) the time|tell me the time|(?:current )?time|what time(?: is it)? now"
            r"|what(?:'s| is) (?:the|today's|todays) date(?: today)?|what day is (?:it|today)|what(?:'s| is) today)"
            r"(?: right)?(?: now)?(?: (?:in|at|for) (?P<place>.{1,60}?))?(?: right)?(?: now)?"
        ),
        words.the_time,
        tool="current_time",
        arguments=given.time_zone,
    ),
    ANY_ORDER,
    Intent(
        "read what?",
        sentence(r"(?:fetch|read|open|visit|summari[sz]e)(?: (?:a|the|this|that)(?: web)? ?(?:page|url|link|site|website|article))?"),
        words.nothing,
        tool="ask_user",
        arguments=ask("Which address should I read?", "A web page is found by its address, such as https://example.com."),
        follow="fetch {}",
    ),
    Intent(
        "read",
        sentence(
            r"(?P<url>https?://\S{1,2000})",
            r"(?:fetch|read|get|open|visit|load|check|look at|summari[sz]e|what does|what is on)\b.{0,100}?(?P<url2>https?://\S{1,2000})(?:\s.*)?",
            r"(?:fetch|read|open|visit|summari[sz]e) (?P<url3>[^\s.]{1,63}\.\S{2,2000})",
        ),
        words.summary,
        tool="fetch_url",
        arguments=given.address,
    ),
    Intent(
        "choose",
        sentence(
            r"ask me(?: to)? (?:choose|pick|decide|select)(?: one)?(?: (?:between|from|among|of))?:? (?P<options>.{3,1000}?)",
            r"ask me (?P<what>(?:which|what|who|where|when|how)\b[^:\n]{1,300}): (?P<options2>.{1,100}?(?:,| or ).{1,500}?)",
        ),
        words.quoted_answer,
        tool="ask_user",
        arguments=given.choice,
    ),
    Intent(
        "ask yes or no",
        sentence(r"ask me (?:if|whether) (?P<clause>.{1,500}?)"),
        words.quoted_answer,
        tool="ask_user",
        arguments=given.yes_or_no,
    ),
    Intent(
        "ask",
        sentence(
            r"ask me (?:a question|something|anything|back)(?P<question>)",
            r"ask me:? (?!\s{0,9}nothing\b)(?P<question2>.{1,1000})",
            r"ask me",
        ),
        words.quoted_answer,
        tool="ask_user",
        arguments=given.question,
    ),
)
ANYTHING = Intent("anything else", re.compile(".*", re.DOTALL), words.puzzled)

# Each for one: positions in the text stay the same.
PLAIN = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "\x00": " "})


def recognise(text: str) -> tuple[Intent, Match]:
    """What `text` wants, and the named parts of it. Courtesies in front do not matter."""
    # Half of a surrogate pair can be sent as JSON, but neither stored nor hashed.
    plain = text.encode(errors="replace").decode().translate(PLAIN).strip()
    courteous = POLITE.match(plain)
    for candidate in (plain, plain[courteous.end() :]) if courteous else (plain,):
        for intent in GRAMMAR:
            if (match := intent.pattern.fullmatch(candidate)) and intent.fits(candidate):
                return intent, named(match)
    return ANYTHING, {}


def named(match: re.Match[str]) -> Match:
    """The groups that matched; `url2` is another way to say `url`."""
    return {name.rstrip("23"): value for name, value in match.groupdict().items() if value is not None}
