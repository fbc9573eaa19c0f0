"""A small internet: names and addresses as a test sets them, and one server behind every address."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpcore2
import pytest

from tests.fakes.web import Web, serving
from workflows.fetch import door

PUBLIC = "93.184.216.34"


@dataclass
class Internet:
    """Who has which addresses. Names that are not listed go to the system, which knows addresses and localhost."""

    web: Web
    names: dict[str, list[str]] = field(default_factory=lambda: {"example.com": [PUBLIC]})
    asked: list[str] = field(default_factory=list)
    dialled: list[str] = field(default_factory=list)


@pytest.fixture
async def internet(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Internet]:
    """Whatever address is connected to, this one server is there: what must not be reached would be seen in `dialled`."""
    resolve, dial = door.resolve, door.dial
    async with serving() as web:
        found = Internet(web)

        async def fake_resolve(host: str, port: int) -> list[str]:
            found.asked.append(host)
            return found.names[host] if host in found.names else await resolve(host, port)

        async def fake_dial(address: str, port: int) -> httpcore2.AsyncNetworkStream:
            found.dialled.append(address)
            return await dial("127.0.0.1", web.port)

        monkeypatch.setattr(door, "resolve", fake_resolve)
        monkeypatch.setattr(door, "dial", fake_dial)
        yield found
