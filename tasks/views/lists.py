"""The page Scheduled: what is coming, in order; and the same list for other eyes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET

from chat.http.auth import person
from chat.http.rows import CURSOR, Paging, page
from chat.live import live
from tasks.models import ENDED, Task, TaskStatus
from tasks.models.task import TaskQuerySet
from tasks.views.rows import by_day, lined, lines

PAGE_SIZE = 30
# What is at work and what is paused stand around the list; nobody reads more of them there.
MOST_AROUND = 10
LONGEST_SEARCH = 200
# Sentences that a first visitor can take over; each is understood as it stands.
EXAMPLES = (
    ("bell", "A reminder", "in 2 hours remind me to call the garage"),
    ("sparkles", "A question, again and again", "every weekday at 9 tell me what happened in the news"),
    ("calendar-days", "Something once a week", "every Monday at 8:30 remind me to send the weekly report"),
)

Narrow = Callable[[TaskQuerySet], TaskQuerySet]


@dataclass(frozen=True)
class View:
    """One way to look at one's tasks: which, and in which order. `down`: the latest first."""

    label: str
    narrow: Narrow
    field: str
    down: bool


def coming(rows: TaskQuerySet) -> TaskQuerySet:
    """Those that have a next time."""
    return rows.filter(status=TaskStatus.PENDING, enabled=True, next_due_at__isnull=False)


def recurring(rows: TaskQuerySet) -> TaskQuerySet:
    """Those that have one again and again."""
    return coming(rows).filter(~Q(schedule="") | Q(continuous=True))


def going(rows: TaskQuerySet) -> TaskQuerySet:
    """Those at work, or about to be: they have no time to come."""
    return rows.live().filter(enabled=True, next_due_at__isnull=True)


def paused(rows: TaskQuerySet) -> TaskQuerySet:
    """Those that wait until somebody lets them go on."""
    return rows.filter(status=TaskStatus.PENDING, enabled=False)


VIEWS = {
    "": View("Coming", coming, "next_due_at", down=False),
    "recurring": View("Recurring", recurring, "next_due_at", down=False),
    "paused": View("Paused", paused, "updated_at", down=True),
    "ended": View("Ended", lambda rows: rows.filter(status__in=ENDED), "ended_at", down=True),
    "all": View("All", lambda rows: rows, "created_at", down=True),
}


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """This person's tasks; `?show=` chooses among them, `?q=` looks into titles and texts, `?from=` leafs."""
    show, words, place = (request.GET.get(name, "").strip() for name in ("show", "q", "from"))
    if show not in VIEWS or (place and not re.fullmatch(CURSOR, place)):
        raise BadRequest("No such list, or no such place in it.")
    words = words[:LONGEST_SEARCH].replace("\0", "")
    mine = searched(Task.objects.of(person(request)), words)
    view = VIEWS[show]
    paging = Paging(limit=PAGE_SIZE, before=place or None if view.down else None, after=None if view.down else place or None)
    found, onward = page(lined(view.narrow(mine)), paging, view.field, newest_first=view.down)
    context = {
        **listed(found, mine, show, place),
        "show": show,
        "q": words,
        "tabs": [{"label": one.label, "address": link(name, words), "current": name == show} for name, one in VIEWS.items()],
        "onward": link(show, words, onward) if onward else "",
        "start": link(show, words) if place else "",
        "examples": EXAMPLES,
        "every": "4s",
    }
    return live(request, "tasks/list.html", "tasks/parts/list.html", context)


def listed(found: list[Task], mine: TaskQuerySet, show: str, place: str) -> dict[str, Any]:
    """What the list shows: by days where times are to come, with what is at work before it and what is paused behind it."""
    shown = lines(found)
    if VIEWS[show].down:
        return {"flat": shown, "is_empty": not shown}
    around = not show and not place
    at_work = lines(lined(going(mine)).order_by("-updated_at", "-pk")[:MOST_AROUND]) if around else []
    waiting = lines(lined(paused(mine)).order_by("-updated_at", "-pk")[: MOST_AROUND + 1]) if around else []
    return {
        "days": by_day(shown),
        "going": at_work,
        "paused": waiting[:MOST_AROUND],
        "more_paused": len(waiting) > MOST_AROUND,
        "is_empty": not (shown or at_work or waiting),
    }


def searched(rows: TaskQuerySet, words: str) -> TaskQuerySet:
    """Those with `words` in what they are called or say; without words all."""
    return rows.filter(Q(title__icontains=words) | Q(text__icontains=words)) if words else rows


def link(show: str, words: str, place: str = "") -> str:
    """The address of a part of the list."""
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in (("show", show), ("q", words), ("from", place)) if value})
    return f"{reverse('scheduled')}?{query.urlencode()}" if query else reverse("scheduled")
