"""What every admin page of ours has in common."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from auditlog.registry import auditlog
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

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

    @property
    def told(self) -> str:
        """The count as people read it."""
        return f"more than {MOST_COUNTED:,}" if self.count >= MOST_COUNTED else f"{self.count:,}"


def badge(status: str, label: str) -> SafeString:
    """A status as a badge, for a column."""
    return format_html('<span class="badge" data-status="{}">{}</span>', status, label)


def link(page: str, pk: object, text: object) -> SafeString:
    """A link to a page of the admin, such as `chat_conversation_change`."""
    return format_html('<a class="admin-link" href="{}">{}</a>', reverse(f"admin:{page}", args=[pk]), text)


class BaseAdmin(ModelAdmin[M]):
    """A list that costs the same however long it is, and verbs as buttons.

    A verb is a method that takes the request and a row, does something, and returns a sentence about it; it may
    raise RefusedError. It needs the right to change the model, and runs outside of any transaction.
    """

    list_per_page = 50
    show_full_result_count = False
    paginator = BoundedPaginator
    warn_unsaved_form = True
    # What to say where the list is empty: what these rows are, and where they come from.
    empty_text = ""
    # What one row and several are called, where the model's own names are another library's.
    called: tuple[str, str] | None = None
    verbs: dict[str, str] = {}

    def get_urls(self) -> list[URLPattern]:
        do = path("<path:object_id>/do/<slug:verb>/", self.admin_site.admin_view(self.do), name=self.url_name("do"))
        return [do, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = {"title": capfirst(self.names()[1])}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def names(self) -> tuple[str, str]:
        """What one row and several are called."""
        return self.called or (str(self.opts.verbose_name), str(self.opts.verbose_name_plural))

    def name_of(self, row: M) -> str:
        """What one row is called in the heading of its page."""
        return str(row)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """With a link to the audit trail where changes are written down, and without a button that few want."""
        context |= {"show_save_and_add_another": False, "show_history": self.has_trail(request)}
        if row := context.get("original"):
            context["row_name"] = context["subtitle"] = self.name_of(row)
            context["title"] = capfirst(self.names()[0])
        return super().render_change_form(request, context, *args, **kwargs)

    def has_trail(self, request: HttpRequest) -> bool:
        """Whether this person may see who changed such rows."""
        return bool(request.user.is_superuser) and auditlog.contains(self.model)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """What the audit trail tells of a row."""
        if not self.has_trail(request):
            raise PermissionDenied
        about = {"object_pk": unquote(object_id), "content_type__id__exact": ContentType.objects.get_for_model(self.model).pk}
        return redirect(f"{reverse('admin:auditlog_logentry_changelist')}?{urlencode(about)}")

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

    def offered(self, row: M) -> list[str]:
        """The verbs that can do something with `row` as it is."""
        return list(self.verbs)

    def buttons(self, row: M) -> SafeString:
        """The verbs as buttons of the page's own form, which carries the CSRF token."""
        return render_to_string("admin/parts/buttons.html", {"links": self.links(row)})

    buttons.short_description = "Do"  # type: ignore[attr-defined]

    def links(self, row: M) -> dict[str, str]:
        """The label of each offered verb, by the address to post to."""
        return {reverse(f"admin:{self.url_name('do')}", args=[row.pk, verb]): self.verbs[verb] for verb in self.offered(row)}


class ReadOnlyAdmin(BaseAdmin[M]):
    """Rows that only the system writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class PageAdmin(ReadOnlyAdmin[M]):
    """Rows that are shown on a page of their own instead of a form: `page_template` with what `page` gives it."""

    page_template = ""

    def page(self, request: HttpRequest, row: M) -> dict[str, Any]:
        """What the template needs to know about `row`."""
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row) or request.method == "POST":
            raise PermissionDenied
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        frame = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": self.name_of(row),
            "row_name": self.name_of(row),
        }
        links = self.links(row) if self.may_do(request) else {}
        return TemplateResponse(request, self.page_template, {**frame, "links": links, **self.page(request, row)})


class SuperuserOnlyAdmin(ReadOnlyAdmin[M]):
    """Rows that are nobody's business but an administrator's."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return bool(request.user.is_superuser)
