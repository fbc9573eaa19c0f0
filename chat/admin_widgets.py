"""Fields of the admin that several apps use."""

from collections.abc import Iterable
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget


class SuggestingInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """A text field that suggests what is often wanted, and takes anything."""

    def __init__(self, suggestions: Iterable[str]) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false"})
        self.suggestions = list(suggestions)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        offered = f"suggestions-{name}"
        field = super().render(name, value, {**(attrs or {}), "list": offered}, renderer)
        return render_to_string("admin/parts/suggesting.html", {"field": field, "id": offered, "suggestions": self.suggestions})
