"""What goes over the wire compressed, and what does not."""

import gzip
from contextlib import closing

import pytest
from django.test import Client

# The end of a request looks after connections.
pytestmark = pytest.mark.django_db

ASKED = {"accept-encoding": "gzip"}


def read(client: Client, path: str, **headers: str) -> tuple[bytes, str]:
    """What comes of a file, and how it is encoded."""
    with closing(client.get(path, headers=headers)) as answer:
        return b"".join(answer), answer.headers.get("Content-Encoding", "")


@pytest.mark.parametrize("path", ["/static/agentron.css", "/static/django_htmx/htmx-2.min.js"])
def test_text_is_compressed_for_who_understands_it(client: Client, path: str) -> None:
    packed, encoding = read(client, path, **ASKED)

    assert encoding == "gzip"
    assert (gzip.decompress(packed), "") == read(client, path)


def test_a_font_is_not_compressed_again(client: Client) -> None:
    _, encoding = read(client, "/static/unfold/fonts/inter/Inter-Regular.woff2", **ASKED)

    assert encoding == ""
