"""The sentences about agents, workflows, runs and questions, and those that the steps of workflows are made of."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from workflows.llm import offline_builds as builds
from workflows.llm import offline_words as words
from workflows.llm.offline_arguments import IT, QUOTES, Seen, address, inputs_of
from workflows.llm.offline_sentences import Intent, Plan, Want, sentence


def run(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Start a workflow, with inputs such as topic=tea. “it” is the one that was spoken of last, else the only one there is."""
    name = seen.words["name"].strip(QUOTES)
    if IT.fullmatch(name) and not seen.latest:
        return run_the_only(seen, results)
    return begun(results[0]) if results else execution(seen, seen.latest if IT.fullmatch(name) else name)


def run_the_only(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Start the workflow that can only be meant, or ask which one it is."""
    if not results:
        return Want("list_workflows", {})
    if len(results) > 1:
        return begun(results[1])
    names = [row["workflow"] for row in results[0]]
    if len(names) == 1:
        return execution(seen, names[0])
    which = f"\n\nSay which one, such as “run {names[0]}”." if names else ""
    return f"{words.listed('workflows', results[0])}{which}"


def begun(run: Mapping[str, Any]) -> str:
    """Says that a run is under way."""
    return f"“{run['workflow']}” is under way: [see the run]({run['link']}). Its report appears here."


def execution(seen: Seen, name: str) -> Want:
    """The call that starts the workflow called `name`, with the inputs that were given."""
    inputs = inputs_of(seen.words.get("inputs", ""))
    return Want("execute_workflow", {"workflow": name, **({"inputs": inputs} if inputs else {})})


def answer(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Pass an answer on to the run whose question was named."""
    if not results:
        return Want("list_runs", {"waiting_for_person": True})
    if len(results) > 1:
        return str(results[1])
    wanted = set(re.findall(r"\w{3,}", seen.words.get("what", "").lower())) - {"the", "question", "run", "about"}
    asked = [(row, item) for row in results[0] for item in row.get("questions", [])]
    fitting = [pair for pair in asked if wanted & set(re.findall(r"\w{3,}", f"{pair[1]['question']} {pair[0]['workflow']}".lower()))]
    chosen = fitting if wanted else asked
    if len(chosen) != 1:
        return f"I do not know which question you mean. {words.waiting(results[0])}"
    row, item = chosen[0]
    return Want("respond_to_run", {"run": row["run"], "response": seen.words["answer"].strip(QUOTES), "request_id": item["request_id"]})


def delete(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Delete a workflow or an agent; the engine asks first."""
    kind = seen.words["kind"].lower()
    return str(results[0]) if results else Want(f"delete_{kind}", {kind: seen.words["name"].strip(QUOTES)})


def of_run(tool: str) -> Plan:
    """Do something with the run that is named, else with the last one."""

    def plan(seen: Seen, results: Sequence[Any]) -> str | Want:
        if not results:
            return Want(tool, {"run": seen.words.get("name", "last").strip(QUOTES)})
        return str(results[0]) if isinstance(results[0], str) else f"It is tried again: [see the run]({results[0]['link']})."

    return plan


def listing(what: str) -> Intent:
    """The sentence that lists all of one kind."""

    def plan(seen: Seen, results: Sequence[Any]) -> str | Want:
        return words.listed(what, results[0]) if results else Want(f"list_{what}", {})

    pattern = sentence(rf"(?:list|show)(?: me)?(?: all)?(?: my| the)? {what}", rf"(?:what|which) {what} (?:do i have|are there)", what)
    return Intent(f"list {what}", pattern, tool=f"list_{what}", plan=plan)


A_NEW = r"(?:create|make|add|build|set up)(?: me)?(?: an?)?(?: new)?"
WORK = (
    Intent(
        "create an agent",
        sentence(
            rf"{A_NEW} agent (?:called|named) (?P<name>.{{1,60}}?)(?:,? (?:that|who|which) (?P<task>.{{1,2000}}?))?",
            rf"{A_NEW} agent (?:that|who|which) (?P<task2>.{{1,2000}}?)",
        ),
        tool="create_agent",
        plan=builds.agent,
    ),
    Intent(
        "create a workflow",
        sentence(rf"{A_NEW} workflow(?: (?:called|named) (?P<name>.{{1,60}}?))?,? (?:that|which) (?P<task>.{{1,2000}}?)"),
        tool="create_workflow",
        plan=builds.workflow,
    ),
    listing("workflows"),
    listing("agents"),
    listing("runs"),
    Intent(
        "what needs me",
        sentence(
            r"what (?:needs|waits for|is waiting for) me|pending(?: help| questions)?|(?:list|show)(?: me)?(?: my| the)?(?: open| pending)? questions"
        ),
        tool="list_runs",
        plan=lambda seen, results: words.waiting(results[0]) if results else Want("list_runs", {"waiting_for_person": True}),
    ),
    Intent(
        "answer",
        sentence(r"(?:answer|reply|respond)(?: with)? (?P<answer>.{1,500}?) to (?P<what>.{1,200}?)"),
        tool="respond_to_run",
        plan=answer,
    ),
    Intent(
        "run",
        sentence(
            r"(?:run|execute|start)(?: the| my)?(?: workflow)? (?P<name>.{1,100}?)(?: again| once more| now)?(?: with (?P<inputs>\w{1,50}=.{1,2000}))?"
        ),
        tool="execute_workflow",
        plan=run,
    ),
    Intent(
        "delete",
        sentence(r"(?:delete|remove)(?: the| my)? (?P<kind>workflow|agent) (?P<name>.{1,100}?)"),
        tool="delete_workflow",
        plan=delete,
    ),
    Intent(
        "cancel",
        sentence(r"(?:cancel|stop)(?: the| my| this| that)?(?: last)? run(?: of (?P<name>.{1,100}?))?"),
        tool="cancel_run",
        plan=of_run("cancel_run"),
    ),
    Intent(
        "retry",
        sentence(r"(?:retry|repeat|try)(?: the| my| this| that)?(?: last)? run(?: of (?P<name>.{1,100}?))?(?: again)?"),
        tool="retry_run",
        plan=of_run("retry_run"),
    ),
    Intent(
        "hear of a result",
        sentence(r"\[The run \S{1,60} of “(?P<name>.{1,100}?)”, which you started, has (?P<status>\w{1,20})\..+"),
        words.heard,
    ),
    # What steps of workflows are asked, by people who know that no model is connected, or by `builds`.
    Intent("text of a page", sentence(r"give me the text of (?P<url>https?://\S{1,2000})"), words.page, "fetch_url", address),
    Intent("summarise", sentence(r"summari[sz]e[^:\n]{0,60}:\s{1,9}(?!https?://)(?P<text>.+)"), words.summed_up),
    Intent("echo", sentence(r"(?:echo|say|repeat|reply with):? (?P<text>.+)"), lambda seen: seen.words["text"].strip()),
)
