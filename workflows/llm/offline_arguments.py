"""How the offline model reads the arguments of a tool out of a sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from chat.zones import zone_names

FACT = re.compile(
    r"(?:(?:my|our|the|a|an)\s+)?(?P<key>\S.{0,60}?)(?:'s\s+name)?\s+(?:is|are|was|were)\s+(?:called\s+|named\s+)?(?P<value>.+)",
    re.I | re.S,
)
# What a sentence about oneself becomes when it is asked back.
MIRROR = {
    "i": "you",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
    "am": "are",
    "i'm": "you're",
    "i've": "you've",
    "i'd": "you'd",
}
AUXILIARIES = {"are", "have", "can", "could", "should", "would", "will", "must", "may", "had", "were", "do", "did"}
# What ask_user takes: more than five do not fit under a question on a phone.
MOST_OPTIONS, LONGEST_OPTION = 5, 200
# Large cities that give no zone its name.
CITIES = {
    "beijing": "Asia/Shanghai",
    "boston": "America/New_York",
    "delhi": "Asia/Kolkata",
    "frankfurt": "Europe/Berlin",
    "hamburg": "Europe/Berlin",
    "miami": "America/New_York",
    "milan": "Europe/Rome",
    "mumbai": "Asia/Kolkata",
    "munich": "Europe/Berlin",
    "osaka": "Asia/Tokyo",
    "san francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles",
    "washington": "America/New_York",
    "nyc": "America/New_York",
    "germany": "Europe/Berlin",
    "france": "Europe/Paris",
    "india": "Asia/Kolkata",
    "uk": "Europe/London",
    "england": "Europe/London",
}


# What people call the workflow that was spoken of last.
IT = re.compile(r"(?:it|this|that|(?:the )?same|last)(?: workflow| one)?|workflow", re.IGNORECASE)
INPUT = re.compile(r"(\w{1,50})=")
QUOTES = "“”\"'‘’ "


@dataclass(frozen=True)
class Seen:
    """What an answer can be made of: the parts of the sentence, the tools there are, and what a tool gave.

    `latest` is the workflow that was made or run last in the conversation, `listed` the tasks as they were listed last, and
    `task` the one that was spoken of last, and `reminder` what was reminded of last; `in_workflow` says that another step may go on from the answer.
    """

    words: Mapping[str, str]
    offered: frozenset[str]
    result: Any = None
    latest: str = ""
    listed: tuple[str, ...] = ()
    task: str = ""
    reminder: str = ""
    in_workflow: bool = False


def no_arguments(seen: Seen) -> dict[str, Any]:
    """For tools that need none."""
    return {}


def to_remember(seen: Seen) -> dict[str, Any]:
    """Key and value of a fact: “my dog is called Rex” is dog and Rex."""
    if "value" in seen.words:
        return {"key": tidy(seen.words["key"]), "value": seen.words["value"].strip()}
    fact = seen.words["fact"].strip()
    match = FACT.fullmatch(fact)
    if match and len(match["key"].split()) <= 4:
        return {"key": tidy(match["key"]), "value": match["value"].strip().rstrip(".")}
    return {"key": tidy(fact[:60]), "value": fact}


def inputs_of(text: str) -> dict[str, str]:
    """The inputs in a text such as “topic=green tea, words=3”."""
    found = list(INPUT.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    values = (text[match.end() : end].strip(" ,;").removesuffix(" and") for match, end in zip(found, ends, strict=False))
    return {match[1]: value.strip(QUOTES) for match, value in zip(found, values, strict=False)}


def about(seen: Seen) -> dict[str, Any]:
    """The key that is asked for."""
    return {"key": tidy(seen.words["key"])}


def time_zone(seen: Seen) -> dict[str, Any]:
    """The zone of the place that was named; none stands for the person's own."""
    place = seen.words.get("place", "").strip()
    return {"time_zone": zone_of(place)} if place else {}


