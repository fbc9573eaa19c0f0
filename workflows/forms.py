"""What people fill in about models; the rules are the same on the site and in the admin."""

import re
from typing import Any

from django import forms

from workflows.llm.names import KINDS
from workflows.models import ModelProvider

# What opens the database or the other secrets must not be sent to a model's address by a slip of the pen.
NEVER_A_KEY = ("SECRET_KEY", "AGENTRON_ENCRYPTION_KEYS", "DATABASE_URL", "TELEGRAM_BOT_TOKEN")
KEY_NAME = re.compile(r"[A-Z_]\w*_(KEY|TOKEN)", re.IGNORECASE | re.ASCII)
ADDRESS_EXAMPLE = "http://127.0.0.1:1234/v1"


class ProviderForm(forms.ModelForm[ModelProvider]):
    """A provider whose key can be written and forgotten, and never read back.

    Who adds one is not asked to forget a key: `forget_key` is there only where one is stored.
    """

    base_url = forms.URLField(
        label="Address",
        required=False,
        assume_scheme="http",
        help_text=f"Empty: the provider's own address. Servers that speak OpenAI's protocol need one, such as {ADDRESS_EXAMPLE}.",
    )
    new_key = forms.CharField(
        label="API key",
        required=False,
        strip=True,
        max_length=500,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text="Stored encrypted and never shown again.",
    )
    forget_key = forms.BooleanField(label="Forget the stored key", required=False, help_text="The key is deleted when you save.")

    class Meta:
        model = ModelProvider
        fields = ["name", "kind", "base_url", "new_key", "forget_key", "api_key_env", "default_model", "is_default", "enabled"]
        labels = {"api_key_env": "Key from variable", "is_default": "Default"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.api_key:
            self.fields["new_key"].help_text = "A key is stored. Leave this empty to keep it; a new one replaces it."
        else:
            self.fields.pop("forget_key", None)

    def clean_new_key(self) -> str:
        key = str(self.cleaned_data["new_key"])
        # A key goes into a header, which takes nothing else.
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise forms.ValidationError("This holds characters that no key has: copy the key again.")
        return key

    def clean_api_key_env(self) -> str:
        name = str(self.cleaned_data["api_key_env"]).strip()
        if name and (not KEY_NAME.fullmatch(name) or name.upper() in NEVER_A_KEY):
            raise forms.ValidationError(
                f"“{name}” cannot hold a model's key: name a variable of the model's own that ends in _API_KEY, _KEY or _TOKEN."
            )
        return name

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        self.check_key(found)
        self.check_reach(found)
        self.check_default(found)
        return found

    def check_key(self, found: dict[str, Any]) -> None:
        """One key, from one place, for the server that it was given for."""
        if found.get("new_key") and found.get("api_key_env"):
            self.add_error("api_key_env", "Give either a key or the name of a variable that holds it, not both.")
        if found.get("new_key") and found.get("forget_key"):
            self.add_error("forget_key", "A new key replaces the stored one anyway: leave this empty.")
        if self.redirects_key():
            self.add_error("new_key", "The stored key was given for another server: give the key again, or forget it.")

    def redirects_key(self) -> bool:
        """Whether a key that nobody can read would be sent to a server that whoever fills this in has chosen."""
        told = self.cleaned_data.get("new_key") or self.cleaned_data.get("forget_key")
        return bool(self.instance.api_key) and not told and not {"kind", "base_url"}.isdisjoint(self.changed_data)

    def check_reach(self, found: dict[str, Any]) -> None:
        """An address and a key, where this kind of service cannot do without."""
        kind = KINDS.get(found.get("kind", ""))
        if kind is None or not {"base_url", "new_key", "api_key_env"}.isdisjoint(self.errors):
            return
        address = found["base_url"].rstrip("/")
        if not (address or kind.base_url):
            self.add_error("base_url", f"A compatible server has no address of its own: give one, such as {ADDRESS_EXAMPLE}.")
        if kind.needs_key and address in ("", kind.base_url) and not self.will_have_key(found):
            self.add_error(
                "new_key", f"{kind.label} needs a key: paste one here, or name a variable that holds it, such as {kind.key_env}."
            )

    def will_have_key(self, found: dict[str, Any]) -> bool:
        """Whether there is a key after saving, or a place for one."""
        return bool(found["new_key"] or found["api_key_env"] or (self.instance.api_key and not found.get("forget_key")))

    def check_default(self, found: dict[str, Any]) -> None:
        """The default provider is used by whoever names no model, so it has to have one and to be on."""
        if not found.get("is_default"):
            return
        if not found.get("default_model"):
            self.add_error("default_model", "The default provider needs a model to use where an agent names none.")
        if not found.get("enabled"):
            self.add_error("is_default", "What is switched off cannot be the default: switch it on, or leave this empty.")

    def _get_validation_exclusions(self) -> set[str]:
        # A new default replaces the old one when it is saved: two are no mistake of whoever fills this in.
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]

    def save(self, commit: bool = True) -> ModelProvider:
        if self.cleaned_data["new_key"]:
            self.instance.api_key = self.cleaned_data["new_key"]
        elif self.cleaned_data.get("forget_key"):
            self.instance.api_key = ""
        return super().save(commit)
