"""Runs that lost workers: which of them are blamed, driven alone, and given up."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_agent, make_turn
from workflows import endings, engine, journal, queue
from workflows.models import Agent, Heartbeat, Run, RunStatus

pytestmark = pytest.mark.django_db(transaction=True)

HERE = f"{queue.machine()}:{os.getpid()}:here"
OTHER = f"{queue.machine()}:{os.getpid()}:other"
# No process id is that large.
DEAD = 2**30


@pytest.fixture(autouse=True)
def _assistant(transactional_db: None) -> Agent:
    return Agent.objects.filter(is_default=True).first() or make_agent(is_default=True)


def claim(worker: str = HERE, room: int = 100, *, busy: bool = False, alone: bool = False) -> list[Run]:
    return queue.claim(worker, room, busy=busy, alone=alone)


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_a_death_without_progress_counts() -> None:
    make_turn()
    [run] = claim()
    expire(run)

    engine.sweep()

    run.refresh_from_db()
    assert (run.status, run.deaths) == (RunStatus.QUEUED, 1)


def test_a_death_after_progress_does_not_count() -> None:
    make_turn()
    [run] = claim()
    journal.guard(run.pk, run.fence, progress=True)
    expire(run)

    engine.sweep()

    run.refresh_from_db()
    assert run.deaths == 0


def test_of_those_in_whose_company_a_worker_died_each_worker_takes_one_at_a_time() -> None:
    runs = [make_turn() for _ in range(3)]
    Run.objects.filter(pk__in=[run.pk for run in runs[:2]]).update(deaths=1)

    first = claim()
    assert {run.pk for run in first} == {runs[0].pk, runs[2].pk}
    assert claim(busy=True) == []

    journal.guard(runs[0].pk, 1, progress=True)

    assert [run.pk for run in claim(busy=True)] == [runs[1].pk]


def test_the_company_of_a_death_is_not_kept_waiting_for_a_slow_model() -> None:
    runs = [make_turn() for _ in range(9)]
    since = timezone.now() - timedelta(seconds=6.5)
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(deaths=1, not_before=since)

    first = claim()
    Run.objects.update(not_before=since - timedelta(seconds=1))

    assert len(first) == 4
    assert len(claim(busy=True)) == 4


def test_a_suspect_that_got_somewhere_is_none_any_more() -> None:
    run = make_turn()
    Run.objects.filter(pk=run.pk).update(deaths=2, not_before=timezone.now())
    [claimed] = claim(OTHER, alone=True)
    assert queue.on_trial(OTHER)

    journal.guard(run.pk, claimed.fence, progress=True)

    assert not queue.on_trial(OTHER)


def test_a_suspect_is_claimed_alone() -> None:
    suspect, other = make_turn(), make_turn()
    Run.objects.filter(pk=suspect.pk).update(deaths=2, not_before=timezone.now())

    assert [run.pk for run in claim()] == [other.pk]
    assert [run.pk for run in claim(OTHER, alone=True)] == [suspect.pk]


def test_a_suspect_that_nobody_takes_alone_is_claimed_by_an_idle_process() -> None:
    suspect, other = make_turn(), make_turn()
    Run.objects.filter(pk=suspect.pk).update(deaths=2, not_before=timezone.now() - timedelta(minutes=1))

    assert [run.pk for run in claim(busy=True)] == [other.pk]
    assert [run.pk for run in claim(OTHER)] == [suspect.pk]


def test_handing_back_is_no_death() -> None:
    make_turn()
    [run] = claim()

    endings.release(run.pk, run.fence)

    run.refresh_from_db()
    assert (run.status, run.deaths, run.leased_by) == (RunStatus.QUEUED, 0, "")


def lose(run: Run, deaths: int) -> Run:
    """Drive `run` alone, after so many deaths, in a process that dies of it."""
    Run.objects.filter(pk=run.pk).update(deaths=deaths, attempts=deaths, not_before=timezone.now())
    [claimed] = claim(f"{queue.machine()}:{DEAD}:a", alone=True)
    engine.sweep()
    claimed.refresh_from_db()
    return claimed


def beat(pid: int, minutes: int = 0) -> None:
    """The sign of life of a cluster, so long ago."""
    name = f"here:{Heartbeat.objects.count()}"
    Heartbeat.beat(Heartbeat.Kind.WORKER, name, cluster="runs", process=f"{queue.machine()}:{pid}:head")
    Heartbeat.objects.filter(pk=name).update(at=timezone.now() - timedelta(minutes=minutes))


def test_a_run_that_loses_two_workers_alone_is_given_up() -> None:
    for _ in range(4):
        beat(DEAD)
    assert (lose(make_turn(), 2).status, Run.objects.get().deaths) == (RunStatus.QUEUED, 3)

    run = lose(Run.objects.get(), 3)

    assert run.status == RunStatus.FAILED
    assert "Its worker died 4 times" in run.error


def test_while_somebody_kills_clusters_it_takes_more_to_give_a_run_up() -> None:
    for _ in range(13):
        beat(DEAD)

    assert lose(make_turn(), 3).status == RunStatus.QUEUED
    assert lose(Run.objects.get(), 10).status == RunStatus.QUEUED
    assert lose(Run.objects.get(), 11).status == RunStatus.FAILED


@pytest.mark.parametrize(("pid", "minutes"), [pytest.param(os.getpid(), 0, id="they live"), pytest.param(DEAD, 6, id="long ago")])
def test_what_tells_of_no_storm_makes_no_difference(pid: int, minutes: int) -> None:
    for _ in range(5):
        beat(pid, minutes)

    assert lose(make_turn(), 3).status == RunStatus.FAILED
