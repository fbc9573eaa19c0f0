"""What a button does with a task: each is a verb of planning, and the page is told what came of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from chat.http.auth import person
from chat.live import refused, told
from tasks import planning
from tasks.models import Task
from tasks.reading import own_task
from workflows.errors import MissingError, RefusedError


def found(user: User, pk: UUID) -> Task:
    """A task of `user`'s; anybody else's is as missing as one that never was."""
    try:
        return own_task(user, pk)
    except MissingError as exc:
        raise Http404(str(exc)) from exc


def done(request: HttpRequest, pk: UUID, verb: Callable[..., Any], sentence: str) -> HttpResponse:
    """Do what a button says, and say so; or why not."""
    task = found(person(request), pk)
    try:
        verb(task, by=person(request))
    except RefusedError as exc:
        return refused(exc)
    return told(sentence.format(task.title))


@login_required
@require_POST
def pause(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let it have no due times for now."""
    return done(request, pk, planning.pause, "“{}” is paused.")


@login_required
@require_POST
def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let it go on."""
    return done(request, pk, planning.resume, "“{}” goes on.")


@login_required
@require_POST
def run_now(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let it happen now."""
    return done(request, pk, planning.run_now, "“{}” starts now.")


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End it."""
    return done(request, pk, planning.cancel, "“{}” is cancelled.")


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete it with its history; what it has said stays."""
    task = found(person(request), pk)
    try:
        planning.delete(task, by=person(request))
    except RefusedError as exc:
        messages.error(request, str(exc))
        return redirect("task", pk)
    messages.success(request, f"“{task.title}” is deleted.")
    return redirect("scheduled")
