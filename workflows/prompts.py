"""Prompts of steps: text with `{{ dotted.name }}` in it, over plain strings.

There are no tags, filters, attributes or methods to reach: a name is looked up whole, or refused.
"""

import re
from collections.abc import Iterator, Mapping

PLACE = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
NAME = re.compile(r"(?:input\.[A-Za-z_][A-Za-z0-9_]*|steps\.[a-z][a-z0-9_]*\.output|round|now)")
LOOSE = re.compile(rf"\b({NAME.pattern})\s*\}}\}}")

MOST_PLACES = 200
# What a model gets to read in one piece, and how much of it one output may take.
LONGEST_PROMPT = 200_000
LONGEST_OUTPUT = 50_000


def names(text: str) -> list[str]:
    """What stands between the braces of `text`, in order, known or not."""
    return [match[1] for match in PLACE.finditer(text)]


def inputs(text: str) -> Iterator[str]:
    """The inputs that `text` asks for, without their “input.”."""
    return (name.removeprefix("input.") for name in names(text) if name.startswith("input."))


def render(text: str, values: Mapping[str, str]) -> str:
    """`text` with each name replaced by its value; what has none becomes empty. Values are not looked into again."""
    return PLACE.sub(lambda match: values.get(match[1], ""), text)


def length(text: str, values: Mapping[str, str]) -> int:
    """How long `text` becomes when it is rendered: known before that takes memory."""
    return len(text) + sum(len(values.get(match[1], "")) - len(match[0]) for match in PLACE.finditer(text))


def excerpt(output: str) -> str:
    """An output as prompts get it: its beginning, where it is too long, and how much is missing."""
    if len(output) <= LONGEST_OUTPUT:
        return output
    return f"{output[:LONGEST_OUTPUT]}\n[The rest was left out: {len(output) - LONGEST_OUTPUT:,} more characters.]"


def problems(text: str, steps: frozenset[str]) -> Iterator[str]:
    """What is wrong with the names in `text` and their braces, where these `steps` exist; a sentence each."""
    found = names(text)
    if len(found) > MOST_PLACES:
        yield f"It fills in {len(found):,} values: at most {MOST_PLACES} fit. Say each once."
        return
    for name in dict.fromkeys(found):
        if not NAME.fullmatch(name):
            yield f"“{{{{ {name[:60]} }}}}” is no name: use input.NAME, steps.KEY.output, round or now, such as {{{{ steps.research.output }}}}."
        elif name.startswith("steps.") and name.split(".")[1] not in steps:
            yield f"“{{{{ {name} }}}}” names a step that does not exist: the steps are {', '.join(sorted(steps))}."
    yield from strays(PLACE.sub("", text))


def strays(rest: str) -> Iterator[str]:
    """What is wrong with braces that hold no name between them; `rest` is a text without those that do."""
    if "{{" in rest:
        yield f"“{rest[rest.index('{{') :][:40].strip()}” is not closed: put }}}} behind the name, such as {{{{ input.topic }}}}."
    # Behind anything else they may end a piece of JSON.
    if loose := LOOSE.search(rest):
        yield f"“{loose[0]}” is not opened: put {{{{ before the name, such as {{{{ {loose[1]} }}}}."
