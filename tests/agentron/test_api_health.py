"""Whether it says that it works only when it does."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from workflows.models import Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def beating() -> None:
    Heartbeat.beat("worker", "host:1")
    Heartbeat.beat("clock", "host:2")


def test_it_is_alive_without_asking_who_wants_to_know(client: Client) -> None:
    assert client.get("/api/health/live").json() == {"status": "ok"}


def test_it_is_ready_with_a_worker_and_a_clock(client: Client, beating: None) -> None:
    assert client.get("/api/health/ready").status_code == 200


@pytest.mark.parametrize(("kind", "seconds", "word"), [("worker", 16, "worker"), ("clock", 61, "clock")])
def test_it_is_not_ready_without(client: Client, beating: None, kind: str, seconds: int, word: str) -> None:
    Heartbeat.objects.filter(kind=kind).update(at=timezone.now() - timedelta(seconds=seconds))

    response = client.get("/api/health/ready")

    assert response.status_code == 503
    assert [word in reason for reason in response.json()["reasons"]] == [True]


def test_it_is_not_ready_without_a_database(client: Client) -> None:
    with patch("workflows.models.Heartbeat.objects.filter", side_effect=OperationalError("gone")):
        assert "database" in client.get("/api/health/ready").json()["reasons"][0]
