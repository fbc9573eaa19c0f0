"""The model that works without a model."""

import time
from itertools import chain
from typing import Any

import pytest
from pydantic_ai import Agent, DeferredToolRequests, capture_run_messages
from pydantic_ai.exceptions import CallDeferred, ToolFailed
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.function import AgentInfo
from pydantic_ai.tools import ToolDefinition

from workflows.llm.errors import ModelError
from workflows.llm.offline import in_workflow, model, next_move
from workflows.llm.offline_grammar import GRAMMAR, recognise
from workflows.llm.types import DECLINED

TOKYO = "What time is it in tokyo?"
COLOURS = ["red", "green", "blue"]
TOOLS = (
    *("ask_user", "current_time", "fetch_url", "forget", "recall", "remember"),
    *("cancel_run", "create_agent", "create_workflow", "delete_agent", "delete_workflow", "execute_workflow"),
    *("list_agents", "list_runs", "list_workflows", "respond_to_run", "retry_run"),
    *("cancel_task", "list_tasks", "run_task", "schedule_task", "update_task"),
)
PAGE = "Text of https://example.com/ (outside data):\n> Title: Example\n>\n> First one. Second one.\n>\n> Links:\n> - More: https://a.b"


def make_info(*tools: str) -> AgentInfo:
    """What an agent with these tools tells its model."""
    definitions = [ToolDefinition(name=name) for name in tools]
    return AgentInfo(
        function_tools=definitions,
        allow_text_output=True,
        output_tools=[],
        model_settings=None,
        model_request_parameters=ModelRequestParameters(function_tools=definitions),
        instructions=None,
    )


def move(text: str, *results: Any, tools: tuple[str, ...] = TOOLS, outcome: Any = "success") -> str | ToolCallPart:
    """What the model does after `text` and these results of its calls."""
    messages: list[ModelMessage] = [ModelRequest(parts=[UserPromptPart(text)])]
    for result in results:
        called = next_move(messages, make_info(*tools))
        assert isinstance(called, ToolCallPart)
        messages.append(ModelResponse(parts=[called]))
        returned = ToolReturnPart(called.tool_name, result, tool_call_id=called.tool_call_id, outcome=outcome)
        messages.append(ModelRequest(parts=[returned]))
    return next_move(messages, make_info(*tools))


