"""The head of a cluster, without its processes; tests/faults has them."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django import db
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ

from chat import hints
from workflows import cluster, queue
from workflows.cluster import Head, PatientBroker
from workflows.models import Heartbeat

pytestmark = pytest.mark.django_db

IDLE, BUSY = -1.0, 60.0


class GaveUp(Exception):  # noqa: N818 - an event, not an error
    """Stands for the end of the group."""


def make_process(*, alive: bool = True, timer: float = IDLE) -> Any:
    """A member as the head sees it."""
    return SimpleNamespace(pid=1, is_alive=lambda: alive, timer=SimpleNamespace(get_obj=lambda: SimpleNamespace(value=timer)))


@pytest.fixture
def head(monkeypatch: pytest.MonkeyPatch) -> Head:
    """A head over a worker, a monitor and a pusher that are well."""

    def give_up(reason: str) -> None:
        raise GaveUp(reason)

    found = object.__new__(Head)
    found.cluster, found.stalled, found.busy_since = "runs", False, None
    found.pool, found.monitor, found.pusher = [make_process()], make_process(), make_process()
    monkeypatch.setattr(found, "give_up", give_up)
    return found


def make_ticket(*, age: float) -> None:
    OrmQ.objects.create(key="runs", payload="", lock=timezone.now() - timedelta(seconds=age))


@pytest.mark.parametrize("member", ["pool", "monitor", "pusher"])
def test_a_dead_member_ends_the_group(head: Head, member: str) -> None:
    dead = make_process(alive=False)
    setattr(head, member, [dead] if member == "pool" else dead)

    with pytest.raises(GaveUp, match="died"):
        head.check_members()


def test_a_busy_worker_hands_back_when_another_member_dies_and_the_death_stays_told(head: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    head.pool, head.pusher = [make_process(timer=5)], make_process(alive=False)
    told: list[bool] = []
    monkeypatch.setattr(head, "stop", lambda *, in_order=True: told.append(in_order))

    head.check_members()

    assert told == [False]
    assert queue.is_dead(Heartbeat.objects.get().details["process"]) is False


def test_a_healthy_group_goes_on(head: Head) -> None:
    head.check_members()
    head.look()
    head.look()


def test_a_ticket_that_an_idle_worker_does_not_take_ends_the_group(head: Head) -> None:
    make_ticket(age=5)
    head.look()

    with pytest.raises(GaveUp, match="does not take its tickets"):
        head.look()


def test_a_fresh_ticket_is_no_stall(head: Head) -> None:
    make_ticket(age=1)

    head.look()
    head.look()


def test_a_ticket_may_wait_while_the_worker_is_busy(head: Head) -> None:
    make_ticket(age=60)
    head.pool = [make_process(timer=BUSY)]

    head.look()
    head.look()


def test_a_job_that_outlives_its_time_ends_the_group(head: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conf, "TIMEOUT", 600)
    head.pool = [make_process(timer=BUSY)]
    head.check_members()
    assert head.busy_since is not None
    head.busy_since -= 700

    with pytest.raises(GaveUp, match="took longer than 600 s"):
        head.check_members()


def test_the_runs_cluster_shows_that_a_worker_lives(head: Head) -> None:
    head.look()

    assert Heartbeat.objects.get().kind == Heartbeat.Kind.WORKER


def test_the_chores_cluster_is_no_worker(head: Head) -> None:
    head.cluster = "chores"

    head.look()

    assert not Heartbeat.objects.exists()


def test_the_head_outlives_a_database_that_is_away(head: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise db.OperationalError("server closed the connection unexpectedly")

    waits: list[db.Error] = []
    monkeypatch.setattr(Heartbeat, "beat", away)
    monkeypatch.setattr(cluster, "wait_for_database", waits.append)

    head.look()

    assert len(waits) == 1


def test_the_pusher_outlives_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise db.OperationalError("database is locked")

    monkeypatch.setattr(ORM, "dequeue", away)
    monkeypatch.setattr(cluster, "wait_for_database", lambda _: None)

    assert PatientBroker("chores").dequeue() is None


def test_the_pusher_of_the_runs_waits_for_a_hint_when_there_is_no_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[tuple[str, float]] = []
    monkeypatch.setattr(hints, "listen", lambda kind: SimpleNamespace(wait=lambda seconds: waits.append((kind, seconds))))
    broker = PatientBroker("runs")
    make_ticket(age=1)

    assert broker.dequeue()
    assert not waits
    assert not broker.dequeue()
    assert waits == [("work", cluster.NO_HINT_SECONDS)]


def test_each_cluster_gets_settings_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLUSTER_NAME", "SCHEDULER", "TIMEOUT", "RETRY", "POLL", "GUARD_CYCLE"):
        monkeypatch.setattr(Conf, name, getattr(Conf, name))

    cluster.configure("chores")

    assert (Conf.CLUSTER_NAME, Conf.SCHEDULER, Conf.TIMEOUT) == ("chores", True, 600)
