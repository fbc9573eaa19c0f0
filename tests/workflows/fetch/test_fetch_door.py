"""Nothing that is not public is ever reached: whatever the URL, the name service or a redirect says."""

import httpcore2
import pytest
from pytest_django import Settings

from tests.fakes.web import redirect, reply
from tests.workflows.fetch.conftest import PUBLIC, Internet
from workflows.fetch import door
from workflows.fetch.download import download
from workflows.tools import ToolError

INSIDE = [
    # addresses, as they are
    "http://127.0.0.1/",
    "http://127.0.0.1:8080/",
    "http://127.1.2.3/",
    "http://0.0.0.0/",
    "http://10.0.0.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/latest/meta-data/",
    "http://168.63.129.16/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/",
    "http://172.16.0.1/",
    "http://192.0.0.192/",
    "http://192.168.0.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[::1]:8080/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    # IPv4 in IPv6's clothes
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::80ff:fffe]/",
    "http://[2606:2800:220:1:0:5efe:7f00:1]/",
    # odd spellings
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://127.0.0.1./",
    "http://127.0.0.01/",
    "http://1.1.1.256/",
    "http://08.8.8.8/",
    "http://0x8.0x8.0x8.0x8/",
    "http://010.8.8.8/",
    "http://8.8.2056/",
    "http://①②⑦.⓪.⓪.①/",
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://%31%32%37.0.0.1/",
    "http://[::1%25lo]/",
    "http://[fe80::1%25eth0]/",
    "http://[::1]@example.com/",
    "http://[127.0.0.1]/",
    # names
    "http://localhost/",
    "http://LOCALHOST:8080/",
    "http://localhost./",
    "http://ⓛocalhost/",
    "http://db.localhost/",
    "http://printer.local/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://router.lan/",
    "http://intranet/",
    "http://example.com./",
    "http://exa%6dple.com/",
    "http://inside.example.com/",
    "http://both.example.com/",
    "http://mapped.example.com/",
    "http://nat64.example.com/",
    # other doors
    "http://example.com:22/",
    "http://example.com:6379/",
    "http://example.com:0/",
    "http://example.com:99999/",
    "http://user@example.com/",
    "http://example.com:80@127.0.0.1/",
    "http://127.0.0.1\\@example.com/",
    "http://example.com\\@127.0.0.1/",
    "http://exam\tple.com/",
    "http://example.com/\r\nHost: x",
    "file:///etc/passwd",
    "ftp://example.com/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "unix:///var/run/docker.sock",
    "data:text/html,hello",
    "javascript:alert(1)",
    "//127.0.0.1/",
    "example.com",
    "http://",
    "http:///etc/passwd",
    "",
]


@pytest.fixture(autouse=True)
def _names(internet: Internet) -> None:
    """Names of a stranger who has set their addresses to harm."""
    internet.names |= {
        "inside.example.com": ["127.0.0.1"],
        "both.example.com": [PUBLIC, "10.0.0.1"],
        "mapped.example.com": ["::ffff:127.0.0.1"],
        "nat64.example.com": ["64:ff9b::7f00:1"],
    }
    internet.web.answers["/"] = reply("a secret")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "db.internal"])
async def test_of_a_host_and_a_port_that_are_out_of_bounds_the_host_is_named(host: str) -> None:
    with pytest.raises(ToolError, match="is not on the public internet"):
        await download(f"http://{host}:6379/")


@pytest.mark.parametrize("url", INSIDE)
async def test_a_url_that_leads_inside_reaches_nothing(internet: Internet, url: str) -> None:
    with pytest.raises(ToolError, match=r"\.$"):
        await download(url)

    assert internet.dialled == []
    assert internet.web.requests == []


# Those that a header can hold, and that lead anywhere but back to where they came from.
LOCATIONS = [url for url in INSIDE if ":" in url and url.isascii() and "\n" not in url and url not in ("http://", "http:///etc/passwd")]


@pytest.mark.parametrize("url", ["//127.0.0.1/", *LOCATIONS])
async def test_a_redirect_that_leads_inside_is_not_followed(internet: Internet, url: str) -> None:
    internet.web.answers["/start"] = redirect(url)

    with pytest.raises(ToolError, match=r"\.$"):
        await download("http://example.com/start")

    assert internet.dialled == [PUBLIC]
    assert len(internet.web.requests) == 1


async def test_the_connection_goes_to_the_address_that_was_checked(internet: Internet) -> None:
    page = await download("http://example.com/")

    assert page.body == b"a secret"
    assert (internet.asked, internet.dialled) == (["example.com"], [PUBLIC])
    assert internet.web.requests[0].headers["host"] == "example.com"


async def test_a_name_that_moves_inside_between_two_hops_is_not_followed(internet: Internet) -> None:
    turns = iter([[PUBLIC], ["127.0.0.1"]])

    class Rebinding(dict[str, list[str]]):
        def __getitem__(self, name: str) -> list[str]:
            return next(turns)

    internet.names = Rebinding({"example.com": []})
    internet.web.answers["/start"] = redirect("/")

    with pytest.raises(ToolError, match="not on the public internet"):
        await download("http://example.com/start")

    assert internet.dialled == [PUBLIC]


async def test_a_refusal_says_nothing_of_what_is_there(internet: Internet) -> None:
    with pytest.raises(ToolError) as refusal:
        await download("http://inside.example.com/")

    assert "127.0.0.1" not in str(refusal.value)
    assert "AGENTRON_FETCH_ALLOW" in str(refusal.value)


async def test_a_listed_host_may_be_inside_and_on_any_port(internet: Internet, settings: Settings) -> None:
    settings.AGENTRON_FETCH_ALLOW = ["wiki.internal", "127.0.0.1"]
    internet.names["wiki.internal"] = ["10.0.0.7"]

    assert (await download("http://wiki.internal:9000/")).body == b"a secret"
    assert (await download(f"http://127.0.0.1:{internet.web.port}/")).body == b"a secret"


async def test_a_listed_host_lists_no_other(internet: Internet, settings: Settings) -> None:
    settings.AGENTRON_FETCH_ALLOW = ["wiki.internal"]
    internet.names["wiki.internal"] = ["10.0.0.7"]
    internet.web.answers["/away"] = redirect("http://10.0.0.7/")

    with pytest.raises(ToolError, match="not on the public internet"):
        await download("http://wiki.internal/away")
    with pytest.raises(ToolError, match="not on the public internet"):
        await download("http://sub.wiki.internal/")

    assert internet.dialled == ["10.0.0.7"]


async def test_a_name_in_any_script_is_asked_for_in_ascii(internet: Internet) -> None:
    internet.names["xn--mnchen-3ya.de"] = [PUBLIC]
    internet.web.answers["/?q=gr%C3%B6%C3%9Fe"] = reply("found")

    page = await download("http://MÜNCHEN.de?q=größe#here")

    assert page.url == "http://xn--mnchen-3ya.de/?q=gr%C3%B6%C3%9Fe"


async def test_a_host_without_an_answer_on_its_first_address_is_reached_on_the_next(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    dial = door.dial

    async def refuse_first(address: str, port: int) -> httpcore2.AsyncNetworkStream:
        if address == "2606:2800::1":
            raise httpcore2.ConnectError
        return await dial(address, port)

    monkeypatch.setattr(door, "dial", refuse_first)
    internet.names["example.com"] = ["2606:2800::1", PUBLIC]

    assert (await download("http://example.com/")).body == b"a secret"


async def test_a_host_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch, internet: Internet) -> None:
    monkeypatch.undo()

    with pytest.raises(ToolError, match="There is no host"):
        await download("http://nobody.example.invalid-zone/")
