"""What administrators fill in about an agent: tools from a list, limits as numbers, a model that exists."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget, UnfoldBooleanSwitchWidget

from chat.admin_widgets import SuggestingInput
from workflows.admin.tool_table import ToolChoice, ToolsField
from workflows.assistant import INSTRUCTIONS
from workflows.caps import MAX_REPLIES, MAX_SECONDS
from workflows.editing.agents import LEAST_DOLLARS, MOST
from workflows.llm.errors import ModelError
from workflows.llm.names import OFFLINE, known
from workflows.models import Agent, ModelProvider
from workflows.presets import PRESETS, preset_of
from workflows.titles import wrong_title

CAPS = ("steps", "calls", "tokens", "dollars", "seconds")


class AgentForm(forms.ModelForm[Agent]):
    """An agent."""

    all_tools = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="It may use every tool there is, and those that come with later versions.",
    )
    chosen_tools = ToolsField(
        label="Only these tools",
        required=False,
        help_text="Without any it can only talk. On the right: whether a call is made at once, asks its owner first, or never happens. "
        "As usual, tools that act outside ask, and the others do not.",
    )
    max_steps = forms.IntegerField(
        label="Replies",
        required=False,
        min_value=1,
        max_value=1000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"How often the model may answer in one run, tool calls and the last word together. Empty: {MAX_REPLIES}.",
    )
    max_calls = forms.IntegerField(
        label="Tool calls",
        required=False,
        min_value=1,
        max_value=MOST["calls"],
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="How many tool calls one run may make. Empty: no limit.",
    )
    max_tokens = forms.IntegerField(
        label="Tokens",
        required=False,
        min_value=1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="How many tokens one run may use, sent and received. Empty: no limit.",
    )
    max_dollars = forms.FloatField(
        label="Dollars",
        required=False,
        min_value=LEAST_DOLLARS,
        max_value=MOST["dollars"],
        widget=UnfoldAdminDecimalFieldWidget({"step": "any"}),
        help_text="What one run may cost, as far as prices are known. Empty: no limit.",
    )
    max_seconds = forms.IntegerField(
        label="Seconds",
        required=False,
        min_value=1,
        max_value=86_400,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"How long one run may work without a break, waiting for people not counted. Empty: {MAX_SECONDS}.",
    )

    class Meta:
        model = Agent
        fields = ["name", "description", "owner", "instructions", "model", "memory", "is_default"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["all_tools"] = Agent.ALL_TOOLS in self.instance.tools
        own = [name for name in self.instance.tools if name != Agent.ALL_TOOLS]
        if "chosen_tools" in self.fields:
            self.fields["chosen_tools"].initial = ToolChoice(own, self.instance.tool_policy)
        self.initial.update({f"max_{cap}": self.instance.limits.get(cap) for cap in CAPS})
        if self.instance.is_default and "instructions" in self.fields:
            self.fields["instructions"].widget.attrs["placeholder"] = INSTRUCTIONS
        if "model" in self.fields:
            self.fields["model"].widget = SuggestingInput(suggestions())

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if "name" in self.changed_data and (sentence := wrong_title(name)):
            raise forms.ValidationError(sentence)
        return name

    def clean_model(self) -> str:
        try:
            return known(str(self.cleaned_data["model"]))
        except ModelError as exc:
            raise forms.ValidationError(str(exc)) from exc

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("is_default") and found.get("owner"):
            self.add_error("owner", "The default agent answers everybody: leave the owner empty.")
        if self.initial.get("is_default") and not found.get("is_default"):
            self.add_error("is_default", "Some agent has to answer: make another one the default, and this one is it no longer.")
        taken = Agent.objects.filter(name=found.get("name"), owner=None).exclude(pk=self.instance.pk)
        if not found.get("owner") and "name" in found and taken.exists():
            self.add_error("name", f"There is a shared agent “{found['name']}” already: choose another name.")
        return found

    def _get_validation_exclusions(self) -> set[str]:
        # A new default replaces the old one when it is saved, and a shared name was looked at above.
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]

    def save(self, commit: bool = True) -> Agent:
        found = self.cleaned_data
        self.instance.tools = [Agent.ALL_TOOLS] if found["all_tools"] else found["chosen_tools"].names
        self.instance.tool_policy = found["chosen_tools"].policy_after(self.instance.tool_policy)
        self.instance.limits = {cap: found[f"max_{cap}"] for cap in CAPS if found[f"max_{cap}"]}
        return super().save(commit)


def suggestions() -> list[str]:
    """Models by name: those of the providers that are set up, else examples of each service."""
    rows = ModelProvider.objects.filter(enabled=True).defer("api_key")
    found = [f"{row.name}:{model}" for row in rows for model in dict.fromkeys([row.default_model, *preset_of(row).models]) if model]
    return [*(found or [f"{one.kind}:{model}" for one in PRESETS[:4] for model in one.models]), OFFLINE]
