"""The lease: one telegram process works, the others wait."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from telegram_bridge import lease
from telegram_bridge.models import TelegramState

pytestmark = pytest.mark.django_db


def test_only_one_has_it() -> None:
    assert lease.take("here:1") is True
    assert lease.take("there:2") is False
    assert lease.take("here:1") is True


def test_it_can_be_taken_over_when_it_has_run_out() -> None:
    lease.take("here:1")
    TelegramState.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))

    assert lease.take("there:2") is True
    assert lease.take("here:1") is False


def test_who_ends_gives_it_back_and_nobody_elses() -> None:
    lease.take("here:1")

    lease.release("there:2")
    assert lease.take("there:2") is False
    lease.release("here:1")
    assert lease.take("there:2") is True


def test_nobody_waits_for_a_neighbour_that_is_dead() -> None:
    # No process has this number: it is beyond what the kernel gives out.
    dead = f"here:4194305@{lease.neighbourhood()}"
    lease.take(dead)

    assert lease.take(lease.me()) is True


@pytest.mark.parametrize(
    "holder",
    ["here:4194305@another boot", "here:4194305", "", f"here:{os.getpid()}@{lease.neighbourhood()}"],
    ids=["another boot", "no boot", "nobody", "myself"],
)
def test_of_others_nobody_knows_whether_they_are_dead(holder: str) -> None:
    assert lease.is_dead(holder) is False
