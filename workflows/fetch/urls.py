"""What may be asked for: one strict reading of a URL, so that nobody reads it in another way later."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna
from django.conf import settings

from workflows.fetch.addresses import is_public
from workflows.tools import ToolError

MAX_URL = 2_000
PORTS = {"http": 80, "https": 443}
ALLOWED_PORTS = (80, 443, 8080, 8443)
# RFC 3986's characters, and “%” for what is encoded already.
PATH_SAFE = "/%:@!$&'()*+,;=~-._"
QUERY_SAFE = PATH_SAFE + "?"

STRAY = re.compile(r"[\s\\\x00-\x1f\x7f]")
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
# Names that never lead out: RFC 6761, RFC 6762, RFC 9476 and what networks use inside.
INSIDE = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa", ".test", ".invalid", ".onion")


@dataclass(frozen=True)
class Target:
    """A URL that may be asked for; whether its host is public shows when the host is looked up."""

    scheme: str
    host: str
    port: int
    path: str  # with the query

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def site(self) -> tuple[str, str, int]:
        """What a credential for one page of it may be sent to: scheme, host and port (RFC 6454's origin)."""
        return self.scheme, self.host, self.port

    def join(self, location: str) -> "Target":
        """Where a redirect to `location` leads. Raises ToolError when it must not be followed."""
        # Servers often leave spaces as they are.
        location = plain(location.strip().replace(" ", "%20"))
        try:
            return parse(urljoin(str(self), location))
        except ValueError as exc:
            raise refused(location, "it is not a valid URL") from exc


def listed(host: str) -> bool:
    """Whether an administrator listed `host` in AGENTRON_FETCH_ALLOW."""
    return host in settings.AGENTRON_FETCH_ALLOW


def parse(text: str) -> Target:
    """The target that `text` names. Raises ToolError with what is wrong about it."""
    text = plain(text.strip())
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as exc:
        raise refused(text, "it is not a valid URL") from exc
    if parts.scheme not in PORTS or not parts.hostname:
        raise refused(text, "give a whole address that begins with https:// or http://")
    if "@" in parts.netloc:
        raise refused(text, "it carries a user name or password. Leave out everything up to the “@”")
    host = canonical(parts, text)
    port = PORTS[parts.scheme] if port is None else port
    if port not in ALLOWED_PORTS and not listed(host):
        raise refused(text, f"port {port} is not one for web pages. Only 80, 443, 8080 and 8443 can be fetched")
    query = f"?{quote(parts.query, safe=QUERY_SAFE)}" if parts.query else ""
    return Target(parts.scheme, host, port, quote(parts.path or "/", safe=PATH_SAFE) + query)


def plain(text: str) -> str:
    """`text`, if it has only what a URL may have. Others would leave out the rest, each in a way of its own."""
    if len(text) > MAX_URL:
        raise ToolError(f"The address has {len(text):,} characters: use one of at most {MAX_URL:,}.")
    if STRAY.search(text):
        raise refused(text, "it has spaces, control characters or backslashes in it. Encode them (a space is %20)")
    return text


def canonical(parts: SplitResult, text: str) -> str:
    """The host in its one right spelling. Raises ToolError for any other, and for names that never lead out."""
    try:
        host = spelled((parts.hostname or "").lower(), bracketed="[" in parts.netloc)
    except ValueError as exc:
        raise refused(text, "its host is not written as a plain name or address") from exc
    if not listed(host) and is_inside(host):
        raise not_public(host)
    return host


def is_inside(host: str) -> bool:
    """Whether `host` is out of bounds for sure, before it is looked up."""
    # Only true addresses have come this far that end like one.
    if ":" in host or NUMBER.fullmatch(host.rsplit(".", 1)[-1]):
        return not is_public(host)
    return "." not in host or f".{host}".endswith(INSIDE)


def spelled(host: str, *, bracketed: bool) -> str:
    """An address as the standards write it, or a name in ASCII. Raises ValueError where readers may differ."""
    if bracketed:
        if "%" in host:
            raise ValueError("a zone belongs to one machine")
        return str(IPv6Address(host))
    name = host if host.isascii() else idna.encode(host, uts46=True).decode()
    # What ends like a number is read as an IPv4 address by some: 2130706433, 0x7f.1, 0177.0.0.1 (WHATWG URL, 3.5).
    if NUMBER.fullmatch(name.removesuffix(".").rsplit(".", 1)[-1]):
        return str(IPv4Address(name))
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError("not a name")
    return name


def refused(text: str, why: str) -> ToolError:
    """That `text` cannot be fetched, and why."""
    shown = text if len(text) <= 100 else f"{text[:99]}…"
    return ToolError(f"“{shown}” cannot be fetched: {why}.")


def not_public(host: str) -> ToolError:
    """That `host` is out of bounds; nothing is said of what is there."""
    return ToolError(
        f"“{host[:100]}” is not on the public internet, and only public addresses can be fetched. "
        "If it has to be reached, an administrator can list it in AGENTRON_FETCH_ALLOW."
    )
