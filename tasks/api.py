"""Tasks over HTTP: made, shown, changed, run, paused, stopped, deleted; and what a schedule would mean."""

from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from chat.http.auth import person
from chat.http.idempotency import PARAMETER, idempotent
from chat.http.rows import Paging, page
from chat.models import Message, Profile
from tasks import planning, reading
from tasks.models import Task, TaskStatus
from tasks.schemas import DueOut, OccurrenceOut, Occurrences, Preview, TaskChange, TaskIn, TaskOut, TaskPut, Tasks
from workflows import schedules
from workflows.errors import InvalidError, RefusedError

router = Router(tags=["tasks"])


class Chosen(Schema):
    """Which tasks are wanted."""

    status: TaskStatus | None = None
    conversation: UUID | None = Field(None, description="Only those that work in this conversation.")


class Previewed(Schema):
    """A schedule to look at."""

    schedule: str = Field(max_length=1000, description="Such as daily@09:00, every 2 hours or 0 9 * * 1-5.")
    tz: str = Field("", max_length=64, description="An IANA time zone; without one, your own.")
    n: int = Field(5, ge=1, le=100, description="How many of its next times.")


def own(request: HttpRequest, task_id: UUID) -> Task:
    """The caller's task, or MissingError."""
    return reading.own_task(person(request), task_id)


def shown(request: HttpRequest, task: Task) -> TaskOut:
    """A task that a verb has just changed, as it stands."""
    return TaskOut.of(own(request, task.pk))


@router.get("/tasks", response=Tasks)
def list_tasks(request: HttpRequest, paging: Query[Paging], chosen: Query[Chosen]) -> Tasks:
    """Your tasks, the newest first."""
    rows = reading.listed(person(request))
    if chosen.status:
        rows = rows.filter(status=chosen.status)
    if chosen.conversation:
        rows = rows.filter(conversation=chosen.conversation)
    found, onward = page(rows, paging, "created_at")
    return Tasks(items=[TaskOut.of(task) for task in found], next=onward)


@router.post("/tasks", response={201: TaskOut, 200: TaskOut}, openapi_extra=PARAMETER)
@idempotent(201)
def create_task(request: HttpRequest, body: TaskIn) -> TaskOut | Status[TaskOut]:
    """Make a task. The very same one, while it is pending or at work, is not made twice: 200 shows the one that is there."""
    try:
        added = planning.add(body, owner=person(request), by=person(request), via=Message.Via.API)
    except RefusedError as exc:
        exc.fields = {"conversation_id" if name == "conversation" else name: text for name, text in exc.fields.items()}
        raise
    found = shown(request, added.task)
    return found if added.created else Status(200, found)


@router.get("/tasks/preview", response=Preview)
def preview_schedule(request: HttpRequest, wanted: Query[Previewed]) -> Preview:
    """What a schedule means, and when it would be due next. Nothing is scheduled by this."""
    schedule = schedules.parse(wanted.schedule)
    try:
        zone = schedules.zone_of(wanted.tz) if wanted.tz else Profile.of(person(request)).zone()
    except InvalidError as exc:
        raise InvalidError(str(exc), fields={"tz": str(exc)}) from exc
    coming = schedules.upcoming(schedule, timezone.now(), zone, wanted.n)
    return Preview(description=schedules.describe(schedule, zone), time_zone=zone.key, next=[DueOut.of(due) for due in coming])


@router.get("/tasks/{task_id}", response=TaskOut)
def show_task(request: HttpRequest, task_id: UUID) -> TaskOut:
    """One task."""
    return TaskOut.of(own(request, task_id))


@router.put("/tasks/{task_id}", response=TaskOut)
def put_task(request: HttpRequest, task_id: UUID, body: TaskPut) -> TaskOut:
    """Change a pending task, by itself as it was shown or by the fields that are to be different."""
    task = own(request, task_id)
    return shown(request, planning.update(task, body.changes(TaskOut.of(task)), by=person(request)))


@router.patch("/tasks/{task_id}", response=TaskOut)
def change_task(request: HttpRequest, task_id: UUID, body: TaskChange) -> TaskOut:
    """Change what is given of a pending task, and leave the rest."""
    return shown(request, planning.update(own(request, task_id), body, by=person(request)))


@router.delete("/tasks/{task_id}", response={204: None})
def delete_task(request: HttpRequest, task_id: UUID) -> Status[None]:
    """Delete a task with its history; refused while it is at work."""
    planning.delete(own(request, task_id), by=person(request))
    return Status(204, None)


@router.post("/tasks/{task_id}/cancel", response=TaskOut, openapi_extra=PARAMETER)
@idempotent(200)
def cancel_task(request: HttpRequest, task_id: UUID) -> TaskOut:
    """End a task for good, and stop what of it is at work."""
    return shown(request, planning.cancel(own(request, task_id), by=person(request)))


@router.post("/tasks/{task_id}/run", response=TaskOut, openapi_extra=PARAMETER)
@idempotent(200)
def run_task(request: HttpRequest, task_id: UUID) -> TaskOut:
    """Let a pending task happen now; one that recurs keeps its times."""
    return shown(request, planning.run_now(own(request, task_id), by=person(request)))


@router.post("/tasks/{task_id}/pause", response=TaskOut, openapi_extra=PARAMETER)
@idempotent(200)
def pause_task(request: HttpRequest, task_id: UUID) -> TaskOut:
    """Let it have no due times until it is resumed; what is at work goes on."""
    return shown(request, planning.pause(own(request, task_id), by=person(request)))


@router.post("/tasks/{task_id}/resume", response=TaskOut, openapi_extra=PARAMETER)
@idempotent(200)
def resume_task(request: HttpRequest, task_id: UUID) -> TaskOut:
    """Let a paused task go on with its next due time."""
    return shown(request, planning.resume(own(request, task_id), by=person(request)))


@router.get("/tasks/{task_id}/occurrences", response=Occurrences)
def list_occurrences(request: HttpRequest, task_id: UUID, paging: Query[Paging]) -> Occurrences:
    """Every due time that has come, and what became of it, the newest first."""
    found, onward = page(own(request, task_id).occurrences.all(), paging, "due_at")
    return Occurrences(items=[OccurrenceOut.of(row) for row in found], next=onward)
