"""Who may open a socket, from where, and for how long."""

from importlib import import_module
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chat import consumers
from chat.models import ApiToken, Conversation, Message
from tests.chat.sockets import Socket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cookie(owner: User) -> str:
    client = Client()
    client.force_login(owner)
    return f"{django_settings.SESSION_COOKIE_NAME}={client.cookies[django_settings.SESSION_COOKIE_NAME].value}"


@pytest.fixture
def quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.05)


async def code(socket: Socket) -> int | None:
    async with socket:
        return await socket.closed()


async def opens(socket: Socket) -> bool:
    async with socket:
        return (await socket.frame()).get("type") == "ready"


async def test_a_session_opens_it_from_our_own_page(conversation: Conversation, cookie: str) -> None:
    assert await opens(Socket(conversation.pk, cookie=cookie, origin="http://localhost"))


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://localhost", "http://localhost:81", "null", "", "http://localhost.evil.example"]
)
async def test_a_session_does_not_open_it_from_elsewhere(conversation: Conversation, cookie: str, origin: str) -> None:
    assert await code(Socket(conversation.pk, cookie=cookie, origin=origin)) == 4403


async def test_a_session_without_an_origin_is_no_browsers(conversation: Conversation, cookie: str) -> None:
    assert await code(Socket(conversation.pk, cookie=cookie)) == 4403


async def test_a_name_that_was_pointed_at_us_is_not_ours(conversation: Conversation, cookie: str) -> None:
    assert await code(Socket(conversation.pk, cookie=cookie, host="evil.example", origin="http://evil.example")) == 4403


async def test_the_public_address_is_ours(conversation: Conversation, cookie: str, settings: Settings) -> None:
    settings.AGENTRON_URL = "https://chat.example"

    assert await opens(Socket(conversation.pk, cookie=cookie, origin="https://chat.example"))
    assert await code(Socket(conversation.pk, cookie=cookie, origin="http://chat.example")) == 4403


async def test_a_trusted_proxy_tells_the_scheme(conversation: Conversation, cookie: str, settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    assert await opens(Socket(conversation.pk, cookie=cookie, origin="https://localhost", x_forwarded_proto="https"))


async def test_a_token_opens_it_without_an_origin(conversation: Conversation, token: str) -> None:
    assert await opens(Socket(conversation.pk, authorization=f"Bearer {token}"))
    assert await opens(Socket(conversation.pk, f"token={token}"))
    assert await code(Socket(conversation.pk, f"token={token}", origin="http://evil.example")) == 4403


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"cookie": "sessionid=wrong"}, {"cookie": "a=;;b"}])
async def test_nobody_known_is_4401(conversation: Conversation, headers: dict[str, str]) -> None:
    assert await code(Socket(conversation.pk, **headers)) == 4401


async def test_a_strangers_and_a_missing_conversation_are_4404(conversation: Conversation, stranger: User) -> None:
    _, secret = await sync_to_async(ApiToken.issue)(stranger, "tests")

    for name in (conversation.pk, "0190a6e0-0000-7000-8000-000000000000", "nonsense", "%00"):
        assert await code(Socket(name, f"token={secret}")) == 4404


async def test_an_address_without_a_socket_is_4404() -> None:
    socket = Socket("x")
    socket.wire.scope["path"] = "/ws/nothing/"
    assert await code(socket) == 4404


async def test_an_after_that_is_no_number_is_4400(conversation: Conversation, token: str) -> None:
    assert await code(Socket(conversation.pk, f"token={token}&after=x")) == 4400


@pytest.mark.usefixtures("quick_checks")
async def test_a_revoked_token_closes_its_sockets(conversation: Conversation, token: str) -> None:
    async with Socket(conversation.pk, f"token={token}") as socket:
        await socket.frame()
        await sync_to_async(ApiToken.objects.update)(revoked_at=timezone.now())
        assert await socket.closed() == 4401


@pytest.mark.usefixtures("quick_checks")
async def test_a_logout_closes_its_sockets(conversation: Conversation, cookie: str) -> None:
    store = import_module(django_settings.SESSION_ENGINE).SessionStore(cookie.split("=")[1])
    async with Socket(conversation.pk, cookie=cookie, origin="http://localhost") as socket:
        await socket.frame()
        await sync_to_async(store.flush)()
        assert await socket.closed() == 4401


async def test_a_tab_that_was_left_open_orders_nothing_after_a_logout(conversation: Conversation, cookie: str) -> None:
    store = import_module(django_settings.SESSION_ENGINE).SessionStore(cookie.split("=")[1])
    async with Socket(conversation.pk, cookie=cookie, origin="http://localhost") as socket:
        await socket.frame()
        await sync_to_async(store.flush)()
        await socket.send({"type": "message", "data": {"text": "not mine", "client_id": str(uuid4())}})
        assert await socket.closed() == 4401
    assert not await Message.objects.aexists()


@pytest.mark.usefixtures("quick_checks")
async def test_a_changed_password_closes_the_old_sessions_sockets(conversation: Conversation, cookie: str, owner: User) -> None:
    async with Socket(conversation.pk, cookie=cookie, origin="http://localhost") as socket:
        await socket.frame()
        owner.set_password("another-word-2")
        await sync_to_async(owner.save)()
        assert await socket.closed() == 4401


@pytest.mark.usefixtures("quick_checks")
async def test_a_deleted_conversation_closes_its_sockets(conversation: Conversation, token: str) -> None:
    async with Socket(conversation.pk, f"token={token}") as socket:
        await socket.frame()
        await sync_to_async(conversation.delete)()
        assert await socket.closed() == 4404


def test_a_closing_comes_within_thirty_seconds() -> None:
    assert consumers.RECHECK_SECONDS <= 25
