"""A workflow as administrators fill it in: inputs a line each, steps as rows, all of it checked as a definition."""

import json
import re
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.forms.models import BaseInlineFormSet
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from chat.admin_widgets import SuggestingInput
from chat.zones import zone_names
from workflows import timetable
from workflows.definition import Definition, InputPart, mistakes
from workflows.editor_times import LABELS as TIME_LABELS
from workflows.editor_times import Times
from workflows.errors import InvalidError
from workflows.models import Agent, Step, Workflow
from workflows.reading import read

PLACE = re.compile(r"steps\[(\d+)\]\.(\w+).*")
WHEN = re.compile(r"(?P<not>not\s+)?(?P<step>\S+)\s+(?:(?P<empty>empty)|(?P<op>contains|equals|regex)\s+(?P<value>.+))")
LATER = 10_000


class InputsField(forms.CharField):
    """Inputs, one a line: “topic”, or “topic = tea” with a default, and “# …” behind it says what it is."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        """The lines; as JSON where they could not say all."""
        if not isinstance(value, list):
            return value
        lines = [line(part) for part in value]
        same = [parsed(text) for text in lines] == value
        return "\n".join(lines) if same else json.dumps(value, ensure_ascii=False, indent=2)

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        try:
            found = json.loads(text) if text.startswith("[") else [parsed(line) for line in text.splitlines() if line.strip()]
            return [read(InputPart, part).model_dump(exclude_none=True) for part in found]
        except ValueError as exc:
            raise forms.ValidationError(f"This begins with [ and is not JSON: {exc}. Give one input a line, such as topic = tea.") from exc
        except InvalidError as exc:
            raise forms.ValidationError(str(exc)) from exc

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)


def line(part: dict[str, Any]) -> str:
    """An input as one line."""
    default = f" = {part['default']}" if part.get("default") is not None else ""
    description = f" # {part['description']}" if part.get("description") else ""
    return f"{part['name']}{default}{description}"


def parsed(text: str) -> dict[str, Any]:
    """What a line says."""
    rest, _, description = text.partition(" # ")
    name, equals, default = rest.partition("=")
    found = {"name": name.strip(), "description": description.strip()}
    return found | ({"default": default.strip()} if equals else {})


class WorkflowForm(forms.ModelForm[Workflow]):
    """All of a workflow but its steps."""

    # Who makes it, where it is new.
    maker: User
    inputs = InputsField(
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="What a run is given, one a line: “topic”, or “topic = tea” with a default; “# …” behind it says what it is.",
    )
    budget_dollars = forms.FloatField(
        label="Dollars a run",
        required=False,
        min_value=0.01,
        max_value=1_000_000,
        widget=UnfoldAdminDecimalFieldWidget({"step": "any"}),
        help_text="What one run may cost, with the runs it starts, before its owner is asked. Empty: no limit of its own.",
    )
    budget_tokens = forms.IntegerField(
        label="Tokens a run",
        required=False,
        min_value=1,
        max_value=10**12,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="How many tokens it may use before its owner is asked. Empty: no limit of its own.",
    )

    class Meta:
        model = Workflow
        fields = ["name", "description", "instruction", "inputs", "max_concurrent", "max_rounds", *timetable.TIMES]
        labels = {"instruction": "Told to all", "max_concurrent": "Runs at a time", "max_rounds": "Rounds at most"}
        labels |= {**TIME_LABELS, "grace_seconds": "Seconds late at most"}
        widgets = {
            "instruction": UnfoldAdminTextareaWidget({"rows": 3}),
            "schedule": SuggestingInput(("every 15 minutes", "daily@09:00", "weekly@1,3,5@09:30", "0 9 * * 1-5", "@hourly")),
            "time_zone": SuggestingInput(sorted(zone_names())),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.instance.owner = self.maker
        self.initial.update({f"budget_{unit}": limit for unit, limit in self.instance.budget.items()})

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        limits = {unit: found.get(f"budget_{unit}") for unit in ("dollars", "tokens")}
        self.instance.budget = {unit: limit for unit, limit in limits.items() if limit}
        times = Times(found.get("execution_mode", "manual"), found.get("schedule", ""), found.get("time_zone", ""))
        for place, sentence in timetable.mistakes(times):
            self.add_error(place, sentence)
        return found

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        same = Workflow.objects.filter(owner=self.instance.owner, name=name).exclude(pk=self.instance.pk)
        if same.exists():
            raise forms.ValidationError(f"{self.instance.owner} has a workflow “{name}” already: choose another name.")
        return name


class KeysField(forms.CharField):
    """Keys of steps, with commas between them."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [key for key in re.split(r"[,\s]+", str(value or "")) if key]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(self.prepare_value(initial)) != self.to_python(data))


