"""The first page: what needs me, what runs, what comes next."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from agentron.health import WORKER_SECONDS
from chat import log
from chat.errors import RefusedError
from chat.http.auth import person
from chat.live import live
from chat.models import Message
from chat.views import EXAMPLES, empty_conversation
from tasks.models import Task
from tasks.views.lists import coming
from tasks.views.rows import lined
from tasks.views.rows import lines as task_lines
from workflows.lines import cards, lines, open_questions
from workflows.models import FINISHED, Heartbeat, Run, RunStatus

# More than these nobody takes in at a glance; the list of runs has the rest.
MOST_CARDS = 10
MOST_LINES = 20
MOST_RESULTS = 6
MOST_COMING = 5


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What this person would want to know first; it looks again by itself."""
    return live(request, "site/home.html", "site/parts/home.html", {**desk(person(request)), "examples": EXAMPLES, "every": "5s"})


def desk(user: User) -> dict[str, Any]:
    """Everything that the page shows, in a fixed number of queries."""
    mine = lines(Run.objects.of(user))
    due = Q(not_before=None) | Q(not_before__lte=timezone.now())
    asked = list(open_questions(user)[: MOST_CARDS + 1])
    going = list(mine.filter(Q(status=RunStatus.RUNNING) | Q(due, status=RunStatus.QUEUED)).order_by("-status", "queued_at")[:MOST_LINES])
    # What moved on since that was read would stand in two places.
    rest = mine.exclude(pk__in=[run.pk for run in going])
    return {
        "cards": cards(asked[:MOST_CARDS], brief=True),
        "more_cards": len(asked) > MOST_CARDS,
        "going": going,
        "coming": task_lines(lined(coming(Task.objects.of(user))).order_by("next_due_at", "pk")[:MOST_COMING]),
        "later": rest.filter(status=RunStatus.QUEUED, not_before__gt=timezone.now()).order_by("not_before")[:MOST_LINES],
        "results": rest.filter(status__in=FINISHED)[:MOST_RESULTS],
        "no_worker": not Heartbeat.objects.filter(kind=Heartbeat.Kind.WORKER).alive(WORKER_SECONDS).exists(),
    }


@login_required
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Say something in a new conversation, and go there."""
    conversation = empty_conversation(request)
    try:
        log.say(conversation, person(request), request.POST.get("text", ""), via=Message.Via.WEB)
    except RefusedError as exc:
        messages.error(request, str(exc))
        return redirect("home")
    return redirect("conversation", conversation.pk)
