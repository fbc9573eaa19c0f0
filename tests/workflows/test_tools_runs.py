"""The tools that look after runs, and what they never decide for a person."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.factories import make_agent, make_conversation, make_question, make_turn, make_user, make_workflow, start_run
from tests.workflows.test_tools_workflows import context_in
from workflows.builtin import runs as these
from workflows.errors import MissingError
from workflows.models import HelpRequest, HelpStatus, Lane, Run, RunStatus, Trigger
from workflows.tools import ToolContext, ToolError

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user()


@pytest.fixture
def context(owner: User) -> ToolContext:
    """A call by the assistant in a turn."""
    return context_in(make_turn(make_conversation(owner)), make_agent())


def asking(owner: User, kind: str = "question") -> HelpRequest:
    """A question of a run in another conversation."""
    return make_question(make_conversation(owner), kind=kind)


def test_runs_are_listed_without_the_turns(owner: User, context: ToolContext) -> None:
    run = start_run(make_workflow({"key": "one"}, owner=owner, name="Work"))

    (listed,) = these.list_runs(context)

    assert (listed["run"], listed["workflow"], listed["status"], listed["link"]) == (str(run.pk), "Work", "queued", f"/runs/{run.pk}/")


def test_what_waits_for_the_person_is_listed_with_its_questions(owner: User, context: ToolContext) -> None:
    request = asking(owner)

    (listed,) = these.list_runs(context, waiting_for_person=True)

    assert listed["questions"] == [{"request_id": str(request.pk), "kind": "question", "question": "Which one?", "options": []}]


def test_a_status_that_does_not_exist_is_refused(context: ToolContext) -> None:
    with pytest.raises(ToolError, match="use one of queued, running"):
        these.list_runs(context, status="busy")


def test_a_run_is_found_by_its_workflow_and_as_the_last(owner: User, context: ToolContext) -> None:
    workflow = make_workflow({"key": "one"}, owner=owner, name="Work")
    start_run(workflow)
    newest = start_run(workflow)

    assert {these.get_run(context, name)["run"] for name in ("work", "Last", str(newest.pk))} == {str(newest.pk)}


def test_what_names_no_run_is_told_as_such(owner: User, context: ToolContext) -> None:
    make_workflow({"key": "one"}, owner=owner, name="Work")

    with pytest.raises(MissingError, match=r"“Wrok” is no run: .*name of its workflow\. There is no workflow “Wrok”: did you mean “Work”"):
        these.get_run(context, "Wrok")


def test_another_persons_run_is_not_there(context: ToolContext) -> None:
    foreign = start_run(make_workflow({"key": "one"}))

    for call in (these.get_run, these.cancel_run, these.retry_run):
        with pytest.raises(MissingError):
            call(context, str(foreign.pk))


def test_a_run_is_cancelled(owner: User, context: ToolContext) -> None:
    run = start_run(make_workflow({"key": "one"}, owner=owner))

    assert these.cancel_run(context, "last") == "The run was cancelled."
    assert Run.objects.get(pk=run.pk).status == RunStatus.CANCELLED


def test_a_run_does_not_cancel_itself(context: ToolContext) -> None:
    with pytest.raises(ToolError, match="your own"):
        these.cancel_run(context, str(context.run_id))


def test_a_failed_run_is_tried_again(owner: User, context: ToolContext) -> None:
    run = start_run(make_workflow({"key": "one"}, owner=owner))
    Run.objects.filter(pk=run.pk).update(status=RunStatus.FAILED)

    assert these.retry_run(context, "last")["retry_of"] == str(run.pk)


@pytest.mark.parametrize("kind", ["question", "choice"])
def test_an_answer_is_passed_on(owner: User, context: ToolContext, kind: str) -> None:
    request = asking(owner, kind)

    these.respond_to_run(context, str(request.run_id), "tea")

    request.refresh_from_db()
    assert (request.status, request.response, request.answered_by, request.answered_via) == (HelpStatus.ANSWERED, "tea", owner, "run")


@pytest.mark.parametrize("kind", ["confirmation", "approval", "credentials"])
def test_a_model_decides_nothing_for_the_person(owner: User, context: ToolContext, kind: str) -> None:
    request = asking(owner, kind)

    with pytest.raises(ToolError, match="only the person may decide it"):
        these.respond_to_run(context, str(request.run_id), "yes")

    request.refresh_from_db()
    assert request.status == HelpStatus.OPEN


def test_an_agent_at_work_in_a_run_answers_no_questions(owner: User, context: ToolContext) -> None:
    Run.objects.filter(pk=context.run_id).update(lane=Lane.RUN)
    request = asking(owner)

    with pytest.raises(ToolError, match="answered by people"):
        these.respond_to_run(context, str(request.run_id), "tea")


@pytest.mark.parametrize("trigger", [Trigger.TOOL, Trigger.SCHEDULE, Trigger.ADMIN])
def test_an_agent_whom_no_person_has_spoken_to_answers_no_questions(owner: User, context: ToolContext, trigger: Trigger) -> None:
    Run.objects.filter(pk=context.run_id).update(trigger=trigger)

    with pytest.raises(ToolError, match="no message of theirs"):
        these.respond_to_run(context, str(asking(owner).run_id), "tea")


@pytest.mark.parametrize("what", ["a report tried again", "a task tried again", "nothing that was said"])
def test_a_person_who_presses_a_button_has_not_answered(owner: User, context: ToolContext, what: str) -> None:
    report: dict[str, Any] = {"parent": asking(owner).run}
    fields = {"a report tried again": report, "a task tried again": {"task_id": context.run_id}}.get(what, {"asked_seq": 99})
    Run.objects.filter(pk=context.run_id).update(**fields)

    with pytest.raises(ToolError, match="no message of theirs"):
        these.respond_to_run(context, str(asking(owner).run_id), "tea")


def test_one_of_several_questions_has_to_be_named(owner: User, context: ToolContext) -> None:
    first = asking(owner)
    second = HelpRequest.objects.create(run=first.run, step_run=first.step_run, reply=1, call_id="other", question="And then?")

    with pytest.raises(ToolError, match=r"asks 2 questions.*And then\?"):
        these.respond_to_run(context, str(first.run_id), "tea")
    these.respond_to_run(context, str(first.run_id), "tea", request_id=str(second.pk))

    assert HelpRequest.objects.get(pk=second.pk).response == "tea"


def test_a_run_that_asks_nothing_is_told(owner: User, context: ToolContext) -> None:
    start_run(make_workflow({"key": "one"}, owner=owner))

    with pytest.raises(ToolError, match="asks no such question now: it is queued"):
        these.respond_to_run(context, "last", "tea")
