"""Who gets which run, and when nobody may write any more."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import DjangoAssertNumQueries, Settings

from chat.models import Message
from tests.factories import make_agent, make_conversation, make_turn, make_user, make_workflow, say, start_run
from workflows import engine, journal, queue
from workflows.errors import LostError
from workflows.models import Agent, Lane, Run, RunStatus

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _assistant(transactional_db: None) -> Agent:
    return Agent.objects.filter(is_default=True).first() or make_agent(is_default=True)


def claim(worker: str = "here:1:a", room: int = 100, *, busy: bool = False, alone: bool = False) -> list[Run]:
    return queue.claim(worker, room, busy=busy, alone=alone)


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_a_queued_run_has_a_ticket() -> None:
    make_turn()

    assert OrmQ.objects.filter(key="runs").count() == 1


def test_a_turn_is_claimed_in_few_statements(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    make_turn()

    # PostgreSQL takes a lock in which the caps are counted.
    with django_assert_max_num_queries(8 if connection.vendor == "postgresql" else 7):
        assert len(claim()) == 1


def test_one_free_ticket_is_enough() -> None:
    make_turn()
    make_turn()

    assert OrmQ.objects.filter(key="runs").count() == 1


def test_a_claim_raises_the_fence_and_takes_a_lease() -> None:
    run = make_turn()

    [claimed] = claim()

    assert (claimed.pk, claimed.fence, claimed.leased_by, claimed.status) == (run.pk, 1, "here:1:a", RunStatus.RUNNING)
    assert claimed.lease_expires_at
    assert claimed.lease_expires_at > timezone.now()


def test_a_claimed_run_is_not_claimed_again() -> None:
    make_turn()
    claim()

    assert claim("here:2:b") == []


def test_one_turn_of_a_conversation_runs_at_a_time() -> None:
    conversation = make_conversation()
    first, second = say(conversation, "one"), say(conversation, "two")

    assert [run.pk for run in claim()] == [first.run_id]
    assert claim() == []
    assert second.run_id
    assert Run.objects.get(pk=second.run_id).status == RunStatus.QUEUED


def test_the_cap_of_a_lane_holds(settings: Settings) -> None:
    settings.AGENTRON_MAX_TURNS = 2
    for _ in range(4):
        make_turn()

    assert len(claim()) == 2
    assert claim() == []


def test_a_parked_run_holds_no_place(settings: Settings) -> None:
    settings.AGENTRON_MAX_TURNS = 1
    make_turn()
    [parked] = claim()
    parked.move(RunStatus.WAITING_FOR_USER, leased_by="", lease_expires_at=None)
    other = make_turn()

    assert [run.pk for run in claim()] == [other.pk]


def test_owners_take_turns(settings: Settings) -> None:
    settings.AGENTRON_MAX_TURNS = 4
    busy, quiet = make_user(), make_user()
    for _ in range(10):
        make_turn(make_conversation(busy))
    last = make_turn(make_conversation(quiet))

    assert last.pk in [run.pk for run in claim()]


def test_workflow_runs_have_a_cap_of_their_own(settings: Settings) -> None:
    settings.AGENTRON_MAX_TURNS, settings.AGENTRON_MAX_RUNS = 1, 1
    for lane in (Lane.TURN, Lane.RUN, Lane.RUN):
        Run.objects.filter(pk=make_turn().pk).update(lane=lane)

    assert sorted(run.lane for run in claim()) == ["run", "turn"]


def test_a_run_that_is_not_due_waits() -> None:
    run = make_turn()
    Run.objects.filter(pk=run.pk).update(not_before=timezone.now() + timedelta(minutes=1))

    assert claim() == []


def test_a_late_worker_cannot_commit_after_its_lease() -> None:
    make_turn()
    [late] = claim()
    expire(late)
    engine.sweep()
    claim("here:2:b")

    with pytest.raises(LostError):
        journal.guard(late.pk, late.fence, progress=True)


def test_a_late_worker_cannot_commit_before_the_next_claim_either() -> None:
    make_turn()
    [late] = claim()
    expire(late)
    engine.sweep()

    with pytest.raises(LostError):
        journal.guard(late.pk, late.fence, progress=True)


def test_a_lease_that_lives_is_not_swept() -> None:
    make_turn()
    claim(f"elsewhere:1:{'a' * 6}")

    assert engine.sweep() == 0


def test_the_leases_of_a_dead_process_end_at_once() -> None:
    make_turn()
    claim(f"{queue.machine()}:4194999:abcdef")

    assert engine.sweep() == 1


def test_nobody_judges_the_processes_of_another_machine_of_the_same_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_turn()
    claim(f"{queue.machine()}:4194999:abcdef")
    (tmp_path / "boot_id").write_text("2b0c7f0e-of-the-other-machine\n")
    monkeypatch.setattr(queue, "BOOT", tmp_path / "boot_id")

    assert engine.sweep() == 0


def test_renewing_prolongs_only_what_is_driven() -> None:
    first, second = make_turn(), make_turn()
    claim()
    for run in (first, second):
        expire(run)

    queue.renew("here:1:a", [first.pk])

    assert [run.pk for run in Run.objects.expired()] == [second.pk]


def test_runs_that_wait_for_people_take_no_place(settings: Settings) -> None:
    settings.AGENTRON_MAX_RUNS = 1
    workflow = make_workflow({"key": "one"})
    for _ in range(20):
        parked = start_run(workflow)
        Run.objects.filter(pk=parked.pk).update(status=RunStatus.WAITING_FOR_USER)

    new = start_run(workflow)

    assert [run.pk for run in claim()] == [new.pk]


def test_a_run_that_kills_every_worker_is_given_up_and_says_so() -> None:
    run = make_turn()
    for nth in range(4):
        [claimed] = claim(alone=nth > 1)
        expire(claimed)
        engine.sweep()

    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert "died 4 times without any progress" in Message.objects.get(run_id=run.pk, kind="error").text


def test_a_cancelled_run_of_a_dead_worker_ends_with_the_sweep() -> None:
    make_turn()
    [run] = claim()
    engine.cancel(run, by=run.owner)
    expire(run)

    engine.sweep()

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED


def test_a_lost_ticket_is_replaced() -> None:
    make_turn()
    OrmQ.objects.all().delete()

    engine.sweep()

    assert OrmQ.objects.filter(key="runs").count() == 1


def test_the_load_is_told() -> None:
    make_turn()
    make_turn()
    claim(room=1)

    load = queue.load()

    assert (load["queued"], load["running"], load["waiting"]) == (1, 1, 0)
    assert load["oldest_queued_s"] >= 0
