"""The tools that schedule: what they make, what they say of it, and what they leave to the person."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat.models import Profile
from tasks import quotas, tools
from tasks.models import Task, TaskStatus
from tests.factories import make_agent, make_conversation, make_run, make_user, make_workflow
from workflows.errors import InvalidError, MissingError, NotAllowedError, RefusedError
from workflows.models import Agent, Run, RunStatus
from workflows.tools import ToolContext, ToolError, load

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user()


@pytest.fixture
def agent() -> Agent:
    return make_agent()


@pytest.fixture
def run(owner: User, agent: Agent) -> Run:
    """A turn of the assistant."""
    return make_run(make_conversation(owner, agent_id=agent.pk), status=RunStatus.RUNNING, agent=agent)


def context_in(run: Run) -> ToolContext:
    """A call by a run's agent."""
    return ToolContext(run.owner_id, run.conversation_id, run.pk, run.pk, "key", run.agent_id)


@pytest.fixture
def context(run: Run) -> ToolContext:
    return context_in(run)


def remind(context: ToolContext, text: str = "stretch", **fields: Any) -> dict[str, Any]:
    """Schedule a reminder, in ten minutes unless `fields` say when."""
    when = {} if fields.keys() & {"run_at", "schedule"} else {"delay_minutes": 10}
    return tools.schedule_task(context, mode="notify", text=text, **{**when, **fields})


def test_a_reminder_is_made_where_it_was_asked_for(run: Run, context: ToolContext) -> None:
    said = remind(context)

    task = Task.objects.get(pk=said["task"])
    assert (task.conversation_id, task.created_in, task.text, said["done"]) == (run.conversation_id, run, "stretch", "scheduled")


def test_what_was_understood_is_told_on_the_persons_clock_and_in_utc(owner: User, context: ToolContext) -> None:
    Profile.objects.create(user=owner, time_zone="Asia/Tokyo")

    said = remind(context, schedule="0 9 * * 1-5")

    assert said["when"] == "weekdays at 09:00, Asia/Tokyo"
    assert [(due["local"][-5:], due["utc"][11:]) for due in said["next"]] == [("09:00", "00:00:00+00:00")] * 3


def test_the_delays_and_texts_that_models_leave_empty_are_none(context: ToolContext) -> None:
    said = remind(context, delay_minutes=10, delay_seconds=0, delay_hours=0, run_at="", schedule="", time_zone="", workflow="", agent="")

    due = Task.objects.get(pk=said["task"]).run_at
    assert due
    assert timedelta(minutes=9) < due - timezone.now() <= timedelta(minutes=10)


