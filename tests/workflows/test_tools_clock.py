"""Telling the time."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from chat.models import Profile
from tests.factories import make_context, make_user
from workflows.builtin.clock import current_time, find_zone
from workflows.tools import ToolError


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" Europe / Berlin ", ""),
        ("America/New_York", "America/New_York"),
        ("america/new york", "America/New_York"),
        ("New York", "America/New_York"),
        ("new_york", "America/New_York"),
        ("Tokyo", "Asia/Tokyo"),
        ("TOKYO", "Asia/Tokyo"),
        ("São Paulo", ""),
        ("Sao Paulo", "America/Sao_Paulo"),
        ("Kolkata", "Asia/Kolkata"),
        ("Knox", "America/Indiana/Knox"),
        ("UTC", "UTC"),
        ("utc", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("Japan", "Japan"),
        ("../../etc/passwd", ""),
        ("\0", ""),
        ("🕐", ""),
    ],
)
def test_a_zone_is_found_by_its_name_or_its_city(text: str, name: str) -> None:
    if name:
        assert find_zone(text) == name
        return
    with pytest.raises(ToolError, match="is not a time zone"):
        find_zone(text)


@pytest.mark.parametrize(
    ("text", "near"),
    [("Berln", "Europe/Berlin"), ("Europe/Berln", "Europe/Berlin"), ("Tokio", "Asia/Tokyo"), ("São Paulo", "America/Sao_Paulo")],
)
def test_a_zone_that_is_not_there_brings_up_what_is_near(text: str, near: str) -> None:
    with pytest.raises(ToolError, match=f"Did you mean .*{near}"):
        find_zone(text)


def test_a_zone_with_nothing_near_brings_up_an_example() -> None:
    with pytest.raises(ToolError, match="such as Europe/Berlin"):
        find_zone("qqqqqq")


def test_the_time_has_its_offset_its_weekday_and_its_zone() -> None:
    said = current_time(make_context(), "Tokyo")

    found = re.fullmatch(r"(\S+) \((\w+), Asia/Tokyo\)", said)
    assert found
    at = datetime.fromisoformat(found[1])
    assert at.utcoffset() == timedelta(hours=9)
    assert found[2] == f"{at:%A}"
    assert abs(datetime.now(UTC) - at) < timedelta(seconds=5)


@pytest.mark.django_db
@pytest.mark.parametrize(("own", "used"), [("Asia/Tokyo", "Asia/Tokyo"), ("", "Europe/Paris"), ("Mars/Olympus", "Europe/Paris")])
def test_without_a_zone_it_is_the_persons_own_or_else_the_servers(settings: Settings, own: str, used: str) -> None:
    settings.TIME_ZONE = "Europe/Paris"
    person = make_user()
    Profile.objects.update_or_create(user=person, defaults={"time_zone": own})

    assert current_time(make_context(person)).endswith(f", {used})")


@pytest.mark.django_db
def test_a_person_without_a_profile_has_the_servers_zone(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Paris"
    person = make_user()
    Profile.objects.filter(user=person).delete()

    assert current_time(make_context(person), " ").endswith(", Europe/Paris)")
