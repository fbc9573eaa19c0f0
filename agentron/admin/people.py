"""People and their rights."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from chat.admin_base import BaseAdmin, badge
from chat.models import Profile

if TYPE_CHECKING:
    from django.contrib.admin import StackedInline
else:
    from unfold.admin import StackedInline

admin.site.unregister([User, Group])

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


def rights_field(field: ModelMultipleChoiceField[Any] | None) -> ModelMultipleChoiceField[Any] | None:
    """A choice of rights with those alone that a page of the admin asks for, each in a word or two."""
    if field is None or field.queryset is None or field.queryset.model is not Permission:
        return field
    rights = Permission.objects.filter(content_type__app_label__in=("auth", "chat", "tasks", "workflows")).select_related("content_type")
    field.queryset = rights.order_by("content_type__app_label", "content_type__model", "codename")
    field.label_from_instance = short_name  # type: ignore[method-assign, assignment]
    return field


def short_name(right: Permission) -> str:
    """A right as “Run: view”."""
    return f"{capfirst(right.content_type.name)}: {right.codename.partition('_')[0]}"


class ProfileInline(StackedInline[Profile, User] if TYPE_CHECKING else StackedInline):  # type: ignore[misc]
    """A person's settings, beside their account."""

    model = Profile
    can_delete = False


@admin.register(User)
class PersonAdmin(UserAdmin[User], BaseAdmin[User]):
    """Who may sign in. An account is switched off rather than deleted: its conversations and runs belong to it."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "role", "is_active", "last_login", "date_joined"]
    list_filter = ["is_active", "is_staff", "is_superuser", "groups"]
    readonly_fields = ["last_login", "date_joined"]
    actions: list[Any] = []
    fieldsets = (
        (None, {"fields": ("username", "password", "email", ("first_name", "last_name"))}),
        ("Rights", {"fields": ("is_active", *RIGHTS)}),
        ("Dates", {"fields": (("last_login", "date_joined"),)}),
    )

    @admin.display(description="Role")
    def role(self, row: User) -> SafeString:
        if row.is_superuser:
            return badge("ok", "Superuser")
        return badge("running", "Staff") if row.is_staff else badge("queued", "Person")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        return [ProfileInline] if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Only a superuser gives rights: whoever else may change accounts cannot give themselves more."""
        given = [] if request.user.is_superuser else RIGHTS
        return [*super().get_readonly_fields(request, obj), *given]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return rights_field(super().formfield_for_manytomany(db_field, request, **kwargs))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(Group)
class RightsAdmin(GroupAdmin, BaseAdmin[Group]):
    """Rights in bundles; only a superuser ties them, as in PersonAdmin."""

    empty_text = "A group bundles rights, so that they can be given to several people at once."

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        return rights_field(super().formfield_for_manytomany(db_field, request, **kwargs))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)
