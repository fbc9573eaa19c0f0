"""TLS is verified against the name in the URL, although the connection goes to an address."""

import ssl
from collections.abc import AsyncIterator

import httpcore2
import pytest
import trustme

from tests.fakes.web import Web, reply, serving
from tests.workflows.fetch.conftest import PUBLIC
from workflows.fetch import door
from workflows.fetch.download import download
from workflows.tools import ToolError


@pytest.fixture
async def secure(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Web, list[str]]]:
    """A server whose certificate is for good.example, behind every name; and the names that clients announced."""
    authority, announced = trustme.CA(), []
    served, trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("good.example").configure_cert(served)
    authority.configure_trust(trusted)

    def hear(connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        announced.append(name or "")

    served.sni_callback = hear
    dial = door.dial
    async with serving(served) as web:
        web.answers["/"] = reply("hello")

        async def fake_resolve(host: str, port: int) -> list[str]:
            return [PUBLIC]

        async def fake_dial(address: str, port: int) -> httpcore2.AsyncNetworkStream:
            return await dial("127.0.0.1", web.port)

        monkeypatch.setattr(door, "resolve", fake_resolve)
        monkeypatch.setattr(door, "dial", fake_dial)
        monkeypatch.setattr("workflows.fetch.download.tls", lambda: trusted)
        yield web, announced


async def test_the_name_is_announced_and_its_certificate_accepted(secure: tuple[Web, list[str]]) -> None:
    web, announced = secure

    page = await download("https://good.example/")

    assert page.body == b"hello"
    assert announced == ["good.example"]
    assert web.requests[0].headers["host"] == "good.example"


@pytest.mark.parametrize("url", ["https://other.example/", f"https://{PUBLIC}/"])
async def test_a_certificate_for_another_name_is_refused_before_anything_is_asked(secure: tuple[Web, list[str]], url: str) -> None:
    web, _ = secure

    with pytest.raises(ToolError, match="certificate"):
        await download(url)

    assert web.requests == []


async def test_a_certificate_of_an_unknown_authority_is_refused(secure: tuple[Web, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.fetch.download.tls", ssl.create_default_context)

    with pytest.raises(ToolError, match="certificate"):
        await download("https://good.example/")


def test_certificates_and_names_are_checked_by_default() -> None:
    context = door.tls()

    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
