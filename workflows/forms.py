"""What administrators fill in about models."""

import re
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminURLInputWidget, UnfoldBooleanSwitchWidget

from workflows.models import ModelProvider

# What opens the database or the other secrets must not be sent to a model's address by a slip of the pen.
NEVER_A_KEY = ("SECRET_KEY", "AGENTRON_ENCRYPTION_KEYS", "DATABASE_URL", "TELEGRAM_BOT_TOKEN")
KEY_NAME = re.compile(r"[A-Z_]\w*_(KEY|TOKEN)", re.IGNORECASE | re.ASCII)


class ProviderForm(forms.ModelForm[ModelProvider]):
    """A provider whose key can be written and forgotten, and never read back."""

    base_url = forms.URLField(
        label="Address",
        required=False,
        assume_scheme="http",
        widget=UnfoldAdminURLInputWidget,
        help_text="Empty: the provider's own address. Servers that speak OpenAI's protocol need one, such as http://127.0.0.1:1234/v1.",
    )
    new_key = forms.CharField(
        label="API key",
        required=False,
        strip=True,
        max_length=500,
        widget=UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text="Stored encrypted and never shown again. Leave it empty to keep the one that is stored.",
    )
    forget_key = forms.BooleanField(label="Forget the stored key", required=False, widget=UnfoldBooleanSwitchWidget)

    class Meta:
        model = ModelProvider
        fields = ["name", "kind", "base_url", "new_key", "forget_key", "api_key_env", "default_model", "is_default", "enabled"]
        labels = {"api_key_env": "Key from variable", "is_default": "Default"}

    def clean_api_key_env(self) -> str:
        name = str(self.cleaned_data["api_key_env"]).strip()
        if name and (not KEY_NAME.fullmatch(name) or name.upper() in NEVER_A_KEY):
            raise forms.ValidationError(
                f"“{name}” cannot hold a model's key: name a variable of the model's own that ends in _API_KEY, _KEY or _TOKEN."
            )
        return name

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("new_key") and found.get("api_key_env"):
            self.add_error("api_key_env", "Give either a key or the name of a variable that holds it, not both.")
        if found.get("new_key") and found.get("forget_key"):
            self.add_error("forget_key", "A new key replaces the stored one anyway: leave this empty.")
        if self.redirects_key():
            self.add_error("new_key", "The stored key was given for another server: give the key again, or forget it.")
        if found.get("is_default") and not found.get("default_model"):
            self.add_error("default_model", "The default provider needs a model to use where an agent names none.")
        return found

    def redirects_key(self) -> bool:
        """Whether a key that nobody can read would be sent to a server that whoever fills this in has chosen."""
        told = self.cleaned_data.get("new_key") or self.cleaned_data.get("forget_key")
        return bool(self.instance.api_key) and not told and not {"kind", "base_url"}.isdisjoint(self.changed_data)

    def save(self, commit: bool = True) -> ModelProvider:
        if self.cleaned_data["new_key"]:
            self.instance.api_key = self.cleaned_data["new_key"]
        elif self.cleaned_data["forget_key"]:
            self.instance.api_key = ""
        return super().save(commit)
