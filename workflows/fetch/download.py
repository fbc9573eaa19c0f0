"""Getting a page: a few hops, a limit on time and size, and text only."""

import asyncio
import re
import ssl
import zlib
from dataclasses import dataclass
from http import HTTPStatus

import httpcore2

from workflows.fetch.door import CheckedBackend, tls
from workflows.fetch.urls import Target, listed, parse
from workflows.tools import ToolError

TOTAL_SECONDS = 20
MAX_BODY = 2 * 1024 * 1024
MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
Headers = dict[bytes | str, bytes | str]
HEADERS: Headers = {
    "User-Agent": "Mozilla/5.0 (compatible; Agentron)",
    "Accept": "text/html,application/xhtml+xml,text/*;q=0.9,application/json;q=0.9,application/xml;q=0.9",
    # The one encoding that can be unpacked step by step within a limit.
    "Accept-Encoding": "gzip",
}
TEXTUAL = re.compile(r"text/.+|application/(json|xml|xhtml\+xml|x-ndjson|([\w.-]+\+(json|xml)))|", re.ASCII)


@dataclass(frozen=True)
class Page:
    """What an address gave. `cut` says that there was more than MAX_BODY of it."""

    asked: str
    url: str  # after redirects
    media_type: str  # empty when the server named none
    charset: str  # as declared; empty when it was not
    body: bytes
    cut: bool


async def download(url: str, bearer: str = "") -> Page:
    """The page at `url`, asked for with a token where there is one. Raises ToolError with a sentence when it cannot be had."""
    target = parse(url)
    if bearer and not (target.scheme == "https" or listed(target.host)):
        raise ToolError(f"{target} is not encrypted, so no token is sent there: use an address that begins with https://.")
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            return await follow(target, bearer)
    except TimeoutError as exc:
        raise ToolError(f"{target} took longer than {TOTAL_SECONDS} seconds: try again later, or another address.") from exc
    except httpcore2.ConnectError as exc:
        if untrusted(exc):
            raise ToolError(f"{target} has no certificate that can be trusted, or leads to a host without one.") from exc
        raise broken(target) from exc
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as exc:
        raise broken(target) from exc


def broken(target: Target) -> ToolError:
    return ToolError(f"{target} broke off or answered with something that is not HTTP: try again later, or another address.")


def untrusted(error: BaseException | None) -> bool:
    """Whether TLS is at the bottom of it; the libraries between wrap errors in errors."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None


async def follow(start: Target, bearer: str) -> Page:
    """The page that `start` leads to; each hop is parsed, looked up and checked anew. Only `start`'s own site is given the token."""
    target = start
    # No connection is kept: one that was checked for a hop is not there for the next.
    async with httpcore2.AsyncConnectionPool(tls(), max_keepalive_connections=0, network_backend=CheckedBackend()) as pool:
        for _ in range(MAX_REDIRECTS + 1):
            signed: Headers = {"Authorization": f"Bearer {bearer}"} if bearer and target.site == start.site else {}
            async with pool.stream("GET", str(target), headers=HEADERS | signed) as response:
                if response.status not in REDIRECTS:
                    return await taken(start, target, response)
                target = onward(target, header(response, b"location"))
    raise ToolError(f"{start} redirects more than {MAX_REDIRECTS} times: ask for the final address.")


def onward(target: Target, location: str) -> Target:
    """Where a redirect leads."""
    if not location:
        raise ToolError(f"{target} redirects to nowhere: try another address.")
    return target.join(location)


async def taken(start: Target, target: Target, response: httpcore2.Response) -> Page:
    """The answer as a page. Raises ToolError when it is none that can be read."""
    if not 200 <= response.status < 300:
        raise ToolError(f"{target} answered {phrase(response.status)}.")
    declared = header(response, b"content-type")
    media_type = declared.split(";")[0].strip().lower()
    if not TEXTUAL.fullmatch(media_type):
        raise ToolError(f"{target} is “{media_type[:100]}”, and only text, HTML, JSON and XML can be read.")
    body, cut = await content(target, response)
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", declared, re.IGNORECASE)
    return Page(str(start), str(target), media_type, charset[1] if charset else "", body, cut)


async def content(target: Target, response: httpcore2.Response) -> tuple[bytes, bool]:
    """The body, unpacked, and whether it was cut at MAX_BODY: on the wire or unpacked, whichever comes first."""
    encoding = header(response, b"content-encoding").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise ToolError(f"{target} is packed as “{encoding[:50]}”, which was not asked for: try another address.")
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if encoding.endswith("gzip") else None
    body, received = bytearray(), 0
    try:
        async for chunk in response.aiter_stream():
            received += len(chunk)
            body += unpack.decompress(chunk, MAX_BODY + 1 - len(body)) if unpack else chunk
            if len(body) > MAX_BODY or received > MAX_BODY:
                return bytes(body[:MAX_BODY]), True
    except zlib.error as exc:
        raise ToolError(f"{target} sent damaged data: try again later, or another address.") from exc
    return bytes(body), False


def header(response: httpcore2.Response, name: bytes) -> str:
    """The first header of that name, or an empty string."""
    return next((value.decode("utf-8", "replace") for key, value in response.headers if key.lower() == name), "")


def phrase(status: int) -> str:
    """A status with the standard's words for it, such as 404 Not Found."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
