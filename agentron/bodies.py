"""No body that nobody could want: Daphne would keep all of it in memory before anybody asks who sent it."""

from typing import Any

from daphne import http_protocol

from chat.http.problems import plain

# A little more than DATA_UPLOAD_MAX_MEMORY_SIZE, up to which Django says the same with more context.
MOST = 3 * 1024 * 1024
# A client reads the answer only after it has sent for a while, and a connection closed at once takes the answer with it.
LINGER = 2


class BoundedRequest(http_protocol.WebRequest):  # type: ignore[misc, unused-ignore]
    """A request that is refused as soon as its body is announced too long, or turns out to be."""

    received = 0
    refused = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        """The headers are complete; a body in chunks has no length yet."""
        super().gotLength(length)
        if length is not None and length > MOST:
            self.refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Keep a piece of the body, unless it is one too many."""
        self.received += len(data)
        if self.received > MOST and not self.refused:
            self.refuse()
        if not self.refused:
            super().handleContentChunk(data)

    def process(self) -> Any:
        """All of the body has come: hand it over, unless it has been answered."""
        return None if self.refused else super().process()

    def refuse(self) -> None:
        """Answer in Django's stead, drop what still comes, and hang up."""
        self.refused = True
        # Twisted would ask for the body that has just been refused.
        self.requestHeaders.removeHeader(b"expect")
        answer = plain(413)
        answer["Content-Length"] = str(len(answer.content))
        answer["Connection"] = "close"
        transport = self.channel.transport
        transport.write(b"HTTP/1.1 413 Content Too Large\r\n" + answer.serialize_headers() + b"\r\n\r\n" + answer.content)
        self.channel.callLater(LINGER, transport.abortConnection)


def bound() -> None:
    """Let Daphne make such requests. It offers no place to say so."""
    http_protocol.WebRequest = BoundedRequest