def answer(text: str, *results: Any, **options: Any) -> str:
    said = move(text, *results, **options)
    assert isinstance(said, str)
    return said


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("remember that my dog is called Rex", "remember", {"key": "dog", "value": "Rex"}),
        ("Please remember that my dog's name is Rex.", "remember", {"key": "dog", "value": "Rex"}),
        ("remember wifi: hunter2!", "remember", {"key": "wifi", "value": "hunter2!"}),
        ("Remember that my sister’s birthday is 3 May.", "remember", {"key": "sister's birthday", "value": "3 May"}),
        ("remember I like tea", "remember", {"key": "I like tea", "value": "I like tea"}),
        ("Could you remember that the bakery is closed on Mondays", "remember", {"key": "bakery", "value": "closed on Mondays"}),
        ("what do you remember?", "recall", {}),
        ("What do you know about me?", "recall", {}),
        ("What is my dog called?", "recall", {"key": "dog"}),
        ("what's my sister's birthday", "recall", {"key": "sister's birthday"}),
        ("who is my dentist again?", "recall", {"key": "dentist"}),
        ("what do you remember about my dog?", "recall", {"key": "dog"}),
        ("forget my dog.", "forget", {"key": "dog"}),
        ("Forget wifi please", "forget", {"key": "wifi"}),
        ("What time is it?", "current_time", {}),
        ("hey, what's the time in berlin right now?", "current_time", {"time_zone": "Europe/Berlin"}),
        ("what time is it in New York", "current_time", {"time_zone": "America/New_York"}),
        ("What time is it in San Francisco?", "current_time", {"time_zone": "America/Los_Angeles"}),
        ("what time is it in utc", "current_time", {"time_zone": "UTC"}),
        ("what time is it in Europe/Paris", "current_time", {"time_zone": "Europe/Paris"}),
        ("what time is it in Atlantis?", "current_time", {"time_zone": "Atlantis"}),
        ("What is today's date?", "current_time", {}),
        ("fetch https://example.com/a?b=c", "fetch_url", {"url": "https://example.com/a?b=c"}),
        ("Can you read https://example.com, please?", "fetch_url", {"url": "https://example.com"}),
        ("summarise the page https://example.com for me", "fetch_url", {"url": "https://example.com"}),
        ("https://example.com", "fetch_url", {"url": "https://example.com"}),
        ("open example.com", "fetch_url", {"url": "https://example.com"}),
        ("ask me to choose between a, b or c", "ask_user", {"question": "Which one do you choose?", "options": ["a", "b", "c"]}),
        ("Ask me to pick tea or coffee.", "ask_user", {"question": "Which one do you choose?", "options": ["tea", "coffee"]}),
        ("ask me which colour I like: red, green or blue", "ask_user", {"question": "Which colour do you like?", "options": COLOURS}),
        ("ask me who I should call: Ann or Bob?", "ask_user", {"question": "Who should you call?", "options": ["Ann", "Bob"]}),
        ("ask me what to eat: rice or pasta", "ask_user", {"question": "Please tell me what to eat.", "options": ["rice", "pasta"]}),
        ("ask me to choose between a, b, c, d, e and f", "ask_user", {"question": "What do you choose: a, b, c, d, e and f?"}),
        ("ask me what I want for my dinner", "ask_user", {"question": "Please tell me what you want for your dinner."}),
        ("ask me: how old are you?", "ask_user", {"question": "How old are you?"}),
        ("ask me my name", "ask_user", {"question": "What is your name?"}),
        ("ask me about my holiday.", "ask_user", {"question": "What would you like to tell me about your holiday?"}),
        ("ask me if my dog is hungry", "ask_user", {"question": "Is it true that your dog is hungry?", "options": ["yes", "no"]}),
        ("ask me if I am tired", "ask_user", {"question": "Are you tired?", "options": ["yes", "no"]}),
        ("ask me whether I want tea", "ask_user", {"question": "Do you want tea?", "options": ["yes", "no"]}),
        ("ask me a question", "ask_user", {"question": "What would you like to tell me?"}),
        ("create an agent called Tea", "create_agent", {"name": "Tea", "instructions": "You are Tea.", "description": "", "tools": []}),
        (
            "Please make an agent that reads web pages.",
            "create_agent",
            {
                "name": "Reads web pages",
                "instructions": "You are an agent that reads web pages.",
                "description": "reads web pages",
                "tools": ["fetch_url"],
            },
        ),
        ("create a workflow that fetches https://example.com and summarises it", "list_agents", {}),
        ("run Tea report", "execute_workflow", {"workflow": "Tea report"}),
        (
            "run “Tea report” with topic=green tea, words=3",
            "execute_workflow",
            {"workflow": "Tea report", "inputs": {"topic": "green tea", "words": "3"}},
        ),
        ("what needs me?", "list_runs", {"waiting_for_person": True}),
        ("answer yes to the tea question", "list_runs", {"waiting_for_person": True}),
        ("list my workflows", "list_workflows", {}),
        ("show me all agents", "list_agents", {}),
        ("which runs are there?", "list_runs", {}),
        ("delete the workflow Tea report.", "delete_workflow", {"workflow": "Tea report"}),
        ("cancel the run", "cancel_run", {"run": "last"}),
        ("stop the last run of Tea report", "cancel_run", {"run": "Tea report"}),
        ("retry the run", "retry_run", {"run": "last"}),
        ("Give me the text of https://example.com", "fetch_url", {"url": "https://example.com"}),
    ],
)
def test_a_sentence_becomes_a_tool_call(text: str, tool: str, arguments: dict[str, Any]) -> None:
    called = move(text)

    assert isinstance(called, ToolCallPart), called
    assert (called.tool_name, called.args) == (tool, arguments)


