"""The admin pages of other people's apps: people and rights, and django-q2's tables."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from chat.admin_base import BaseAdmin, SuperuserOnlyAdmin

# What each table of the queue shows. Arguments, results and payloads are pickles: to show them is to load them, and
# to load them is to run whatever is inside.
SHOWN = {
    "OrmQ": ["id", "key", "lock"],
    "Task": ["name", "func", "group", "cluster", "started", "stopped", "success", "attempt_count"],
    "Success": ["name", "func", "group", "cluster", "started", "stopped", "attempt_count"],
    "Failure": ["name", "func", "group", "cluster", "started", "stopped", "attempt_count"],
    "Schedule": ["name", "func", "schedule_type", "minutes", "cron", "next_run", "repeats", "cluster"],
}


class QueueAdmin(SuperuserOnlyAdmin[Model]):
    """A table of django-q2's; only the columns shown are ever read."""

    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return super().get_queryset(request).only(*self.columns())

    def columns(self) -> list[str]:
        return SHOWN[self.model.__name__]

    def get_list_display(self, request: HttpRequest) -> Any:
        return self.columns()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.columns()


for name in SHOWN:
    model = apps.get_model("django_q", name)
    if admin.site.is_registered(model):
        admin.site.unregister(model)
    admin.site.register(model, QueueAdmin)

admin.site.unregister([User, Group])


@admin.register(User)
class PersonAdmin(UserAdmin[User], BaseAdmin[User]):
    """Who may sign in."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    actions: list[Any] = []


@admin.register(Group)
class RightsAdmin(GroupAdmin, BaseAdmin[Group]):
    """Rights in bundles."""
