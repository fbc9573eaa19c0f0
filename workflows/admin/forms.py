"""The rules of workflows.forms in the admin's clothes."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminURLInputWidget, UnfoldBooleanSwitchWidget

from workflows.forms import ProviderForm


def dress(form: forms.BaseForm, **widgets: forms.Widget) -> None:
    """Give declared fields other widgets; those of a model's own fields come from the admin."""
    for name, widget in widgets.items():
        if field := form.fields.get(name):
            widget.is_required = field.required
            widget.attrs.update(field.widget_attrs(widget))
            field.widget = widget


class AdminProviderForm(ProviderForm):
    """A provider, in the admin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(
            self,
            base_url=UnfoldAdminURLInputWidget(),
            new_key=UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"}),
            forget_key=UnfoldBooleanSwitchWidget(),
        )