@pytest.mark.parametrize(
    ("text", "results", "said"),
    [
        ("remember that my dog is called Rex", ["ok"], "I will remember it: dog – Rex"),
        ("what do you remember", [{"dog": "Rex"}], "This is what I remember:\n\n- dog: Rex"),
        ("what do you remember", [[]], "I do not remember anything yet. Tell me with “remember that …”."),
        ("what is my dog called", [""], "I do not remember anything about “dog” yet. Tell me with “remember that …”."),
        ("forget dog", ["ok"], "Forgotten: dog."),
        (TOKYO, ["2026-11-21T15:41:03+09:00 (Saturday, Asia/Tokyo)"], "It is 15:41 on Saturday, 21 November in Tokyo (Asia/Tokyo, UTC+9)."),
        ("what time is it", ["2026-11-21T09:05:03+00:00 (Saturday, UTC)"], "It is 09:05 on Saturday, 21 November (UTC)."),
        (
            "time",
            ["2026-11-01T09:05:03-03:30 (Sunday, America/St_Johns)"],
            "It is 09:05 on Sunday, 1 November (America/St_Johns, UTC-3:30).",
        ),
        ("what time is it", ["half past nine"], "half past nine"),
        ("ask me to choose between a or b", ["b"], "You answered: “b”"),
        ("ask me to choose between a or b", [DECLINED], "You declined to answer, so I leave it at that."),
        ("read https://example.com", [PAGE], "“Example” begins so:\n\nFirst one. Second one."),
        ("Give me the text of https://example.com", [PAGE], "Example\n\nFirst one. Second one."),
        ("Summarise:\n\nSee https://example.com. It is good.", [], "See https://example.com. It is good."),
        ("Echo: hello {there}", [], "hello {there}"),
        ("what needs me", [[]], "Nothing waits for you."),
        ("list my agents", [[{"name": "Tea", "description": "brews"}]], "Your agents:\n\n- Tea: brews"),
        ("delete workflow Tea", ["The workflow “Tea” was deleted."], "The workflow “Tea” was deleted."),
        ("[The run 1 of “Tea”, which you started, has succeeded. Its report is above.]", [], "“Tea” is done: its report is above."),
        ("thanks!", [], "You are welcome!"),
    ],
)
def test_a_result_becomes_an_answer(text: str, results: list[Any], said: str) -> None:
    assert answer(text, *results) == said


@pytest.mark.parametrize(
    ("before", "text"), [(False, "Sent: a.md, b.jpg"), (True, "Summarise this"), (True, "Please read"), (True, "Sent: a.md, b.jpg")]
)
def test_a_file_is_kept_though_nobody_reads_it(before: bool, text: str) -> None:
    told = [f"[The person sent a file: “{name}”, text/plain, 3 bytes. You know no more of it than this.]" for name in ("a.md", "b.jpg")]
    turns: list[list[ModelMessage]] = [
        [ModelRequest(parts=[UserPromptPart(one)]), ModelResponse(parts=[TextPart("(This needs no answer.)")])] for one in told if before
    ]

    said = next_move([*chain(*turns), ModelRequest(parts=[UserPromptPart(text)])], make_info(*TOOLS))

    assert str(said).startswith("Kept in this conversation: a.md, b.jpg. To read files I need a real model")


def test_a_workflow_is_made_with_the_agents_that_are_missing() -> None:
    text = "create a workflow called Tea that fetches https://example.com/tea, summarises it and asks me if I like it and why"
    results: list[Any] = [[{"name": "Page reader"}], {}, {}]

    made = move(text, *results)

    assert isinstance(made, ToolCallPart)
    steps = made.args_as_dict()["steps"]
    assert made.args_as_dict()["inputs"] == [{"name": "url", "default": "https://example.com/tea"}]
    assert [(step["key"], step["agent"], step["after"]) for step in steps] == [
        ("fetch", "Page reader", []),
        ("summarise", "Summariser", ["fetch"]),
        ("ask", "Asker", ["summarise"]),
    ]
    assert steps[1]["prompt"] == "Summarise:\n\n{{ steps.fetch.output }}"
    assert steps[2]["prompt"] == "Ask me if I like it and why"


@pytest.mark.parametrize(("task", "name"), [("summarises it", "Summary of example.com"), ("asks me if it is good", "Page of example.com")])
def test_a_workflow_is_called_by_what_it_does_with_a_page(task: str, name: str) -> None:
    made = move(f"create a workflow that reads https://example.com and {task}", [], {}, {})

    assert isinstance(made, ToolCallPart)
    assert made.args_as_dict()["name"] == name


def test_what_no_step_can_do_is_said_before_anything_is_made() -> None:
    assert "Without a real model" in answer("create a workflow that fetches https://example.com and translates it")


def test_an_answer_goes_to_the_question_that_is_named() -> None:
    rows = [
        {"run": "r1", "workflow": "Tea", "link": "/runs/r1/", "questions": [{"request_id": "q1", "question": "Green?", "options": []}]},
        {"run": "r2", "workflow": "Trip", "link": "/runs/r2/", "questions": [{"request_id": "q2", "question": "Where to?", "options": []}]},
    ]

    passed = move("answer yes to the tea question", rows)

    assert isinstance(passed, ToolCallPart)
    assert passed.args == {"run": "r1", "response": "yes", "request_id": "q1"}
    assert "I do not know which question" in answer("answer yes to the cake question", rows)


