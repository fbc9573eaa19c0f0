"""What a page tells of a run: in order, readable, escaped, at a fixed price."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_turn
from workflows.models import HelpRequest, Run, StepRun, ToolCall
from workflows.trace import trace

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


def response(*parts: dict[str, Any]) -> dict[str, Any]:
    """A stored reply of a model."""
    usage = {"input_tokens": 1200, "output_tokens": 30}
    return {"kind": "response", "parts": list(parts), "usage": usage, "model_name": "m1", "timestamp": "2026-11-21T05:30:33.128359Z"}


def make_step(run: Run, replies: int = 1, **fields: Any) -> StepRun:
    """A step whose every reply fetched a page and asked a question about it."""
    messages = [response({"part_kind": "text", "content": f"Looking. {HOSTILE}"}) for _ in range(replies)]
    step = StepRun.objects.create(run=run, prompt=HOSTILE, messages={"messages": messages}, **{"key": "turn", **fields})
    for reply in range(1, replies + 1):
        rest: dict[str, Any] = {"step_run": step, "reply": reply, "call_id": "c", "tool": "fetch_url"}
        ToolCall.objects.create(effect="read", arguments={"url": HOSTILE}, args_hash="x", state="done", result=HOSTILE, **rest)
        HelpRequest.objects.create(run=run, question=HOSTILE, status="answered", response="blue", answered_by=run.owner, **rest)
    return step


def test_a_reply_comes_with_its_calls_and_their_questions() -> None:
    step = make_step(make_turn(), replies=2)

    first, second = trace(step.run).steps[0].replies

    assert (first.number, first.model, first.tokens) == (1, "m1", "1,200 in, 30 out")
    assert [(call.label, call.questions[0].answer) for call in second.calls] == [("Read a web page", "blue")]


def test_a_call_whose_reply_is_not_saved_yet_is_shown() -> None:
    step = make_step(make_turn())
    StepRun.objects.filter(pk=step.pk).update(messages={})

    assert [len(reply.calls) for reply in trace(step.run).steps[0].replies] == [1]


def test_a_halt_stands_where_the_step_was_stopped() -> None:
    step = make_step(make_turn())
    for reply, decision in ((0, "raise"), (1, "")):
        fields = {
            "kind": "confirmation",
            "question": f"It has used {reply}.",
            "decision": decision,
            "status": "answered" if decision else "open",
        }
        HelpRequest.objects.create(run=step.run, step_run=step, reply=reply, call_id=f"halt-{reply}", **fields)

    replies = trace(step.run).steps[0].replies
    page = render_to_string("components/trace.html", {"trace": trace(step.run), "open_above": True})

    assert [(reply.number, reply.calls[-1].questions[0].answer) for reply in replies] == [(0, "raise"), (1, "")]
    assert page.index("Before the first reply") < page.index("It has used 0.") < page.index("Reply 1") < page.index("before it goes on")
    assert page.count('<details class="card"') == 1


def test_a_trace_costs_the_same_however_long_it_is(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    run = make_turn()
    for number in range(5):
        make_step(run, replies=4, round=number + 1)

    with django_assert_num_queries(3):
        trace(run)


def test_nothing_in_a_trace_is_taken_for_markup() -> None:
    page = render_to_string("components/trace.html", {"trace": trace(make_step(make_turn()).run)})

    assert "blue" in page
    assert "<script" not in page


def test_a_folded_step_shows_the_beginning_of_its_output_in_plain_words() -> None:
    step = make_step(make_turn(), output="# Tea is **hot**\n\nAnd so on.")

    assert trace(step.run).steps[0].gist == "Tea is hot"
