"""The model that works without a model, on what is to happen later."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart, ToolReturnPart, UserPromptPart

from tests.workflows import test_schedules_phrases as phrases
from tests.workflows.test_llm_offline import TOOLS, answer, make_info, move
from workflows.llm.offline import next_move

# A Saturday in Berlin, where the clock stands an hour before UTC.
NOW = "2026-11-21T15:41:03+01:00 (Saturday, Europe/Berlin)"
IDS = [f"01a1fdb3-b229-7728-b8e7-8d4197700{n:03}" for n in range(3)]


def due(local: str, utc: str, away: str = "in 2 hours") -> dict[str, str]:
    return {"local": local, "utc": utc, "in": away}


def told(number: int = 1, title: str = "stretch", **fields: Any) -> dict[str, Any]:
    """A task as the tools tell of it: once, at six in the evening."""
    row = {"number": number, "task": IDS[number - 1], "title": title, "mode": "notify", "status": "pending", "time_zone": "Europe/Berlin"}
    once = {"when": "today, Sat 21 Nov 2026, at 18:00, Europe/Berlin", "next": [due("Sat 21 Nov 2026 18:00", "2026-11-21T17:00:00+00:00")]}
    return {**row, **once, **fields}


DAILY: dict[str, Any] = {"schedule": "daily@09:00", "when": "every day at 09:00, Europe/Berlin"}
ROWS = [told(1), told(2, "call Ann", **DAILY), told(3, "go home")]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("remind me in 2 hours to stretch", {"mode": "notify", "text": "stretch", "delay_hours": 2}),
        ("remind me in 1 minute to stretch", {"mode": "notify", "text": "stretch", "delay_minutes": 1}),
        ("Please remind me to stretch in 90 minutes.", {"mode": "notify", "text": "stretch", "delay_minutes": 90}),
        ("remind me every weekday at 9 of the stand-up", {"mode": "notify", "schedule": "weekly@1,2,3,4,5@09:00"}),
        ("every weekday at 9 remind me of the stand-up", {"mode": "notify", "text": "the stand-up"}),
        ("every Monday at 9:30 remind me to plan the week", {"mode": "notify", "text": "plan the week"}),
        ("check this PR again in 10 seconds", {"mode": "prompt_agent", "text": "check this PR again", "delay_seconds": 10}),
        ("summarise https://example.com every day at 8", {"mode": "prompt_agent", "text": "summarise https://example.com"}),
        ("run Tea report every Monday at 9", {"mode": "run_workflow", "workflow": "Tea report"}),
        ("start the workflow Tea report in 2 hours", {"mode": "run_workflow", "workflow": "Tea report", "delay_hours": 2}),
        ("run Tea report in 1 hour with topic=green tea", {"mode": "run_workflow", "inputs": {"topic": "green tea"}}),
    ],
)
def test_what_counts_from_now_or_recurs_is_scheduled_at_once(text: str, arguments: dict[str, Any]) -> None:
    called = move(text)

    assert isinstance(called, ToolCallPart), called
    assert (called.tool_name, called.args_as_dict() | arguments) == ("schedule_task", called.args_as_dict())


def when_of(text: str) -> datetime | str:
    """When the call is for that a sentence leads to, on a Monday morning in Berlin."""
    called = move(text)
    if isinstance(called, ToolCallPart) and called.tool_name == "current_time":
        called = move(text, f"{phrases.NOW.isoformat()} (Monday, Europe/Berlin)")
    assert isinstance(called, ToolCallPart), called
    given = called.args_as_dict()
    if "schedule" in given:
        return str(given["schedule"])
    delay = timedelta(**{name.removeprefix("delay_"): value for name, value in given.items() if name.startswith("delay_")})
    return datetime.fromisoformat(given["run_at"]) if "run_at" in given else phrases.NOW + delay


@pytest.mark.parametrize(("phrase", "local"), phrases.ONCE.items())
def test_every_phrase_for_once_reaches_the_tool_as_it_is_meant(phrase: str, local: str) -> None:
    assert when_of(phrase.replace("X", "call Ann")) == datetime.fromisoformat(local).replace(tzinfo=phrases.BERLIN)


@pytest.mark.parametrize(("phrase", "schedule"), phrases.AGAIN.items())
def test_every_phrase_that_recurs_reaches_the_tool_as_it_is_meant(phrase: str, schedule: str) -> None:
    assert when_of(phrase.replace("X", "call Ann")) == schedule


def test_a_day_is_looked_up_before_it_is_scheduled() -> None:
    text = "remind me tomorrow at 9 to call Ann"

    looked, called = move(text), move(text, NOW)

    assert isinstance(looked, ToolCallPart)
    assert isinstance(called, ToolCallPart)
    assert looked.tool_name == "current_time"
    assert called.args_as_dict() == {"mode": "notify", "text": "call Ann", "run_at": "2026-11-22T09:00:00+01:00"}


def test_a_time_that_is_over_is_said_so() -> None:
    assert "past" in answer("remind me today at 9:00 to call Ann", NOW)


def test_what_was_understood_is_shown() -> None:
    said = answer("remind me in 2 hours to stretch", {**told(), "done": "scheduled"})

    assert said == "I will remind you: “stretch”, in 2 hours: today, Sat 21 Nov 2026, at 18:00, Europe/Berlin (17:00 UTC)."


def test_the_next_three_times_are_shown_of_what_recurs() -> None:
    coming = [due(f"{day} Nov 2026 09:00", "2026-11-23T08:00:00+00:00") for day in ("Mon 23", "Tue 24", "Wed 25")]

    said = answer("remind me every day at 9 to stretch", {**told(**DAILY), "next": coming, "done": "scheduled"})

    assert said.splitlines()[0] == "I will remind you: “stretch”, every day at 09:00, Europe/Berlin."
    assert said.count("09:00 (08:00 UTC)") == 3


def test_what_is_scheduled_already_is_not_called_new() -> None:
    done = "nothing: the very same was scheduled already, as this task"

    assert answer("remind me in 2 hours to stretch", {**told(), "done": done}).startswith("That was scheduled already")


def test_it_admits_what_it_will_not_be_able_to_do() -> None:
    row = {**told(mode="prompt_agent"), "done": "scheduled"}

    assert "Until a model is connected I cannot do that" in answer("check this PR again in 2 hours", row)
    assert "cannot" not in answer("summarise https://example.com in 2 hours", row)


def test_a_scheduled_request_that_it_cannot_do_is_at_least_told() -> None:
    note = "[Scheduled: it is time for the task “PR [1]”. It was due on Saturday.]\n"

    assert answer(f"{note}check this PR again").startswith("It is time: “check this PR again”. I work without a model")
    assert isinstance(move(f"{note}what time is it?"), ToolCallPart)


def test_what_is_missing_of_a_reminder_is_asked_for() -> None:
    asked, when, called = move("Remind me!"), move("Remind me!", "to buy milk"), move("remind me", "to buy milk", "in 2 hours")

    assert isinstance(asked, ToolCallPart)
    assert isinstance(when, ToolCallPart)
    assert isinstance(called, ToolCallPart)
    assert (asked.tool_name, when.args_as_dict()["question"]) == ("ask_user", "When should I remind you: “buy milk”?")
    assert called.args_as_dict() == {"mode": "notify", "text": "buy milk", "delay_hours": 2}


@pytest.mark.parametrize("text", ["remind me again in 10 minutes", "snooze it for 10 minutes"])
def test_a_reminder_is_repeated_as_it_was(text: str) -> None:
    due: list[ModelMessage] = [
        ModelRequest(parts=[UserPromptPart("[A reminder was due. The person was shown:]")]),
        ModelResponse(parts=[TextPart("Call Ann")]),
        ModelRequest(parts=[UserPromptPart(text)]),
    ]

    called, asked = next_move(due, make_info(*TOOLS)), move(text)

    assert isinstance(called, ToolCallPart)
    assert called.args_as_dict() == {"mode": "notify", "text": "Call Ann", "delay_minutes": 10}
    assert isinstance(asked, ToolCallPart)
    assert asked.args_as_dict() == {"question": "What should I remind you of?"}


@pytest.mark.parametrize("text", ["remind me on the 30th of February to pay", "remind me on the 31st of June to pay"])
def test_a_date_is_not_taken_for_what_to_remind_of(text: str) -> None:
    assert answer(text, NOW).startswith("Nothing was scheduled")


def test_what_is_still_unclear_is_said_plainly() -> None:
    said = answer("remind me to buy milk", "when the moon is blue")

    assert "Nothing was scheduled" in said


def test_what_is_scheduled_is_listed_with_numbers() -> None:
    assert "2. “call Ann”, every day at 09:00, Europe/Berlin" in answer("what is scheduled?", ROWS)
    assert answer("what's scheduled?", []).startswith("Nothing is scheduled.")


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("cancel the second one", "cancel_task", {"task": IDS[1]}),
        ("cancel 2", "cancel_task", {"task": IDS[1]}),
        ("cancel the last one", "cancel_task", {"task": IDS[2]}),
        ("cancel “call Ann”", "cancel_task", {"task": IDS[1]}),
        ("delete the reminder to call Ann", "cancel_task", {"task": IDS[1]}),
        ("stop reminding me to stretch", "cancel_task", {"task": IDS[0]}),
        ("pause the 2nd one", "update_task", {"task": IDS[1], "enabled": False}),
        ("resume number 2", "update_task", {"task": IDS[1], "enabled": True}),
        ("run the second one now", "run_task", {"task": IDS[1]}),
        ("change the second one to 10:00", "update_task", {"task": IDS[1], "schedule": "daily@10:00"}),
        ("move call Ann to 7 pm", "update_task", {"task": IDS[1], "schedule": "daily@19:00"}),
        (
            "change the first one to 19:30",
            "update_task",
            {"task": IDS[0], "run_at": "2026-11-21T19:30:00", "time_zone": "Europe/Berlin"},
        ),
        ("change the first one to every Monday at 9", "update_task", {"task": IDS[0], "schedule": "weekly@1@09:00"}),
        ("postpone the first one to in 2 hours", "update_task", {"task": IDS[0], "delay_hours": 2}),
        ("rename the first one to legs", "update_task", {"task": IDS[0], "title": "legs"}),
    ],
)
def test_a_task_is_found_and_dealt_with(text: str, tool: str, arguments: dict[str, Any]) -> None:
    called = after(ROWS, "list_tasks", text)
    if isinstance(called, ToolCallPart) and called.tool_name == "list_tasks":
        called = after(ROWS, "list_tasks", text, ROWS)

    assert isinstance(called, ToolCallPart), called
    assert (called.tool_name, called.args_as_dict()) == (tool, arguments)


def test_it_asks_which_one_rather_than_take_any() -> None:
    assert answer("cancel the dentist", ROWS).startswith("I do not know which one you mean.")
    assert answer("cancel it", ROWS).startswith("I do not know which one you mean.")
    # No list was shown.
    assert answer("cancel the second one", ROWS).startswith("I do not know which one you mean. This is scheduled:")


def test_a_time_alone_says_when_but_not_what() -> None:
    assert "“every weekday at 9” says when, but not what" in answer("every weekday at 9")


def test_an_interval_has_no_time_of_day_to_change() -> None:
    rows = [told(1, schedule="every 2 hours", when="every 2 hours")]

    assert (
        answer("change 1 to 10:00", rows) == "“stretch” happens every 2 hours: say what it is to be instead, such as “every day at 10:00”."
    )


def after(content: Any, tool: str, text: str, *results: Any) -> str | ToolCallPart:
    """What it does in a turn after one in which a tool gave this, the tools having given `results` since."""
    earlier: list[ModelMessage] = [
        ModelRequest(parts=[UserPromptPart("what is scheduled?")]),
        ModelResponse(parts=[ToolCallPart(tool, {}, tool_call_id="x")]),
        ModelRequest(parts=[ToolReturnPart(tool, content, tool_call_id="x")]),
        ModelResponse(parts=[TextPart("This is scheduled.")]),
        ModelRequest(parts=[UserPromptPart(text), *(ToolReturnPart("list_tasks", one, tool_call_id="y") for one in results)]),
    ]
    return next_move(earlier, make_info(*TOOLS))


@pytest.mark.parametrize("shown", [ROWS[1:], str(ROWS[1:])])
def test_a_number_means_the_list_that_was_shown(shown: str | Sequence[Any]) -> None:
    called = after(shown, "list_tasks", "cancel the second one")

    assert isinstance(called, ToolCallPart)
    assert (called.tool_name, called.args_as_dict()) == ("cancel_task", {"task": IDS[2]})


def test_it_is_the_task_that_was_spoken_of_last() -> None:
    called = after(str({**told(2), "done": "scheduled"}), "schedule_task", "cancel it")

    assert isinstance(called, ToolCallPart)
    assert called.args_as_dict() == {"task": IDS[1]}


@pytest.mark.parametrize(
    "text",
    [
        "what happened in 1990?",
        "who is president in 2024?",
        "remember that my train leaves tomorrow at 9",
        "I have a meeting tomorrow at 9am",
        "we meet every friday at 3pm",
        "I'll be back in 2 hours",
        "don't remind me tomorrow at 9am",
    ],
)
def test_a_time_in_a_sentence_is_not_yet_an_order(text: str) -> None:
    done = move(text)

    assert isinstance(done, str) or done.tool_name in ("remember", "recall")
