"""When a workflow runs by itself: what its definition may say about that, and every way to say it."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from chat.models import Profile
from tasks.models import Task, TaskStatus
from tests.factories import make_agent, make_conversation, make_run, make_user, make_workflow
from workflows import editing, editor_times, timetable
from workflows.builtin import workflows as these
from workflows.definition import Definition
from workflows.errors import InvalidError, NotAllowedError
from workflows.exchange import exported, take_in
from workflows.models import Agent, Run, Workflow
from workflows.tools import ToolContext, ToolError

pytestmark = pytest.mark.django_db


def defined(**fields: Any) -> Definition:
    return Definition.model_validate({"name": "digest", "steps": [{"key": "write", "agent": "x", "prompt": "y"}], **fields})


def context_in(run: Run, agent: Agent) -> ToolContext:
    """A call by an agent in a run."""
    return ToolContext(run.owner_id, run.conversation_id, run.pk, run.pk, "key", agent.pk)


@pytest.fixture
def owner() -> User:
    return make_user()


@pytest.fixture
def context(owner: User) -> ToolContext:
    """A call by the assistant in a turn."""
    return context_in(make_run(make_conversation(owner)), make_agent(name="boss"))


def create(context: ToolContext, **fields: Any) -> dict[str, Any]:
    """What the tool gives for a workflow of one step."""
    step: these.StepIn = {"key": "write", "agent": "boss", "prompt": "Write."}
    return these.create_workflow(context, **{"name": "Essay", "steps": [step], **fields})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ""),
        ({"schedule": "0 9 * * 1-5", "time_zone": "Europe/Berlin"}, "weekdays at 09:00, Europe/Berlin"),
        ({"schedule": "EVERY 2 hours"}, "every 2 hours"),
        ({"execution_mode": "manual", "schedule": "daily@09:00"}, ""),
        ({"execution_mode": "continuous"}, "again and again, 10 seconds after the run before has ended"),
        ({"execution_mode": "continuous", "schedule": "60"}, "again and again, a minute after the run before has ended"),
        # As earlier versions wrote it.
        ({"execution_mode": "one_time", "schedule": None, "time_zone": None}, ""),
        ({"execution_mode": "interval", "schedule": "300"}, "every 5 minutes"),
    ],
)
def test_it_is_told_in_words(fields: dict[str, Any], words: str) -> None:
    definition = defined(**fields)

    assert not list(timetable.mistakes(definition))
    assert timetable.described(definition) == words


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"execution_mode": "schedule"}, "schedule", "A schedule is needed"),
        ({"schedule": "61 9 * * *"}, "schedule", "minutes go from 0 to 59"),
        ({"execution_mode": "manual", "schedule": "every blue moon"}, "schedule", "is not a schedule"),
        ({"execution_mode": "continuous", "schedule": "daily@09:00"}, "schedule", "give the pause between them"),
        ({"schedule": "daily@09:00", "time_zone": "Mars/Olympus"}, "time_zone", "“Mars/Olympus” is not a time zone"),
    ],
)
def test_a_wrong_time_is_refused_at_its_field(fields: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(InvalidError) as refused:
        make_workflow({"key": "write"}, **fields)

    assert words in refused.value.fields[place]


def test_what_nobody_is_there_to_give_needs_a_default() -> None:
    step = {"key": "write", "prompt": "{{ input.topic }} {{ input.tone }}"}

    with pytest.raises(InvalidError) as refused:
        make_workflow(step, schedule="daily@09:00", inputs=[{"name": "topic"}])

    assert set(refused.value.fields) == {"inputs[0].default", "inputs"}


def test_the_form_shows_what_a_schedule_means_while_it_is_written(owner: User) -> None:
    understood = editor_times.understood({"execution_mode": "schedule", "schedule": "0 9 * * 1-5", "time_zone": "Asia/Tokyo"}, owner)

    assert (understood.words, len(understood.next), understood.wrong) == ("weekdays at 09:00, Asia/Tokyo", 3, "")


def test_the_form_offers_the_schedule_that_somebody_has_said_in_words(owner: User) -> None:
    understood = editor_times.understood({"execution_mode": "schedule", "schedule": "every weekday at 9"}, owner)

    assert (str(understood.meant), understood.words) == ("weekly@1,2,3,4,5@09:00", "weekdays at 09:00")


def test_the_form_gives_the_times_back_as_they_were(owner: User) -> None:
    definition = defined(schedule="every 2 hours", overlap="queue", misfire="none", grace_seconds=5401)

    again = {**definition.stored(), **editor_times.times_data(editor_times.filled_times(definition))}

    assert Definition.model_validate(again) == definition


def test_a_schedule_stays_in_the_zone_in_which_its_owner_was(owner: User) -> None:
    Profile.objects.create(user=owner, time_zone="Asia/Tokyo")

    made = make_workflow({"key": "write"}, owner=owner, schedule="DAILY@9:00")

    assert (made.schedule, made.time_zone) == ("daily@09:00", "Asia/Tokyo")
    assert made.revisions.get().data["time_zone"] == "Asia/Tokyo"


def test_an_export_takes_the_schedule_along(owner: User) -> None:
    workflow = make_workflow({"key": "write"}, owner=owner, schedule="every 2 hours", overlap="queue")
    package = exported(workflow)
    editing.delete(workflow)

    made = take_in(package, owner=owner)

    assert (made.execution_mode, made.schedule, made.overlap) == ("schedule", "every 2 hours", "queue")
    assert Task.objects.get().managed_by == made


def test_the_assistant_schedules_a_workflow_and_is_told_when_it_runs(context: ToolContext) -> None:
    made = create(context, schedule="0 9 * * 1-5", time_zone="Europe/Berlin")

    assert (made["runs"], len(made["next"])) == ("weekdays at 09:00, Europe/Berlin", 3)
    assert Task.objects.get().created_in_id == context.run_id


def test_a_change_of_something_else_leaves_the_schedule(context: ToolContext) -> None:
    create(context, schedule="every 2 hours", overlap="queue")

    these.update_workflow(context, "Essay", description="Better")

    workflow = Workflow.objects.get()
    assert (workflow.execution_mode, workflow.schedule, workflow.overlap) == ("schedule", "every 2 hours", "queue")


def test_the_assistant_stops_a_schedule(context: ToolContext) -> None:
    create(context, schedule="every 2 hours")

    these.update_workflow(context, "Essay", execution_mode="manual")

    assert Task.objects.get().status == TaskStatus.CANCELLED


def test_an_agent_schedules_no_workflow_too_often(context: ToolContext) -> None:
    with pytest.raises(InvalidError, match="every 10 seconds is the most"):
        create(context, schedule="every 5 seconds")

    assert not Workflow.objects.exists()


def test_a_scheduled_run_schedules_no_workflow(owner: User) -> None:
    task = Task.objects.get(managed_by=make_workflow({"key": "write"}, owner=owner, schedule="every 2 hours"))
    scheduled = make_run(make_conversation(owner), task_id=task.pk)

    with pytest.raises(NotAllowedError, match="scheduled runs schedule nothing more"):
        create(context_in(scheduled, make_agent(name="boss")), schedule="every 2 hours")


def test_an_agent_that_may_schedule_nothing_schedules_no_workflow(owner: User) -> None:
    agent = make_agent(name="boss", tools=["create_workflow"])

    with pytest.raises(ToolError, match="may not use schedule_task"):
        create(context_in(make_run(make_conversation(owner)), agent), schedule="every 2 hours")
