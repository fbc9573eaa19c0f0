"""The tools of an agent as a table to fill in: which it may use, and whether a call asks first."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from workflows import tools
from workflows.policy import ANY
from workflows.tools import Tool

USUAL, RULES = "", "rules"
WORDS = {USUAL: "as usual", "allow": "allow", "ask": "ask first", "deny": "deny"}


@dataclass(frozen=True)
class ToolChoice:
    """Names of tools, and by name a word of the policy; where rules decide, their entry or the word RULES."""

    names: list[str] = field(default_factory=list)
    policy: dict[str, Any] = field(default_factory=dict)

    def policy_after(self, before: dict[str, Any]) -> dict[str, Any]:
        """The policy to store: rules stay as they were `before`, for this table does not show them."""
        words = {name: before.get(name, USUAL) if word == RULES else word for name, word in self.policy.items()}
        return {name: word for name, word in words.items() if word}


@dataclass(frozen=True)
class Row:
    """A line of the table; `tool` is None where it is not installed any more."""

    name: str
    tool: Tool | None
    ticked: bool
    word: str
    words: dict[str, str]


def row(name: str, choice: ToolChoice) -> Row:
    """The line of one tool."""
    entry = choice.policy.get(name, USUAL)
    word = entry if isinstance(entry, str) else RULES
    words = {**WORDS, RULES: "by its rules"} if word == RULES else WORDS
    return Row(name, tools.load().get(name), name in choice.names, word, words)


class ToolTable(forms.Widget):
    """Each tool with what it does and what repeating it would mean; a field above narrows the list."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        choice = value if isinstance(value, ToolChoice) else ToolChoice()
        names = {*tools.load(), *choice.names, *choice.policy} - {ANY}
        rows = [row(one, choice) for one in sorted(names)]
        return render_to_string("admin/parts/tools.html", {"name": name, "rows": rows, "others": row(ANY, choice)})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> ToolChoice:
        mark = f"{name}-policy-"
        policy = {key.removeprefix(mark): data[key] for key in data if key.startswith(mark)}
        names = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return ToolChoice(list(names), policy)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class ToolsField(forms.Field):
    """What ToolTable gives, refused where it names a tool or a word that does not exist."""

    widget = ToolTable

    def clean(self, value: ToolChoice) -> ToolChoice:
        offered = {*tools.load(), *self.initial_names()}
        if strange := {*value.names, *value.policy} - offered - {ANY}:
            raise forms.ValidationError(f"There is no tool “{min(strange)}”: choose from the list.")
        if strange := set(value.policy.values()) - {*WORDS, RULES}:
            raise forms.ValidationError(f"“{min(strange)}” is no policy: use one of allow, ask, deny.")
        return value

    def initial_names(self) -> set[str]:
        """Tools that the agent has although they are not installed any more: they may stay."""
        found = self.initial if isinstance(self.initial, ToolChoice) else ToolChoice()
        return {*found.names, *found.policy}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial != data)
