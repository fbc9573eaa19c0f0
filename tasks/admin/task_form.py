"""What administrators fill in about a task. The verbs of planning.py check it; what they refuse stands at its field."""

import re
from typing import Any

from django import forms
from django.contrib.auth.models import User
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from chat.admin_widgets import SuggestingInput
from chat.zones import zone_names
from tasks.admin.schedule_input import ScheduleInput
from tasks.arguments import seconds
from tasks.drafts import Changes, Draft
from tasks.models import Task
from workflows.errors import InvalidError, RefusedError
from workflows.models import Agent, Workflow
from workflows.reading import read

# A form has one field for all delays.
DELAYS = re.compile(r"delay_\w+")
WHEN = ("run_at", "delay", "schedule")


class PairsField(forms.CharField):
    """Names with values, one a line: “topic = tea”."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{key} = {text}" for key, text in value.items()) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        pairs = [line.partition("=") for line in str(value or "").splitlines() if line.strip()]
        if lost := [key for key, equals, _ in pairs if not equals or not key.strip()]:
            raise forms.ValidationError(f"“{lost[0].strip()[:60]}” is not a name with a value: give one a line, such as topic = tea.")
        return {key.strip(): text.strip() for key, _, text in pairs}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(self.prepare_value(initial)) != self.to_python(data))


class DelayField(forms.CharField):
    """How long from now, in seconds: 30s, 10m, 2h, 1d or 1h30m."""

    widget = UnfoldAdminTextInputWidget

    def to_python(self, value: Any) -> Any:
        try:
            return seconds(str(value)) if value else None
        except InvalidError as exc:
            raise forms.ValidationError(str(exc)) from exc


class TaskForm(forms.ModelForm[Task]):
    """A task. Nothing is checked here that the verbs check."""

    # Who makes it, where it is new; and what the verbs refused, where they did.
    maker: User
    refused: RefusedError | None = None

    title = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="How it is called in lists. Empty: as its text begins.",
    )
    inputs = PairsField(
        required=False, widget=UnfoldAdminTextareaWidget({"rows": 3}), help_text="What the workflow is given, one a line: topic = tea."
    )
    run_at = forms.CharField(
        label="At",
        required=False,
        widget=UnfoldAdminTextInputWidget({"placeholder": "2030-06-15T09:30:00+02:00", "autocomplete": "off"}),
        help_text="Once, at this time: ISO 8601 with an offset, or without one on the clock of the time zone below.",
    )
    delay = DelayField(
        label="In",
        required=False,
        widget=UnfoldAdminTextInputWidget({"placeholder": "1h30m", "autocomplete": "off"}),
        help_text="Or once, after 30s, 10m, 2h, 1d or 1h30m.",
    )
    schedule = forms.CharField(
        required=False, widget=ScheduleInput, help_text="Or again and again: daily@09:00, every 2 hours, weekly@1,3,5@09:30, 0 9 * * 1-5."
    )
    time_zone = forms.CharField(
        required=False, max_length=64, help_text="Whose clock the times above are on, such as Europe/Berlin. Empty: the owner's own."
    )
    allow_duplicates = forms.BooleanField(
        label="Even if there is the same",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Otherwise the very same task, while it is pending or at work, is not made twice.",
    )

    class Meta:
        model = Task
        fields = [
            "title", "conversation", "mode", "text", "agent", "workflow", "inputs", "run_at", "schedule", "time_zone",
            "overlap", "misfire", "grace_seconds", "depends_on", "metadata",
        ]  # fmt: skip
        labels = {"misfire": "Missed times", "grace_seconds": "Grace in seconds", "depends_on": "Waits for"}
        widgets = {"text": UnfoldAdminTextareaWidget({"rows": 4}), "metadata": UnfoldAdminTextareaWidget({"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.instance.owner = self.maker
        elif self.instance.run_at and "run_at" in self.fields:
            self.initial["run_at"] = self.instance.run_at.astimezone(self.instance.zone).isoformat(timespec="seconds")
        self.initial.setdefault("inputs", {})
        if not isinstance(self.initial["inputs"], dict):
            self.initial["inputs"] = self.instance.given
        self.offer_own("agent", Agent.objects.of(self.instance.owner))
        self.offer_own("workflow", Workflow.objects.of(self.instance.owner))
        self.dress_times()
        if "conversation" in self.fields:
            self.fields["conversation"].required = False

    def offer_own(self, name: str, rows: Any) -> None:
        """Let those be chosen that the task's owner may use."""
        field = self.fields.get(name)
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows

    def dress_times(self) -> None:
        """Suggest zones, and preview the schedule in the one that is filled in."""
        if "time_zone" not in self.fields:
            return
        self.fields["time_zone"].widget = SuggestingInput(sorted(zone_names()))
        widget = self.fields["schedule"].widget
        widget.task, widget.zone = self.instance, lambda: str(self["time_zone"].value() or "")

    def _post_clean(self) -> None:
        """The verbs check everything, and the row is theirs to write."""

    def clean(self) -> dict[str, Any]:
        """Say at its field what the verbs refused, when this was sent a moment ago."""
        if self.refused:
            told = self.refused.fields or {"": str(self.refused)}
            for place, sentence in told.items():
                name = DELAYS.sub("delay", re.split(r"[.\[]", place)[0])
                self.add_error(name if name in self.fields else None, sentence)
        return self.cleaned_data

    def draft(self) -> Draft:
        """A new task as it was filled in."""
        return read(Draft, self.said(set(self.fields)))

    def changes(self) -> Changes:
        """What was filled in differently."""
        return read(Changes, self.said(set(self.changed_data)))

    def said(self, names: set[str]) -> dict[str, Any]:
        """What the fields of these names say, in the words of a draft."""
        found = {name: self.cleaned_data[name] for name in names}
        found |= {name: str(found[name].pk) if found[name] else None for name in ("agent", "workflow", "conversation") if name in found}
        if "depends_on" in found:
            found["depends_on"] = [task.pk for task in found["depends_on"]]
        if "delay" in found:
            found["delay_seconds"] = found.pop("delay")
        if "run_at" in found:
            found["run_at"] = found["run_at"] or None
        # An empty schedule is one that somebody wants to have gone, unless there never was one, or a time takes its place.
        if not found.get("schedule") and (not self.instance.schedule or found.get("run_at") or found.get("delay_seconds") is not None):
            found.pop("schedule", None)
        return found
