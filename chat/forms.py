"""What people type outside the conversation itself."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    """Name and password, in words of ours."""

    error_messages = {
        "invalid_login": "Name and password do not belong together. Check both; capital letters count.",
        "inactive": "This account is switched off: ask your administrator.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Name"
