"""What an administrator fills in about Telegram."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from telegram_bridge.checking import missing
from telegram_bridge.models import TelegramChat, TelegramSettings
from telegram_bridge.models.settings import ONLY, VARIABLE
from telegram_bridge.people import reachable

# As @BotFather hands them out: the bot's number, a colon, the secret. agentron/masking.py finds all that this takes.
TOKEN = re.compile(r"\d{5,18}:[\w-]{20,200}", re.ASCII)
# Whoever fills this in decides which variable goes to Telegram's server: none that holds another secret.
VARIABLE_NAME = re.compile(r"[A-Z_]\w*_TOKEN", re.IGNORECASE | re.ASCII)
LOST = "The stored token cannot be opened any more: put the key that it was written with into AGENTRON_ENCRYPTION_KEYS, or paste the token again."


def opened() -> tuple[TelegramSettings, str]:
    """The settings, and a sentence where their secrets were encrypted with a key that is gone: then they are empty."""
    try:
        return TelegramSettings.now(), ""
    except ImproperlyConfigured:
        row = TelegramSettings.objects.defer("token", "webhook_secret").select_related("notification_chat").get(pk=ONLY)
        row.token = row.webhook_secret = ""
        return row, LOST


def shown(token: str) -> str:
    """A token as it may be seen: which bot's it is, and its last characters."""
    number, colon, secret = token.partition(":")
    return f"{number}:…{secret[-4:]}" if colon and len(secret) >= 20 else "stored"


class ChatField(forms.ModelChoiceField[TelegramChat]):
    """Chats by name, with what sort each is."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} ({obj.get_type_display().lower()})"


class TelegramForm(forms.ModelForm[TelegramSettings]):
    """The bot and how it is used. The token can be written and forgotten, and never read back."""

    new_token = forms.CharField(
        label="Bot token",
        required=False,
        strip=True,
        max_length=250,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "spellcheck": "false"}),
        help_text="The whole line from @BotFather, such as 123456789:AA…. Stored encrypted and never shown again.",
    )
    forget_token = forms.BooleanField(label="Forget the stored token", required=False, help_text="It is deleted when you save.")
    notification_chat = ChatField(
        queryset=TelegramChat.objects.none(),
        required=False,
        empty_label="nobody",
        label="Notification chat",
        help_text="Told of questions whose owner has no Telegram: who is asked and where, without buttons.",
    )

    class Meta:
        model = TelegramSettings
        fields = ["new_token", "forget_token", "token_env", "mode", "streaming", "notification_chat", "enabled"]
        help_texts = {
            "token_env": f"Name of an environment variable that holds the token, such as {VARIABLE}. If it is given, the stored token is not used.",
            "mode": "A webhook needs AGENTRON_URL, the public https address of this server. It is set and removed for you.",
        }
        labels = {
            "token_env": "Token from variable",
            "mode": "Messages get here by",
            "streaming": "While it works",
            "enabled": "Switched on",
        }

    def __init__(self, data: Mapping[str, Any] | None = None, *, instance: TelegramSettings, lost: bool = False) -> None:
        super().__init__(data, instance=instance)
        self.lost = lost
        chats = self.fields["notification_chat"]
        assert isinstance(chats, forms.ModelChoiceField)
        chats.queryset = reachable()
        if instance.token:
            self.fields["new_token"].help_text = f"{shown(instance.token)} is stored. Leave this empty to keep it; a new one replaces it."
        elif not lost:
            del self.fields["forget_token"]

    def clean_new_token(self) -> str:
        token = str(self.cleaned_data["new_token"])
        if token and not TOKEN.fullmatch(token):
            raise forms.ValidationError("This is not a bot token: copy the whole line that @BotFather gave you, digits, colon and letters.")
        return token

    def clean_token_env(self) -> str:
        name = str(self.cleaned_data["token_env"]).strip()
        if name and not VARIABLE_NAME.fullmatch(name):
            raise forms.ValidationError(f"“{name}” cannot hold a bot's token: name a variable that ends in _TOKEN, such as {VARIABLE}.")
        if name and name != self.instance.token_env and not TelegramSettings(token_env=name).secret():
            raise forms.ValidationError(f"{missing(TelegramSettings(token_env=name))} Or leave this empty and paste the token above.")
        return name

    def clean_mode(self) -> str:
        mode = str(self.cleaned_data["mode"])
        if mode == TelegramSettings.Mode.WEBHOOK and not settings.AGENTRON_URL.startswith("https://"):
            raise forms.ValidationError("Telegram calls https addresses only: set AGENTRON_URL to the public one of this server, or poll.")
        return mode

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("new_token") and found.get("token_env"):
            self.add_error("token_env", "Give either a token or the name of a variable that holds it, not both.")
        if found.get("new_token") and found.get("forget_token"):
            self.add_error("forget_token", "A new token replaces the stored one anyway: leave this empty.")
        if self.lost and not (found.get("new_token") or found.get("forget_token")):
            self.add_error("new_token", "The stored token cannot be opened: paste it again, or forget it.")
        if found.get("enabled") and not self.errors and not self.will_have_token(found):
            self.add_error("enabled", f"It cannot be switched on yet. {missing(TelegramSettings(token_env=found['token_env']))}")
        return found

    def will_have_token(self, found: dict[str, Any]) -> bool:
        """Whether there is a token after saving. A variable that was named before may be set for the telegram process alone by now."""
        kept = "" if found.get("forget_token") else self.instance.token
        return bool(found["token_env"] or found["new_token"] or TelegramSettings(token=kept).secret())

    def save(self, commit: bool = True) -> TelegramSettings:
        """Store it; a webhook gets a secret of our making."""
        row = self.instance
        if self.lost:
            # The audit trail reads the row before it is changed.
            TelegramSettings.objects.filter(pk=ONLY).update(token="", webhook_secret="")
        if self.cleaned_data["new_token"]:
            row.token = self.cleaned_data["new_token"]
        elif self.cleaned_data.get("forget_token"):
            row.token = ""
        if row.mode == TelegramSettings.Mode.WEBHOOK and not row.webhook_secret:
            row.webhook_secret = secrets.token_urlsafe(32)
        return super().save(commit)
