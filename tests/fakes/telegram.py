"""Telegram as tests have it: a server that Agentron talks to, and the phones of the people who talk to it.

    with running() as telegram:                     # or the fixture `telegram`
        env |= telegram.env                         # TELEGRAM_API_URL and TELEGRAM_BOT_TOKEN
        asked = telegram.say("Hello")               # Ada writes in her private chat
        telegram.fault("sendMessage", wait(3))      # what goes wrong next: tests/fakes/telegram_faults.py
        telegram.sent(ADA.chat)[-1].text            # what the phone shows from the bot; .buttons, .reply_to, .silent, …
        telegram.press(question, "Yes")             # Ada presses a button
        telegram.calls("answerCallbackQuery")       # every call with its fields, even those that were refused

The server (telegram_server.py) lives in a thread of its own; all methods here may be called from any other.
"""

import asyncio
import re
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.telegram_chats import Sent
from tests.fakes.telegram_faults import Fault

if TYPE_CHECKING:
    from tests.fakes.telegram_server import Call, Front

TOKEN = "123456789:AAHk-TestTokenOfNobody_0123456789abcde"
BOT = 123456789
USERNAME = "agentron_test_bot"


@dataclass(frozen=True)
class Chat:
    """A chat: private, group or supergroup."""

    id: int
    type: str = "private"
    title: str = ""


