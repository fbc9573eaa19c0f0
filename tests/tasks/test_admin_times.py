"""Due times in the admin's lists: what is only seconds apart looks so."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tasks.admin.times import ahead, exact


@pytest.mark.parametrize(("second", "told"), [(0, "21 Nov 2026, 18:40"), (20, "21 Nov 2026, 18:40:20")])
def test_a_time_has_seconds_where_they_say_something(second: int, told: str) -> None:
    with timezone.override(UTC):
        assert exact(datetime(2026, 11, 21, 18, 40, second, tzinfo=UTC)) == told


@pytest.mark.parametrize(("seconds", "told"), [(-5, "now"), (4.9, "in 5 s"), (40, "in 40 s"), (7501, "in 2 h 5 min")])
def test_it_says_how_far_away_it_is(seconds: float, told: str) -> None:
    assert ahead(timezone.now() + timedelta(seconds=seconds)) == told