def test_the_same_again_is_the_same_task(context: ToolContext) -> None:
    first, again = (remind(context, schedule="daily@09:00") for _ in range(2))

    another = remind(context, schedule="daily@09:00", allow_duplicates=True)

    assert again["task"] == first["task"] != another["task"]
    assert "was scheduled already" in again["done"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"run_at": "2030-01-01T09:00:00"}, "timestamp must include an explicit timezone offset"),
        ({"run_at": "2030-01-01T09:00:00Z", "delay_minutes": 5}, "provide either run_at or delay inputs, not both"),
        ({"delay_minutes": -1}, "delay inputs must be zero or positive"),
        ({"run_at": "2020-01-01T09:00:00Z"}, "in the past"),
        ({"schedule": "61 9 * * *"}, "minutes go from 0 to 59"),
        ({"schedule": "every 5 seconds"}, "too often"),
        ({"schedule": "daily@09:00", "time_zone": "Atlantis"}, "not a time zone"),
        ({"text": " "}, "Say what to remind you of"),
    ],
)
def test_a_refusal_is_a_sentence_that_a_model_can_act_on(context: ToolContext, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises((RefusedError, ToolError), match=sentence):
        remind(context, **fields)


def test_a_workflow_is_scheduled_by_its_name_with_its_inputs(owner: User, context: ToolContext) -> None:
    make_workflow({"key": "write", "prompt": "{{ input.topic }}"}, owner=owner, name="Essay", inputs=[{"name": "topic"}])

    said = tools.schedule_task(context, mode="run_workflow", workflow="essay", inputs={"topic": "tea"}, schedule="weekly@1@09:00")

    assert (said["title"], said["workflow"], said["when"]) == ("Essay", "Essay", "Mondays at 09:00, UTC")


def test_what_is_scheduled_is_listed_in_order_with_numbers(context: ToolContext) -> None:
    remind(context, "later", delay_minutes=60)
    remind(context, "sooner")

    assert [(row["number"], row["title"]) for row in tools.list_tasks(context)] == [(1, "sooner"), (2, "later")]


def test_a_number_means_the_same_when_only_this_conversation_is_listed(owner: User, context: ToolContext) -> None:
    elsewhere = make_run(make_conversation(owner), status=RunStatus.RUNNING, agent=make_agent())
    remind(context_in(elsewhere), "elsewhere", delay_minutes=1)
    remind(context)

    assert [(row["number"], row["title"]) for row in tools.list_tasks(context, here=True)] == [(2, "stretch")]


def test_what_is_over_is_listed_when_asked_for(context: ToolContext) -> None:
    tools.cancel_task(context, remind(context)["task"])

    assert tools.list_tasks(context) == []
    assert [row["status"] for row in tools.list_tasks(context, status="all")] == ["cancelled"]


def test_a_list_costs_the_same_however_long_it_is(context: ToolContext, django_assert_max_num_queries: Any) -> None:
    for number in range(8):
        remind(context, f"no. {number}", schedule="daily@09:00")

    with django_assert_max_num_queries(5):
        tools.list_tasks(context)


@pytest.mark.parametrize("reference", ["2", "#2", "call Ann", "call ann"])
def test_a_task_is_found_by_number_and_title(context: ToolContext, reference: str) -> None:
    remind(context)
    wanted = remind(context, "call Ann", delay_minutes=60)

    assert tools.get_task(context, reference)["task"] == wanted["task"]


def test_a_change_keeps_what_it_does_not_name(context: ToolContext) -> None:
    made = remind(context, schedule="daily@09:00", time_zone="Europe/Berlin")

    changed = tools.update_task(context, made["task"], schedule="daily@10:00")

    assert (changed["title"], changed["when"]) == ("stretch", "every day at 10:00, Europe/Berlin")


def test_pausing_and_resuming_is_a_change(context: ToolContext) -> None:
    made = remind(context, schedule="daily@09:00")

    paused = tools.update_task(context, made["task"], enabled=False)
    resumed = tools.update_task(context, made["task"], enabled=True)

    assert "paused it" in paused["paused"]
    assert (paused["next"], len(resumed["next"]), "paused" in resumed) == ([], 3, False)


def test_a_change_is_not_a_way_around_the_least_interval(context: ToolContext) -> None:
    made = remind(context, schedule="daily@09:00")

    with pytest.raises(InvalidError, match="too often"):
        tools.update_task(context, made["task"], schedule="every 1 second")


def test_what_has_ended_is_not_changed_and_the_status_is_told(context: ToolContext) -> None:
    made = remind(context)
    tools.cancel_task(context, made["task"])

    for call in (tools.cancel_task, tools.run_task):
        with pytest.raises(NotAllowedError, match="cancelled"):
            call(context, made["task"])
    with pytest.raises(NotAllowedError, match="cancelled"):
        tools.update_task(context, made["task"], text="x")


def test_a_strangers_task_is_not_there(context: ToolContext) -> None:
    theirs = remind(context_in(make_run(make_conversation(), status=RunStatus.RUNNING, agent=make_agent())))

    for call in (tools.get_task, tools.cancel_task, tools.run_task):
        with pytest.raises(MissingError):
            call(context, theirs["task"])


def test_agents_schedule_only_so_much(context: ToolContext) -> None:
    for number in range(quotas.MOST_OF_AGENTS):
        remind(context, f"no. {number}")

    with pytest.raises(NotAllowedError, match="ask the person which of them to cancel"):
        remind(context, "one too many")


def test_a_scheduled_run_schedules_nothing_and_starts_nothing(run: Run, context: ToolContext) -> None:
    made = remind(context, schedule="daily@09:00")
    Run.objects.filter(pk=run.pk).update(task_id=made["task"])

    with pytest.raises(NotAllowedError, match="scheduled runs schedule nothing more"):
        remind(context, "more")
    with pytest.raises(NotAllowedError):
        tools.update_task(context, made["task"], text="worse")
    with pytest.raises(NotAllowedError):
        tools.run_task(context, made["task"])


def test_a_scheduled_run_may_stop_what_it_works_for(run: Run, context: ToolContext) -> None:
    made = remind(context, schedule="daily@09:00")
    Task.objects.update(active_run=run)
    Run.objects.filter(pk=run.pk).update(task_id=made["task"])

    with pytest.raises(ToolError, match="pause it with update_task"):
        tools.cancel_task(context, made["task"])
    assert tools.update_task(context, made["task"], enabled=False)["next"] == []


def test_a_scheduled_run_may_schedule_where_its_policy_says_so(agent: Agent, run: Run, context: ToolContext) -> None:
    Agent.objects.filter(pk=agent.pk).update(tool_policy={"schedule_task": "allow"})
    Run.objects.filter(pk=run.pk).update(task_id=run.pk)

    assert remind(context)["done"] == "scheduled"


def test_in_a_scheduled_workflow_the_policy_of_the_steps_agent_counts(owner: User) -> None:
    planner = make_agent(owner=owner, tool_policy={"schedule_task": "allow"})
    run = make_run(make_conversation(owner), status=RunStatus.RUNNING, lane="run")
    Run.objects.filter(pk=run.pk).update(task_id=run.pk)
    context = ToolContext(owner.pk, run.conversation_id, run.pk, run.pk, "key", planner.pk)

    assert remind(context)["done"] == "scheduled"
    assert Run.objects.get(pk=run.pk).agent is None


def test_a_weak_agent_gives_no_work_to_a_stronger_one(owner: User, agent: Agent) -> None:
    weak = make_agent(owner=owner, name="weak", tools=["schedule_task"])
    context = context_in(make_run(make_conversation(owner, agent_id=agent.pk), status=RunStatus.RUNNING, agent=weak))

    with pytest.raises(ToolError, match="may do more than you"):
        tools.schedule_task(context, mode="prompt_agent", text="delete everything", delay_minutes=1)
    assert tools.schedule_task(context, mode="prompt_agent", text="look again", delay_minutes=1, agent="weak")["done"] == "scheduled"


def test_all_six_are_there() -> None:
    names = {"schedule_task", "list_tasks", "get_task", "update_task", "cancel_task", "run_task"}

    assert {name for name, tool in load().items() if name in names and (tool.atomic or tool.effect == "read")} == names


def test_a_cancelled_task_says_what_it_was(context: ToolContext) -> None:
    made = remind(context)

    said = tools.cancel_task(context, "1")

    assert (said["done"], said["title"], said["status"]) == ("cancelled", "stretch", TaskStatus.CANCELLED)
    assert Task.objects.get(pk=made["task"]).next_due_at is None
