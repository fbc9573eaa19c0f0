"""Who tried to sign in, and who is locked out for a while (django-axes' tables)."""

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from axes.utils import reset
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from chat.admin_base import SuperuserOnlyAdmin, badge
from chat.errors import ConflictError

admin.site.unregister([AccessAttempt, AccessFailureLog, AccessLog])


@admin.register(AccessAttempt)
class AttemptAdmin(SuperuserOnlyAdmin[AccessAttempt]):
    """Failed sign-ins that still count. What was posted is not shown."""

    called = ("sign-in attempt", "sign-in attempts")
    list_display = ["username", "ip_address", "state", "failures_since_start", "attempt_time", "browser"]
    fields = ["username", "ip_address", "failures_since_start", "attempt_time", "path_info", "user_agent", "buttons"]
    readonly_fields = ["buttons"]
    search_fields = ["username", "ip_address"]
    verbs = {"let_in": "Let in again"}
    actions = ["let_in_chosen"]
    empty_text = "Nobody has failed to sign in lately. Ten failures in a row lock a name out of its address for fifteen minutes."

    def name_of(self, row: AccessAttempt) -> str:
        return f"{row.username} from {row.ip_address}"

    @admin.display(description="State")
    def state(self, row: AccessAttempt) -> SafeString:
        return badge("failed", "Locked out") if row.failures_since_start >= settings.AXES_FAILURE_LIMIT else badge("warn", "Counting")

    @admin.display(description="Browser")
    def browser(self, row: AccessAttempt) -> str:
        return Truncator(row.user_agent).chars(60)

    def may_do(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def let_in(self, request: HttpRequest, row: AccessAttempt) -> str:
        """Forget the failures of a name at an address."""
        if not reset(ip=row.ip_address, username=row.username):
            raise ConflictError(f"{row.username} was not locked out any more.")
        return f"{row.username} may try again from {row.ip_address}."

    @admin.action(description="Let in again")
    def let_in_chosen(self, request: HttpRequest, rows: QuerySet[AccessAttempt]) -> None:
        self.tell_each(request, "let_in", rows)


@admin.register(AccessLog)
class SignInAdmin(SuperuserOnlyAdmin[AccessLog]):
    """Who signed in, when and from where."""

    called = ("sign-in", "sign-ins")
    list_display = ["username", "attempt_time", "logout_time", "ip_address", "browser"]
    fields = ["username", "attempt_time", "logout_time", "ip_address", "path_info", "user_agent"]
    list_filter = ["attempt_time"]
    search_fields = ["username", "ip_address"]
    empty_text = "Each sign-in, by password or by link, is written down here."

    def name_of(self, row: AccessLog) -> str:
        return f"{row.username} from {row.ip_address}"

    @admin.display(description="Browser")
    def browser(self, row: AccessLog) -> str:
        return Truncator(row.user_agent).chars(60)
