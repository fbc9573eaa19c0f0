"""A month at a glance."""

import re
from datetime import date, timedelta

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from chat.http.auth import person
from chat.live import live
from chat.models import Profile
from tasks.views.calendar import MOST_TASKS, sheet
from tasks.views.rows import label

# Beyond these nobody plans, and dates have an end.
FIRST_YEAR, LAST_YEAR = 2000, 2199
MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
# Marks that a day of the sheet has room for.
ROOM = 3
# And the list of a day.
MOST_LISTED = 40


@login_required
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """What fired, what did not and what is coming in a month; `?m=2026-11`, else this one."""
    month = chosen(request.GET.get("m", "").strip())
    user = person(request)
    whole = sheet(user, month, Profile.of(user).zone(), timezone.now())
    cells = whole.cells
    context = {
        "month": month,
        "weeks": [cells[start : start + 7] for start in range(0, len(cells), 7)],
        "agenda": [{"cell": cell, "label": label(cell.day)} for cell in cells if cell.marks and cell.inside],
        "today": timezone.localdate(),
        "whole": whole,
        "most": MOST_TASKS,
        "a_day": f":{MOST_LISTED}",
        "room": f":{ROOM}",
        "rest": f"{ROOM}:",
        "before": link(month - timedelta(days=1)),
        "after": link(month + timedelta(days=32)),
        "every": "15s",
    }
    return live(request, "tasks/month.html", "tasks/parts/month.html", context)


def chosen(text: str) -> date:
    """The first day of the month that is meant."""
    if not text:
        return timezone.localdate().replace(day=1)
    match = MONTH.fullmatch(text)
    if not match or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        raise BadRequest("A month is written as 2026-11.")
    return date(int(match[1]), int(match[2]), 1)


def link(day: date) -> str:
    """The address of a day's month; empty where pages end."""
    return f"{reverse('task-month')}?m={day:%Y-%m}" if FIRST_YEAR <= day.year <= LAST_YEAR else ""
