"""What people fill in outside the conversation itself."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User

from chat.models import ApiToken, Profile


class SignInForm(AuthenticationForm):
    """Name and password, in words of ours."""

    error_messages = {
        "invalid_login": "Name and password do not belong together. Check both; capital letters count.",
        "inactive": "This account is switched off: ask your administrator.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Name"


class TokenForm(forms.ModelForm[ApiToken]):
    """A new token needs a name that no other live token of its maker has."""

    user: User

    class Meta:
        model = ApiToken
        fields = ["name"]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if ApiToken.objects.filter(user=self.user, name=name, revoked_at=None).exists():
            raise forms.ValidationError("You have a token of this name: revoke it first, or choose another name.")
        return name


class ClockForm(forms.ModelForm[Profile]):
    """Where a person's clock stands, and when it is night there."""

    class Meta:
        model = Profile
        fields = ["time_zone", "quiet_from", "quiet_until"]
        labels = {"quiet_from": "From", "quiet_until": "Until"}
        help_texts = {
            "time_zone": "Type a city or a region. Times on every page are told in this zone.",
            "quiet_from": "",
            "quiet_until": "",
        }
        widgets = {
            "time_zone": forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
            "quiet_from": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "quiet_until": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        }

    def clean_time_zone(self) -> str:
        """Zones as people type them: New York for New_York."""
        return str(self.cleaned_data["time_zone"]).strip().replace(" ", "_")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        start, end = found.get("quiet_from"), found.get("quiet_until")
        if "quiet_from" in self.errors or "quiet_until" in self.errors:
            return found
        if (start is None) != (end is None):
            self.add_error("quiet_until" if end is None else "quiet_from", "Quiet hours need both times; leave both empty for none.")
        if start is not None and start == end:
            self.add_error("quiet_until", "These hours would never end or never begin: choose another time, or leave both empty.")
        return found
