"""Who opens a socket, and from which page: what middleware does for HTTP, asked again while the socket is open."""

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from chat.http.auth import user_of_token
from chat.models import Conversation

NOT_SIGNED_IN, FOREIGN_ORIGIN, NO_CONVERSATION = 4401, 4403, 4404


class ClosedError(Exception):
    """A socket that must not be open; `code` is its close code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Visit:
    """What a client brought along when it opened its socket."""

    conversation_id: UUID | None
    token: str
    session: str
    origin: str
    own_origins: frozenset[str]
    query: dict[str, str]

    @classmethod
    def of(cls, scope: dict[str, Any]) -> "Visit":
        """Reads the ASGI scope of a socket, of whose contents nothing has been checked yet."""
        headers = {name.decode("latin1"): value.decode("latin1") for name, value in scope["headers"]}
        query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode("latin1")).items()}
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        return cls(
            conversation_id=as_id(scope["url_route"]["kwargs"].get("conversation_id", "")),
            token=secret.strip() if scheme.lower() == "bearer" else query.get("token", ""),
            session=cookie(headers.get("cookie", "")),
            origin=headers.get("origin", ""),
            own_origins=own_origins(scope, headers),
            query=query,
        )

    def person(self) -> User:
        """Who this is. Raises ClosedError when nobody is, or no longer."""
        user = user_of_token(self.token) if self.token else user_of_session(self.session)
        if user is None:
            raise ClosedError(NOT_SIGNED_IN)
        return user

    def enter(self) -> tuple[User, Conversation]:
        """Who this is and where they may read. Raises ClosedError with the code of what is wrong."""
        user = self.person()
        # Browsers send cookies to whoever asks, so a page must say where it comes from; programs with a token need not.
        if self.origin not in self.own_origins and (self.origin or not self.token):
            raise ClosedError(FOREIGN_ORIGIN)
        conversation = self.conversation_id and Conversation.objects.of(user).filter(pk=self.conversation_id).first()
        if not conversation:
            raise ClosedError(NO_CONVERSATION)
        return user, conversation


def as_id(text: str) -> UUID | None:
    """`text` as an id, None if it cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def cookie(header: str) -> str:
    """The session key in a Cookie header; empty when there is none."""
    try:
        morsel = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def user_of_session(key: str) -> User | None:
    """Who is signed in under a session key; the same checks as for a page, password changes included."""
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return user if isinstance(user, User) else None


def own_origins(scope: dict[str, Any], headers: dict[str, str]) -> frozenset[str]:
    """The full origins of our pages: the public address, and the address that this socket itself was opened at."""
    origins = {settings.AGENTRON_URL} if settings.AGENTRON_URL else set()
    host = headers.get("host", "")
    # A name that is not ours may be pointed at us by anybody (DNS rebinding).
    if validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        origins.add(f"{'https' if secure(scope, headers) else 'http'}://{host.lower()}")
    return frozenset(origins)


def secure(scope: dict[str, Any], headers: dict[str, str]) -> bool:
    """Whether the client's side is encrypted, as the server knows it or as a trusted proxy says."""
    if not settings.SECURE_PROXY_SSL_HEADER:
        return bool(scope.get("scheme") == "wss")
    name, value = settings.SECURE_PROXY_SSL_HEADER
    return headers.get(name.removeprefix("HTTP_").replace("_", "-").lower()) == value