def test_whoever_works_in_a_run_asks_with_the_tool_for_runs() -> None:
    asked = move("Ask me to choose between A or B", tools=("request_user_help",))

    assert isinstance(asked, ToolCallPart)
    assert (asked.tool_name, asked.args_as_dict()["kind"]) == ("request_user_help", "choice")


def test_a_no_of_the_owner_is_taken() -> None:
    assert answer("delete workflow Tea", "The owner does not want this call to be made.") == "All right, nothing was deleted."


def test_a_page_is_summed_up_by_its_first_sentences() -> None:
    page = {"title": "Example", "text": "This is an example. It has sentences. " + "More of them follow here. " * 50}

    said = answer("read https://example.com", page)

    assert said.startswith("“Example” begins so:\n\nThis is an example. It has sentences.")
    assert len(said) < 600


def test_what_is_missing_is_asked_for_and_then_used() -> None:
    asked = move("remember")
    called = move("remember", "my dog is called Rex")
    said = answer("remember", "my dog is called Rex", "ok")

    assert isinstance(asked, ToolCallPart)
    assert asked.args == {"question": "What should I remember?"}
    assert isinstance(called, ToolCallPart)
    assert (called.tool_name, called.args) == ("remember", {"key": "dog", "value": "Rex"})
    assert said == "I will remember it: dog – Rex"


def test_a_refusal_of_a_tool_is_passed_on() -> None:
    said = answer("what time is it in Atlantis", "“Atlantis” is not a time zone.", outcome="failed")

    assert said == "That did not work: “Atlantis” is not a time zone."


def test_a_tool_that_is_not_offered_is_not_called() -> None:
    assert "does not have the tool “remember”" in answer("remember that my dog is called Rex", tools=("recall",))


@pytest.mark.parametrize("text", ["hello", "Hi there!", "Good morning", "what can you do?", "help", "who are you?"])
def test_a_greeting_says_what_can_be_done(text: str) -> None:
    said = answer(text)

    assert "remember things" in said
    assert "create workflows" in said


@pytest.mark.parametrize("text", ["Write a poem about the sea", "", "🦖", "1+1"])
def test_anything_else_gets_one_line_with_the_way_to_a_real_model(text: str) -> None:
    said = answer(text)

    assert "AGENTRON_MODEL" in said
    assert "under Models" in said
    assert "\n" not in said


def test_only_offered_tools_are_advertised() -> None:
    assert "web page" not in answer("what can you do", tools=("remember",))
    assert "no tools here" in answer("what can you do", tools=())


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "remember that " + "is " * 33_000,
        "remember " + ":" * 100_000,
        "what is my " + "!" * 100_000 + "x",
        "ask me to choose between " + "or " * 33_000,
        "ask me what a: " + ", or" * 20_000,
        "please " * 15_000,
        "read " + "https://" * 12_000,
        "read a" + ".a" * 50_000 + " b",
        "what time is it in " + "now " * 25_000,
        "\ud800 remember \udfff that my dog is \x00 called Rex \ud83e",
        "\u202eremember that\u200b my dog is called Réx\n\n",
        " " * 100_000,
        "remind me " + "in 2 hours " * 9_000,
        "change the " + "to " * 30_000,
        "cancel the " + "first " * 15_000,
        "check it in " + "9" * 50_000 + " minutes",
        "create a workflow that " + "and then " * 10_000,
        "create a workflow that says " + "a, " * 600,
        "run x with " + "a=" * 50_000,
        "answer " + "to " * 30_000,
        "Summarise: " + "x " * 50_000,
        "\n".join(["hello"] * 20_000),
    ],
)
def test_no_text_is_too_strange(text: str) -> None:
    started = time.perf_counter()

    done = move(text)

    assert time.perf_counter() - started < 0.5
    saved = done if isinstance(done, str) else done.args_as_json_str()
    assert saved.encode()


def test_the_same_place_in_a_turn_has_the_same_call_id_and_no_other_has() -> None:
    first, again, later = move("remember"), move("remember"), move("remember", "my dog is called Rex")

    assert isinstance(first, ToolCallPart)
    assert isinstance(again, ToolCallPart)
    assert isinstance(later, ToolCallPart)
    assert first.tool_call_id == again.tool_call_id != later.tool_call_id


