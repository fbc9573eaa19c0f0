"""Who asks: a person by their session, or a program by its token."""

import contextlib
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import OperationalError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from chat.errors import RefusedError
from chat.models import ApiToken
from chat.models.people import digest

USED_EVERY = timedelta(minutes=1)


class UnauthorizedError(RefusedError):
    """Nobody we know asks."""

    status = 401
    title = "Not signed in"


class ForbiddenError(RefusedError):
    """Somebody we know, by a way that any other site could take."""

    status = 403
    title = "Forbidden"


def person(request: HttpRequest) -> User:
    """Who asks. Only for views behind AUTH."""
    assert isinstance(request.user, User)
    return request.user


def user_of_token(secret: str) -> User | None:
    """The person whose token `secret` is, unless it was revoked or they may not sign in any more."""
    live = ApiToken.objects.filter(revoked_at=None, user__is_active=True)
    token = live.select_related("user").filter(hash=digest(secret)).first()
    if token is None:
        return None
    note_use(token)
    return token.user


def note_use(token: ApiToken) -> None:
    """Record that `token` was used, at most once a minute: most requests should write nothing."""
    stale = timezone.now() - USED_EVERY
    if token.last_used_at and token.last_used_at > stale:
        return
    rows = ApiToken.objects.filter(pk=token.pk).filter(Q(last_used_at=None) | Q(last_used_at__lte=stale))
    # A database that is busy or full can still be read: that alone is no reason to refuse.
    with contextlib.suppress(OperationalError):
        rows.update(last_used_at=timezone.now())


class Token(HttpBearer):
    """`Authorization: Bearer TOKEN`."""

    def authenticate(self, request: HttpRequest, token: str) -> User:
        user = user_of_token(token.strip())
        if user is None:
            raise UnauthorizedError("The token is unknown or was revoked: make a new one with `agentron tokens add NAME`.")
        request.user = user
        return user


class Session(APIKeyCookie):
    """The cookie of the web page, which needs the X-CSRFToken header for everything that changes something."""

    param_name: str = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | None:
        if not isinstance(request.user, User):
            return None
        if check_csrf(request):
            raise ForbiddenError("The CSRF token is missing or wrong: send the csrftoken cookie's value as X-CSRFToken, from our own page.")
        return request.user

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """Django has read the session already."""
        return self(request)


AUTH = [Token(), Session()]