def zone_of(place: str) -> str:
    """The IANA zone of a city or zone name in any spelling; `place` itself when none is known."""
    name = " ".join(place.replace("_", " ").split()).lower()
    return CITIES.get(name) or zones().get(name) or place


@cache
def zones() -> dict[str, str]:
    """Zones by their full name and by their city, in lower case."""
    found: dict[str, str] = {}
    # Names with a continent first: the others are older names for the same places.
    for zone in sorted(zone_names(), key=lambda name: (not name.startswith(("Africa/", "America/", "Asia/", "Europe/")), name)):
        found.setdefault(zone.rsplit("/", 1)[-1].replace("_", " ").lower(), zone)
    return found | {zone.replace("_", " ").lower(): zone for zone in zone_names()}


def address(seen: Seen) -> dict[str, Any]:
    """The address, without the marks of the sentence around it."""
    url = seen.words["url"].rstrip(".,;:!?…)>]}\"'”’")
    return {"url": url if "://" in url else f"https://{url}"}


def choice(seen: Seen) -> dict[str, Any]:
    """The options between commas, “or” and “and”; an open question where they are too few or too many for buttons."""
    parts = re.split(r",\s*(?:or\s+|and\s+)?|\s+or\s+|\s+and\s+", seen.words["options"])
    options = list({part.strip().casefold(): part.strip() for part in parts if part.strip()}.values())
    asked = wh_question(seen.words["what"]) if "what" in seen.words else ""
    if 2 <= len(options) <= MOST_OPTIONS and all(len(option) <= LONGEST_OPTION for option in options):
        return {"question": asked or "Which one do you choose?", "options": options}
    return {"question": f"{(asked or 'What do you choose').rstrip('.?')}: {seen.words['options'].strip()}?"}


def wh_question(clause: str) -> str:
    """“which colour I like” becomes “Which colour do you like?”; what has no “I” becomes a request."""
    what, found, rest = clause.partition(" I ")
    first, _, others = mirrored(rest).partition(" ")
    if not found or first.endswith("ed"):
        return f"Please tell me {mirrored(clause)}."
    verb = f"{first} you {others}" if first in AUXILIARIES else f"do you {mirrored(rest)}"
    return f"{capital(what)} {verb.strip()}?"


def yes_or_no(seen: Seen) -> dict[str, Any]:
    """“if I am tired” becomes “Are you tired?”."""
    words = mirrored(seen.words["clause"]).split()
    if words[0] != "you" or len(words) < 2 or words[1].endswith("ed"):
        asked = ["is", "it", "true", "that", *words]
    elif words[1] in AUXILIARIES:
        asked = [words[1], "you", *words[2:]]
    else:
        asked = ["do", *words]
    return {"question": f"{capital(' '.join(asked))}?", "options": ["yes", "no"]}


def question(seen: Seen) -> dict[str, Any]:
    """The question that “ask me …” asks for. What cannot be turned into one is turned into a request."""
    text = seen.words.get("question", "").strip(" .:!“”\"'")
    if not text:
        return {"question": "What would you like to tell me?"}
    if text.endswith("?"):
        return {"question": capital(text)}
    first, _, rest = text.partition(" ")
    turned = mirrored(text)
    match first.lower():
        case "what" | "who" | "where" | "when" | "why" | "how" | "which" if rest:
            return {"question": f"Please tell me {turned}."}
        case "about" | "for" if rest:
            return {"question": f"What would you like to tell me about {mirrored(rest)}?"}
        case "my" | "the":
            return {"question": f"What is {turned}?"}
    return {"question": f"{capital(turned)}?"}


def capital(text: str) -> str:
    """`text` with a capital letter in front."""
    return text[0].upper() + text[1:]


def mirrored(text: str) -> str:
    """`text` turned from the one who speaks to the one who is asked."""
    return " ".join(MIRROR.get(word.lower(), word) for word in text.split())


def tidy(key: str) -> str:
    """A key as people would write it: one line, no end marks, at most 100 characters."""
    return " ".join(key.split()).strip(' .,:;!?…“”"')[:100] or "note"
