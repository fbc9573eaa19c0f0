"""What every admin page of ours has in common."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from chat.errors import RefusedError

if TYPE_CHECKING:  # Unfold has no types, and its class is Django's to whoever calls it.
    from django.contrib.admin import ModelAdmin
else:
    from unfold.admin import ModelAdmin

M = TypeVar("M", bound=Model)
MOST_COUNTED = 10_000


class BoundedPaginator(Paginator[Any]):
    """Counts no further than anybody would leaf: the count of a million rows would cost more than the page."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[:MOST_COUNTED].count() if isinstance(rows, QuerySet) else len(rows)


class BaseAdmin(ModelAdmin[M]):
    """A list that costs the same however long it is, and verbs as buttons.

    A verb is a method that takes the request and a row, does something, and returns a sentence about it; it may
    raise RefusedError. It needs the right to change the model, and runs outside of any transaction.
    """

    list_per_page = 50
    show_full_result_count = False
    paginator = BoundedPaginator
    verbs: dict[str, str] = {}

    def get_urls(self) -> list[URLPattern]:
        do = path("<path:object_id>/do/<slug:verb>/", self.admin_site.admin_view(self.do), name=self.url_name("do"))
        return [do, *super().get_urls()]

    def url_name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def may_do(self, request: HttpRequest) -> bool:
        """Whether this person may use the verbs, also where the rows themselves are read-only."""
        assert not request.user.is_anonymous
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def do(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """Carry out one verb on one row, and go back to it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_do(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None or verb not in self.verbs:
            raise Http404("There is no such row, or nothing like this can be done with it.")
        self.tell(request, verb, row)
        return redirect(f"admin:{self.url_name('change')}", object_id)

    def tell(self, request: HttpRequest, verb: str, row: M) -> None:
        """Carry out a verb and say what came of it."""
        try:
            messages.success(request, getattr(self, verb)(request, row))
        except RefusedError as exc:
            messages.error(request, str(exc))

    def tell_each(self, request: HttpRequest, verb: str, rows: Iterable[M]) -> None:
        """Carry out a verb on every chosen row of a list."""
        if not self.may_do(request):
            raise PermissionDenied
        for row in rows:
            self.tell(request, verb, row)

    def buttons(self, row: M) -> SafeString:
        """The verbs as buttons of the page's own form, which carries the CSRF token."""
        links = {reverse(f"admin:{self.url_name('do')}", args=[row.pk, verb]): label for verb, label in self.verbs.items()}
        return render_to_string("admin/parts/buttons.html", {"links": links})

    buttons.short_description = "Do"  # type: ignore[attr-defined]


class ReadOnlyAdmin(BaseAdmin[M]):
    """Rows that only the system writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class SuperuserOnlyAdmin(ReadOnlyAdmin[M]):
    """Rows that are nobody's business but an administrator's."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return bool(request.user.is_superuser)