class WhenField(forms.CharField):
    """A condition in words: a step, an op, a value; “not” in front turns it round."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value or ""
        words = ["not"] * bool(value.get("else")) + [value.get("step", ""), value.get("op", ""), value.get("value", "")]
        return " ".join(word for word in words if word)

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text:
            return None
        found = WHEN.fullmatch(text)
        if found is None:
            raise forms.ValidationError(
                "This is no condition: write one such as “check contains ok”, “not check equals done” or “draft empty”."
            )
        return {"step": found["step"], "op": found["op"] or "empty", "value": found["value"] or "", "else": bool(found["not"])}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != str(data or "").strip())


class StepForm(forms.ModelForm[Step]):
    """One step; its condition as fields."""

    position = forms.IntegerField(
        label="Place", required=False, min_value=0, widget=UnfoldAdminTextInputWidget, help_text="Its place in the order; empty: the last."
    )
    after = KeysField(label="Waits for", required=False, help_text="Keys of the steps it waits for, such as “draft, check”; empty: none.")
    when = WhenField(
        label="Only if",
        required=False,
        help_text="Such as “check contains ok”, “not check equals done”, “check regex score: [89]” or “draft empty”; none: it always runs.",
    )

    class Meta:
        model = Step
        fields = ["key", "agent", "prompt", "position", "after", "when"]
        widgets = {"prompt": UnfoldAdminTextareaWidget({"rows": 4})}
        help_texts = {"agent": ""}

    def validate_unique(self) -> None:
        """The formset looks at all keys together: two may have changed places."""

    def validate_constraints(self) -> None:
        """As above."""

    def definition(self) -> dict[str, Any]:
        """The step as a definition has it."""
        found = self.cleaned_data
        return {**{name: found[name] for name in ("key", "prompt", "after", "when")}, "agent": str(found["agent"].pk)}


class StepFormSet(BaseInlineFormSet[Step, Workflow, StepForm]):
    """All steps; what is wrong with the definition is said at its field."""

    @property
    def agents(self) -> list[Agent]:
        """Those that the workflow's owner may use; looked up once."""
        if not hasattr(self, "_agents"):
            self._agents = list(Agent.objects.of(self.instance.owner).only("name")) if self.instance.owner_id else []
        return self._agents

    def add_fields(self, form: StepForm, index: int | None) -> None:
        super().add_fields(form, index)
        field = form.fields["agent"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Agent.objects.of(self.instance.owner) if self.instance.owner_id else Agent.objects.none()
        field.choices = [("", "—"), *((agent.pk, agent.name) for agent in self.agents)]

    def kept(self) -> list[StepForm]:
        """The steps that are to stay, in their order."""
        forms_left = [form for form in self.forms if form.has_changed() or form.instance.pk in self.stored_ids()]
        forms_left = [form for form in forms_left if not form.cleaned_data.get("DELETE")]
        return sorted(forms_left, key=lambda form: LATER if form.cleaned_data.get("position") is None else form.cleaned_data["position"])

    def stored_ids(self) -> set[Any]:
        """The ids of the steps as they were."""
        return {form.instance.pk for form in self.initial_forms}

    def clean(self) -> None:
        """Check the whole definition. Nothing is said while single fields are wrong."""
        if any("id" in form.errors for form in self.initial_forms):
            raise forms.ValidationError("Somebody saved this workflow meanwhile: open it again, and make your changes there.")
        if any(form.errors for form in self.forms if not form.cleaned_data.get("DELETE")):
            return
        kept = self.kept()
        loose = [f"{where}: {sentence}" for where, sentence in self.problems() if not self.tell(kept, where, sentence)]
        if loose:
            raise forms.ValidationError(loose)

    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with the whole, by place; what the workflow's own fields say themselves is not said again."""
        try:
            found = mistakes(self.definition(), {str(agent.pk) for agent in self.agents})
            return [(where, sentence) for where, sentence in found if where not in timetable.TIMES]
        except InvalidError as exc:
            return [(where, sentence) for where, sentence in exc.fields.items() if where.startswith("steps")]

    def tell(self, kept: list[StepForm], where: str, sentence: str) -> bool:
        """Say what is wrong at the field where it is; whether there is such a field."""
        match = PLACE.fullmatch(where)
        if match is None:
            return False
        form = kept[int(match[1])]
        form.add_error(match[2] if match[2] in form.fields else None, sentence)
        return True

    def definition(self) -> Definition:
        """What was filled in, as a whole."""
        own = {name: getattr(self.instance, name) for name in (*WorkflowForm.Meta.fields, "budget")}
        return read(Definition, {**own, "steps": [form.definition() for form in self.kept()]})