@dataclass(frozen=True)
class Person:
    """Somebody with a phone."""

    id: int
    name: str
    username: str = ""

    @property
    def chat(self) -> Chat:
        """Where this person and the bot are alone."""
        return Chat(self.id, title=self.name)

    def body(self) -> dict[str, Any]:
        """The Bot API's User."""
        named = {"username": self.username} if self.username else {}
        return {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": "en", **named}


ADA = Person(1001, "Ada", "ada_l")
BOB = Person(1002, "Bob", "bob_b")
STRANGER = Person(6666, "Mallory")
GROUP = Chat(-4001, "group", "The team")
FORUM = Chat(-1004002, "supergroup", "The forum")
BOT_BODY = {"id": BOT, "is_bot": True, "first_name": "Agentron", "username": USERNAME}


class Telegram:
    """The server's face for tests, and what the people do."""

    def __init__(self, front: "Front", loop: asyncio.AbstractEventLoop) -> None:
        self.front, self.loop = front, loop
        self.url = front.here

    @property
    def env(self) -> dict[str, str]:
        """The environment that leads Agentron here."""
        return {"TELEGRAM_API_URL": self.url, "TELEGRAM_BOT_TOKEN": TOKEN}

    def do(self, what: Callable[[], Awaitable[Any]]) -> Any:
        """Have it done in the server's loop."""

        async def done() -> Any:
            return await what()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(20)

    def fault(self, method: str, *faults: Fault) -> None:
        """What goes wrong with the next calls of `method`, one after the other. `download` is fetching a file's content."""
        self.front.faults.setdefault(method, []).extend(faults)

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self.front.faults.clear()

    def calls(self, method: str = "", chat: Chat | None = None) -> list["Call"]:
        """The calls so far, oldest first."""
        return [one for one in list(self.front.calls) if method in ("", one.method) and (chat is None or one.chat_id == chat.id)]

    def shown(self, chat: Chat) -> list[Sent]:
        """What stands in a chat, oldest first."""
        return [one for one in list(self.front.chats.messages.values()) if one.chat_id == chat.id and not one.deleted]

    def sent(self, chat: Chat) -> list[Sent]:
        """What stands there from the bot."""
        return [one for one in self.shown(chat) if one.by_bot]

    def texts(self, chat: Chat) -> list[str]:
        """What stands there from the bot, as text."""
        return [one.text for one in self.sent(chat)]

    def wait(self, found: Callable[[], Any], seconds: float = 20, what: str = "it") -> Any:
        """What `found()` returns once it returns something."""
        end = time.monotonic() + seconds
        while not (result := found()):
            assert time.monotonic() < end, f"{what} did not happen within {seconds} s; the bot said {[o.text for o in self.said()]}"
            time.sleep(0.02)
        return result

    def said(self) -> list[Sent]:
        """Everything that the bot has written anywhere."""
        return [one for one in list(self.front.chats.messages.values()) if one.by_bot]

    def heard(self, part: str, chat: Chat = ADA.chat, seconds: float = 20) -> Sent:
        """The newest message of the bot with `part` in its text, once there is one."""
        return self.wait(lambda: next((one for one in self.sent(chat)[::-1] if part in one.text), None), seconds, f"“{part}”")  # type: ignore[no-any-return]

    def push(self, kind: str, value: dict[str, Any], update_id: int | None = None) -> int:
        """Hand the bot an update of any kind; its number. An update's number must be larger than those before."""
        plain = kind in ("message", "callback_query")
        update: dict[str, Any] = {kind: value} if plain else {"message": {"kind": kind, "value": value}}
        if update_id is not None:
            update["update_id"] = update_id
        return int(self.do(lambda: self.front.emulator.enqueue_update(update, token=TOKEN)))

    def say(self, text: str = "", *, by: Person = ADA, chat: Chat | None = None, **fields: Any) -> Sent:
        """Somebody writes. `reply_to` (a Sent), `thread_id`, `forwarded_from` (a Person), `quote` and raw fields of the Bot API's Message."""
        body = self.message(by, chat or by.chat, text, **fields)
        return self.put(body, text, self.push("message", body))

    def put(self, body: dict[str, Any], text: str, update_id: int) -> Sent:
        """Show what somebody has written."""
        sent = Sent(body["message_id"], body["chat"]["id"], text, by_bot=False, update_id=update_id, raw=body)
        return self.front.chats.add(sent)

    def message(
        self,
        by: Person,
        chat: Chat,
        text: str,
        *,
        reply_to: Sent | None = None,
        thread_id: int | None = None,
        forwarded_from: Person | None = None,
        quote: str = "",
        **raw: Any,
    ) -> dict[str, Any]:
        """The Bot API's Message."""
        media = any(name in raw for name in ("document", "photo", "voice", "video", "audio"))
        name = "caption" if media else "text"
        body = {"message_id": self.number(), "from": by.body(), "chat": place(chat, by), "date": int(time.time())}
        if text:
            body |= {name: text, "caption_entities" if media else "entities": entities(text)}
        if thread_id:
            body |= {"message_thread_id": thread_id, "is_topic_message": True}
        if reply_to:
            body["reply_to_message"] = self.quoted(reply_to, chat, by)
        if quote:
            body["quote"] = {"text": quote, "position": 0, "is_manual": True}
        if forwarded_from:
            body["forward_origin"] = {"type": "user", "sender_user": forwarded_from.body(), "date": int(time.time())}
        return {**body, **raw}

    def quoted(self, sent: Sent, chat: Chat, by: Person) -> dict[str, Any]:
        """A message as it comes along with a reply to it."""
        if not sent.by_bot:
            return {key: value for key, value in sent.raw.items() if key != "reply_to_message"}
        return {"message_id": sent.id, "from": BOT_BODY, "chat": place(chat, by), "date": int(time.time()), "text": sent.text}

    def number(self) -> int:
        """The next message's number."""

        async def take() -> int:
            self.front.emulator.next_id += 1
            return int(self.front.emulator.next_id - 1)

        return int(self.do(take))

    def press(self, sent: Sent, button: str, *, by: Person = ADA, data: str | None = None) -> str:
        """Somebody presses a button, or (`data`) claims to have; the query's id."""
        query = f"q{self.number()}"
        chat = (
            Chat(sent.chat_id)
            if sent.chat_id > 0
            else next((c for c in (GROUP, FORUM) if c.id == sent.chat_id), Chat(sent.chat_id, "group"))
        )
        body = {"id": query, "from": by.body(), "message": self.quoted(sent, chat, by), "chat_instance": "-1"}
        self.push("callback_query", {**body, "data": sent.data(button) if data is None else data})
        return query

    def toast(self, query: str, seconds: float = 20) -> str:
        """What the answer to a pressed button said, once there is one."""
        found = self.wait(
            lambda: [c for c in self.calls("answerCallbackQuery") if c.fields["callback_query_id"] == query], seconds, "the toast"
        )
        return str(found[0].fields.get("text", ""))

    def edit(self, sent: Sent, text: str) -> int:
        """Whoever wrote a message changes it; the update's number."""
        return self.push("edited_message", {**sent.raw, "text": text, "entities": entities(text), "edit_date": int(time.time())})

    def document(self, name: str, content: bytes, content_type: str = "text/plain", caption: str = "", **more: Any) -> Sent:
        """Somebody sends a document."""
        return self.say(caption, document=self.stored(name, content, content_type), **more)

    def photo(self, content: bytes, caption: str = "", **more: Any) -> Sent:
        """Somebody sends a photo."""
        found = self.stored("", content, "")
        sizes = [{**found, "width": 90, "height": 90}, {**found, "width": 800, "height": 800}]
        return self.say(caption, photo=sizes, **more)

    def album(self, photos: list[bytes], caption: str = "", **more: Any) -> list[Sent]:
        """Somebody sends several photos at once: updates of their own, the caption with the first."""
        group = f"album-{self.number()}"
        return [self.photo(content, caption * (not n), media_group_id=group, **more) for n, content in enumerate(photos)]

    def stored(self, name: str, content: bytes, content_type: str) -> dict[str, Any]:
        """A file at Telegram's, as a document of the Bot API."""
        number = f"file-{self.number()}"

        async def keep() -> None:
            self.front.emulator.assets[number] = {"data": content, "filename": name, "size": len(content)}

        self.do(keep)
        found = {"file_id": number, "file_unique_id": f"{number}-unique", "file_size": len(content)}
        return {**found, "file_name": name, "mime_type": content_type} if name else found


def place(chat: Chat, by: Person) -> dict[str, Any]:
    """The Bot API's Chat."""
    if chat.type == "private":
        return {"id": chat.id, "type": "private", "first_name": by.name}
    return {"id": chat.id, "type": chat.type, "title": chat.title, **({"is_forum": True} if chat is FORUM else {})}


def entities(text: str) -> list[dict[str, Any]]:
    """The commands and mentions that Telegram finds in a text; places are in UTF-16 units."""
    found = []
    for match in re.finditer(r"(?<!\S)/\w+(?:@\w+)?|(?<!\w)@\w{4,}", text):
        kind = "bot_command" if match[0].startswith("/") else "mention"
        found.append({"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])})
    return found


def units(text: str) -> int:
    """How long a text is for Telegram."""
    return len(text.encode("utf-16-le")) // 2


@contextmanager
def running() -> Iterator[Telegram]:
    """A server on a free port, for as long as the block lasts."""
    from tests.fakes.telegram_server import serve

    loop, started = asyncio.new_event_loop(), threading.Event()
    fronts: list[Front] = []
    stop = asyncio.Event()

    def ready(front: "Front") -> None:
        fronts.append(front)
        started.set()

    def answer() -> None:
        # At its end it cancels the calls that are still being answered.
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve(ready, stop))

    thread = threading.Thread(target=answer)
    thread.start()
    assert started.wait(20)
    try:
        yield Telegram(fronts[0], loop)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


@pytest.fixture
def telegram(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Telegram]:
    """A server, and an environment in which Telegram is that server."""
    with running() as found:
        settings.TELEGRAM_API_URL = found.url
        for name, value in found.env.items():
            monkeypatch.setenv(name, value)
        yield found
