"""The door to the outside: every connection goes to an address that was checked a moment before."""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from functools import cache

import httpcore2

from workflows.fetch.addresses import is_public
from workflows.fetch.urls import listed, not_public
from workflows.tools import ToolError

CONNECT_SECONDS = 5
MAX_ADDRESSES = 3


class CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Looks a host up once, checks all of its addresses, and connects to one of those.

    The HTTP client asks for each connection by the URL's host, so redirects come through here too, and the name
    that TLS is verified against stays the URL's.
    """

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raises ToolError when any of the host's addresses is not public and nobody listed the host."""
        addresses = await resolve(host, port)
        if not listed(host) and not all(is_public(address) for address in addresses):
            raise not_public(host)
        for address in addresses[:MAX_ADDRESSES]:
            try:
                return await dial(address, port)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        raise ToolError(f"“{host[:100]}” does not accept connections on port {port}: try again later, or another address.")


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of `host`, each once, in the system's order. Raises ToolError when there is none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as exc:
        raise ToolError(f"There is no host “{host[:100]}”: check how it is spelled.") from exc
    return list(dict.fromkeys(str(item[4][0]) for item in found))


async def dial(address: str, port: int) -> httpcore2.AsyncNetworkStream:
    """A connection to an address; nothing is looked up any more."""
    return await httpcore2.AnyIOBackend().connect_tcp(address, port, timeout=CONNECT_SECONDS)


@cache
def tls() -> ssl.SSLContext:
    """The system's certificate authorities, read once."""
    return httpcore2.default_ssl_context()
