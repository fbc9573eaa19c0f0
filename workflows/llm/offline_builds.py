"""How the offline model makes agents and workflows: a table of what a step can do, and the agent that does it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from workflows.llm.offline_arguments import Seen, capital, tidy
from workflows.llm.offline_sentences import Want

URL = re.compile(r"https?://[^\s,;]{1,2000}", re.IGNORECASE)
CLAUSE = re.compile(
    r"\s{0,9}[,;]\s{1,9}(?:and\s{1,9})?(?:then\s{1,9})?|\s{1,9}and\s{1,9}(?:then\s{1,9})?|\s{1,9}then\s{1,9}", re.IGNORECASE
)
MOST_STEPS = 10


@dataclass(frozen=True)
class Worker:
    """An agent that the offline model can be; `prompt` is made from what its clause says and from the step before."""

    key: str
    name: str
    task: str
    pattern: re.Pattern[str]
    prompt: Callable[[str, str], str]
    tools: list[str] = field(default_factory=list)


def verbs(text: str) -> re.Pattern[str]:
    """A pattern for clauses that begin with one of these words."""
    return re.compile(rf"(?:{text})\b:?\s{{0,9}}(?P<said>.{{0,2000}})", re.IGNORECASE | re.DOTALL)


def given(before: str) -> str:
    """The text that a step works on: what the one before gave, else an input."""
    return f"{{{{ steps.{before}.output }}}}" if before else "{{ input.text }}"


def echoed(said: str, before: str) -> str:
    """What the speaker is told to say."""
    return f"Echo: {given(before) if said.lower() in ('', 'it', 'that') else said}"


READER = Worker(
    "fetch",
    "Page reader",
    "reads a web page and gives its text",
    verbs("fetch(?:es)?|reads?|opens?|gets?|visits?"),
    lambda said, before: f"Give me the text of {said or '{{ input.url }}'}",
    ["fetch_url"],
)
SUMMARISER = Worker(
    "summarise",
    "Summariser",
    "sums a text up",
    verbs("summari[sz]es?|sums? up"),
    lambda said, before: f"Summarise:\n\n{given(before)}",
)
ASKER = Worker(
    "ask",
    "Asker",
    "asks the person a question",
    verbs(r"asks? me(?!\s{1,9}nothing\b)"),
    lambda said, before: f"Ask me {said}".strip(),
    ["request_user_help"],
)
SPEAKER = Worker("say", "Speaker", "says what it is told to", verbs("echo(?:e?s)?|says?|repeats?"), echoed)
WORKERS = (READER, SUMMARISER, ASKER, SPEAKER)
BY_TOOL = {"fetch_url": r"\b(?:web|pages?|sites?|urls?|https?|fetch\w*|internet)\b", "request_user_help": r"\bask\w*\b"}
CANNOT = (
    "Without a real model I can only build workflows of these steps: fetch a page, summarise it, ask you something, say something. "
    "Try “create a workflow that fetches https://example.com and summarises it”."
)


def agent(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Make an agent that is described in a sentence."""
    task = seen.words.get("task", "").strip(" .!")
    if results:
        made = results[0]
        has = ", ".join(made["tools"]) or "no tools"
        return f"I created the agent “{made['agent']}” with {has}. Until a model is connected it works as I do, by simple sentences."
    name = tidy(seen.words.get("name") or capital(" ".join(task.split()[:3])))
    tools = [tool for tool, pattern in BY_TOOL.items() if tool in seen.offered and re.search(pattern, task, re.IGNORECASE)]
    told = f"You are an agent that {task}." if task else f"You are {name}."
    return Want("create_agent", {"name": name, "instructions": told, "description": task[:300], "tools": tools})


def workflow(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Make a workflow that is described in a sentence, with the agents that it needs and that are not there yet."""
    workers = steps(seen.words["task"])
    if not workers:
        return CANNOT
    if not results:
        return Want("list_agents", {})
    there = {row["name"] for row in results[0]}
    missing = list(dict.fromkeys(worker.name for worker, _ in workers if worker.name not in there))
    made = len(results) - 1
    if made < len(missing):
        return new_agent(next(one for one in WORKERS if one.name == missing[made]))
    if made == len(missing):
        return Want("create_workflow", definition(seen, workers))
    done = results[-1]
    what = " → ".join(worker.name for worker, _ in workers)
    also = f" I also created the agents it needs: {', '.join(missing)}." if missing else ""
    return f"I created the workflow [{done['workflow']}]({done['link']}): {what}.{also} Start it with “run {done['workflow']}”."


def new_agent(worker: Worker) -> Want:
    """Make the agent that does a kind of step."""
    told = f"You are an agent that {worker.task}."
    return Want("create_agent", {"name": worker.name, "instructions": told, "description": worker.task, "tools": worker.tools})


def steps(task: str) -> list[tuple[Worker, str]]:
    """Who does each clause of `task`, with what it says; nobody when there is one that nobody can do."""
    found: list[tuple[Worker, str]] = []
    for clause in CLAUSE.split(task.strip(" .!?"))[:MOST_STEPS]:
        url = URL.search(clause)
        match = next(((worker, match["said"].strip()) for worker in WORKERS if (match := worker.pattern.fullmatch(clause.strip()))), None)
        if match is None and found and found[-1][0] in (ASKER, SPEAKER):
            # A question or a saying may hold an “and” itself.
            found[-1] = found[-1][0], f"{found[-1][1]} and {clause.strip()}"
        elif match is None:
            return []
        elif url and match[0] in (READER, SUMMARISER):
            found += [(READER, url[0])] + ([match] if match[0] is SUMMARISER else [])
        else:
            found.append(match)
    return found


def definition(seen: Seen, workers: list[tuple[Worker, str]]) -> dict[str, Any]:
    """The workflow whose steps go one after the other; the first page to read is an input that can be changed."""
    url = next((said for worker, said in workers if worker is READER), "")
    made: list[dict[str, Any]] = []
    for worker, said in workers:
        before = made[-1]["key"] if made else ""
        key = worker.key if all(step["key"] != worker.key for step in made) else f"{worker.key}_{len(made) + 1}"
        prompt = worker.prompt("" if worker is READER and said == url else said, before)
        made.append({"key": key, "agent": worker.name, "prompt": prompt, "after": [before] if before else []})
    inputs = [{"name": "url", "default": url}] if URL.match(url) else []
    return {"name": title(seen, url, sums_up=SUMMARISER in [worker for worker, _ in workers]), "steps": made, "inputs": inputs}


def title(seen: Seen, url: str, *, sums_up: bool) -> str:
    """What to call the workflow."""
    if given := seen.words.get("name"):
        return tidy(given)
    if host := urlsplit(url).netloc:
        return tidy(f"{'Summary' if sums_up else 'Page'} of {host}")
    return tidy(capital(" ".join(seen.words["task"].split()[:4])))