def test_earlier_turns_do_not_matter() -> None:
    earlier: list[ModelMessage] = [
        ModelRequest(parts=[UserPromptPart("remember that my dog is called Rex")]),
        ModelResponse(parts=[ToolCallPart("remember", {}, tool_call_id="x")]),
        ModelRequest(parts=[ToolReturnPart("remember", "ok", tool_call_id="x")]),
        ModelResponse(parts=[TextPart("Noted.")]),
        ModelRequest(parts=[UserPromptPart("what time is it?")]),
    ]

    called = next_move(earlier, make_info(*TOOLS))

    assert isinstance(called, ToolCallPart)
    assert called.tool_name == "current_time"


def test_every_sentence_of_the_help_is_understood() -> None:
    from workflows.llm.offline_words import ABILITIES

    for tool, (_, example) in ABILITIES.items():
        assert recognise(example)[0].tool == tool


def test_the_intents_have_names_of_their_own() -> None:
    assert len({intent.name for intent in GRAMMAR}) == len(GRAMMAR)


async def test_it_streams_through_an_agent_and_survives_a_pause() -> None:
    agent = Agent(model(), output_type=[str, DeferredToolRequests])

    @agent.tool_plain
    def ask_user(question: str, options: list[str] | None = None) -> str:
        raise CallDeferred({"question": question}, kind="question")

    @agent.tool_plain
    def remember(key: str, value: str) -> str:
        return "ok"

    paused = await agent.run("remember")
    assert isinstance(paused.output, DeferredToolRequests)
    answers: dict[str, Any] = {call.tool_call_id: "my dog is called Rex" for call in paused.output.calls}
    pieces = 0
    async with agent.run_stream_events(
        None, message_history=paused.all_messages(), deferred_tool_results=paused.output.build_results(calls=answers)
    ) as events:
        async for event in events:
            pieces += event.event_kind == "part_delta"
        assert events.result

    assert events.result.output == "I will remember it: dog – Rex"
    assert pieces > 1


async def test_a_failed_tool_ends_the_turn_with_its_reason() -> None:
    agent = Agent(model())

    @agent.tool_plain
    def current_time(time_zone: str = "") -> str:
        raise ToolFailed("The clock is broken.")

    assert (await agent.run("what time is it")).output == "That did not work: The clock is broken."


def test_it_is_the_workflow_that_was_spoken_of_last_or_the_only_one() -> None:
    made: list[ModelMessage] = [
        ModelRequest(parts=[UserPromptPart("create a workflow called Tea that says hello")]),
        ModelResponse(parts=[ToolCallPart("create_workflow", {"name": "Tea"}, tool_call_id="x")]),
        ModelRequest(parts=[ToolReturnPart("create_workflow", {}, tool_call_id="x")]),
        ModelRequest(parts=[UserPromptPart("Run it again!")]),
    ]

    latest, only = next_move(made, make_info(*TOOLS)), move("run it", [{"workflow": "Tea"}])

    assert isinstance(latest, ToolCallPart)
    assert isinstance(only, ToolCallPart)
    assert (latest.tool_name, latest.args) == (only.tool_name, only.args) == ("execute_workflow", {"workflow": "Tea"})


def test_asking_for_nothing_is_not_understood() -> None:
    assert "did not understand" in answer("ask me nothing")


async def test_a_step_fails_with_its_tool_and_calls_it_anew_when_it_is_tried_again() -> None:
    given = ["It cannot be reached.", PAGE]
    first = Agent(in_workflow())

    def fetch_url(url: str) -> str:
        if "cannot" in (text := given.pop(0)):
            raise ToolFailed(text)
        return text

    first.tool_plain(fetch_url)
    with pytest.raises(ModelError, match=r"^It cannot be reached\.$"), capture_run_messages() as history:
        await first.run("fetch https://example.com")
    again = Agent(in_workflow(), tools=[fetch_url])

    assert (await again.run(message_history=history)).output.startswith("“Example” begins so:")


async def test_a_step_gives_a_bare_answer() -> None:
    agent = Agent(in_workflow())

    @agent.tool_plain
    def request_user_help(kind: str, question: str) -> str:
        return "black"

    assert (await agent.run("ask me what colour I like")).output == "black"
