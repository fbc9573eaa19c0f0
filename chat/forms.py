"""What people fill in outside the conversation itself."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User

from chat.models import ApiToken


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
