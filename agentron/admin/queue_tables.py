"""django-q2's tables, to read: the queue, its chores, and what became of its jobs."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from chat.admin_base import SuperuserOnlyAdmin

# What each table of the queue shows. Arguments, results and payloads are pickles: to show them is to load them, and
# to load them is to run whatever is inside.
SHOWN = {
    "OrmQ": ["id", "key", "lock"],
    "Task": ["name", "func", "group", "cluster", "started", "stopped", "success", "attempt_count"],
    "Success": ["name", "func", "group", "cluster", "started", "stopped", "attempt_count"],
    "Failure": ["name", "func", "group", "cluster", "started", "stopped", "attempt_count"],
    "Schedule": ["name", "func", "schedule_type", "minutes", "cron", "next_run", "repeats", "cluster"],
}
# What a list shows where that reads better.
LISTED = {"Schedule": ["name", "how_often", "next_run", "func"]}
NAMES = {
    "OrmQ": ("ticket", "tickets"),
    "Task": ("job", "jobs"),
    "Success": ("finished job", "finished jobs"),
    "Failure": ("failed job", "failed jobs"),
    "Schedule": ("chore", "chores"),
}
EMPTY = {
    "OrmQ": "A ticket says only that there may be runs to drive; it is gone as soon as a worker takes it.",
    "Failure": "No job has failed. Runs that fail are told on the overview; these are the jobs underneath and the chores.",
    "Schedule": "The chores are gone: `agentron migrate` brings them back.",
}
OTHERWISE = "What jobs have done is kept here for a while."


class QueueAdmin(SuperuserOnlyAdmin[Model]):
    """A table of django-q2's; only the columns shown are ever read."""

    sortable_by = ()

    @property
    def called(self) -> tuple[str, str]:  # type: ignore[override]
        return NAMES[self.model.__name__]

    def name_of(self, row: Any) -> str:
        return str(getattr(row, "name", None) or row)

    @admin.display(description="How often")
    def how_often(self, row: Any) -> str:
        return f"every {row.minutes} min" if row.minutes else str(row.cron or row.get_schedule_type_display().lower())

    @property
    def empty_text(self) -> str:  # type: ignore[override]
        return EMPTY.get(self.model.__name__, OTHERWISE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return super().get_queryset(request).only(*self.columns())

    def columns(self) -> list[str]:
        return SHOWN[self.model.__name__]

    def get_list_display(self, request: HttpRequest) -> Any:
        return LISTED.get(self.model.__name__, self.columns())

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.columns()


for name in SHOWN:
    model = apps.get_model("django_q", name)
    if admin.site.is_registered(model):
        admin.site.unregister(model)
    admin.site.register(model, QueueAdmin)
