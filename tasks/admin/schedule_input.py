"""A field for a schedule, which shows what is understood of it and its next five times."""

from collections.abc import Callable
from typing import Any

from django.forms.widgets import Script
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from chat.models import Profile
from tasks.models import Task
from tasks.timing import checked_zone
from workflows import schedules
from workflows.errors import InvalidError
from workflows.schedules import Due

SHOWN = 5
EXAMPLES = ("daily@09:00", "0 9 * * 1-5", "weekly@1,3,5@09:30", "every 15 minutes", "every 2 hours", "0 9 1 * *")


class ScheduleInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """Suggests a schedule of each form; a script asks for the preview anew while somebody types."""

    # What the zone's field holds, once the form is there.
    zone: Callable[[], str] | None = None
    task: Task | None = None

    class Media:
        # A module runs when the page is there.
        js = [Script("admin-schedule.js", type="module")]

    def __init__(self) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false"})

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        offered = f"suggestions-{name}"
        field = super().render(name, value, {**(attrs or {}), "list": offered}, renderer)
        told = {"description": "", "next": []} if not value else self.preview(str(value))
        context = {"field": field, "id": offered, "suggestions": EXAMPLES, "address": reverse("api:preview_schedule"), "n": SHOWN}
        return render_to_string("admin/parts/schedule.html", {**context, **told})

    def preview(self, text: str) -> dict[str, Any]:
        """What a schedule means and when it would be due next; nothing where it is none, for the field says that itself."""
        try:
            schedule = schedules.parse(text)
            zone = schedules.zone_of(checked_zone(self.zone() if self.zone else "") or self.usual_zone())
        except InvalidError:
            return {"description": "", "next": []}
        starts_at = self.task.starts_at if self.task and self.task.schedule == text else None
        found: list[Due] = schedules.upcoming(schedule, timezone.now(), zone, SHOWN, starts_at)
        return {"description": schedules.describe(schedule, zone), "next": found}

    def usual_zone(self) -> str:
        """The zone that is taken where none is named."""
        if self.task is None:
            return "UTC"
        return self.task.time_zone or Profile.of(self.task.owner).zone().key
