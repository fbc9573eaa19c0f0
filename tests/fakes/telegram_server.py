"""A Telegram server for tests: the emulator from PyPI, and in front of it what it lacks.

In front of it stands a proxy that knows its tokens, records every call, has scripted faults, ends an older getUpdates by a newer one as
Telegram does, refuses to change messages that do not exist or would stay as they are, and takes fields that the emulator refuses.
"""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, FormData, web
from lo_bot_api_emulator import LoBotApiEmulator  # type: ignore[import-untyped]

from tests.fakes.telegram_chats import Chats
from tests.fakes.telegram_faults import Fault, conflict

TOKEN = "123456789:AAHk-TestTokenOfNobody_0123456789abcde"
USERNAME = "agentron_test_bot"
# Methods that the emulator does not know, and fields that it refuses.
UNKNOWN = ("setMessageReaction", "getChat", "pinChatMessage", "unpinChatMessage", "leaveChat")
REFUSED = ("link_preview_options", "message_thread_id", "reply_markup", "reply_parameters", "protect_content", "reaction")
JSON = (*REFUSED, "entities", "caption_entities", "commands", "allowed_updates", "scope")


@dataclass
class Call:
    """One call of a bot: what it wanted, and what it was told (0: nothing)."""

    method: str
    fields: dict[str, Any]
    files: dict[str, tuple[str, bytes]]
    at: float = field(default_factory=time.monotonic)
    status: int = 0
    result: Any = None

    @property
    def chat_id(self) -> int:
        return int(self.fields.get("chat_id", 0))


class Front:
    """The proxy. Everything here happens in its own event loop."""

    def __init__(self) -> None:
        self.emulator = LoBotApiEmulator(max_updates=5000, max_assets=1000, allow_insecure_loopback_webhooks=True)
        self.tokens, self.name = {TOKEN}, USERNAME
        self.calls: list[Call] = []
        self.faults: dict[str, list[Fault]] = {}
        self.chats = Chats()
        self.polling: dict[str, asyncio.Future[None]] = {}
        # Updates to be given once more with the next answer; and chance, where answers come doubled and out of order.
        self.again: list[dict[str, Any]] = []
        self.chance: random.Random | None = None
        self.given: list[dict[str, Any]] = []
        # The address that the bot wanted to be called at, and where its web server really is.
        self.hook, self.web = "", ""
        self.back = self.here = ""

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/bot{token}/{method}", self.handle)
        app.router.add_get("/file/bot{token}/{path:.*}", self.download)
        app.router.add_post("/hook", self.relay)
        return app

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call, to its end even when the caller hangs up; only waiting for updates ends with the caller."""
        method, token = request.match_info["method"], request.match_info["token"]
        if token not in self.tokens:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        call = Call(method, *await read(request))
        self.calls.append(call)
        if method == "getUpdates":
            return await self.answer(request, call, token)
        return await asyncio.shield(self.answer(request, call, token))

    async def answer(self, request: web.Request, call: Call, token: str) -> web.StreamResponse:
        if fault := self.fault(call):
            await asyncio.sleep(fault.seconds)
            if fault.done:
                await self.carry_out(call, token)
            if fault.status != 200:
                return self.fail(request, call, fault)
        else:
            await self.carry_out(call, token)
        body = {"ok": True, "result": call.result} if call.status == 200 else call.result
        return web.json_response(body, status=call.status)

    def fault(self, call: Call) -> Fault | None:
        """What goes wrong with this call."""
        for fault in self.faults.get(call.method, []):
            if fault.times != 0 and fault.chat_id in (None, call.chat_id):
                fault.times = fault.times and fault.times - 1
                return fault
        return None

    def fail(self, request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        """Answer with the fault."""
        call.status = fault.status
        if not fault.status:
            assert request.transport is not None
            request.transport.abort()
        elif fault.html:
            return web.Response(text="<html><h1>Bad Gateway</h1></html>", status=fault.status, content_type="text/html")
        return web.json_response(fault.body(), status=fault.status or 500)

    async def carry_out(self, call: Call, token: str) -> None:
        """Let the emulator do it, unless this is ours to answer."""
        if call.method == "getUpdates":
            await self.updates(call, token)
        elif refusal := self.chats.refusal(call.method, call.fields):
            call.status, call.result = 400, {"ok": False, "error_code": 400, "description": refusal}
        elif call.method in UNKNOWN:
            call.status, call.result = 200, True
        else:
            await self.forward(call, token)
        if call.status == 200 and call.method != "getUpdates":
            self.chats.apply(call.method, call.fields, call.files, call.result)

    async def forward(self, call: Call, token: str) -> None:
        """Hand the call on, without what the emulator refuses."""
        fields = {name: value for name, value in call.fields.items() if name not in ("link_preview_options", "message_thread_id")}
        markup = fields.get("reply_markup")
        if isinstance(markup, dict) and "inline_keyboard" in markup:
            rows = [[{k: v for k, v in button.items() if k != "style"} for button in row] for row in markup["inline_keyboard"]]
            fields["reply_markup"] = {"inline_keyboard": rows}
        elif markup and "force_reply" in markup:
            del fields["reply_markup"]
        if call.method == "setWebhook":
            self.hook, fields["url"] = fields.get("url", ""), f"{self.here}/hook" if fields.get("url") else ""
        elif call.method == "deleteWebhook":
            self.hook = ""
        await self.ask(call, token, fields)
        if call.status == 200 and call.method == "getMe":
            call.result |= {"id": int(token.partition(":")[0]), "username": self.name}
        elif call.status == 200 and call.method == "getWebhookInfo":
            call.result |= {"url": self.hook}

    async def ask(self, call: Call, token: str, fields: dict[str, Any]) -> None:
        """The call to the emulator itself."""
        data = FormData()
        for name, (filename, content) in call.files.items():
            data.add_field(name, content, filename=filename)
        for name, value in fields.items():
            data.add_field(name, value if isinstance(value, str) else json.dumps(value))
        given: dict[str, Any] = {"data": data} if call.files else {"json": fields}
        async with ClientSession() as client, client.post(f"{self.back}/bot{token}/{call.method}", **given) as response:
            call.status, body = response.status, await response.json()
            call.result = body["result"] if call.status == 200 else body

    async def updates(self, call: Call, token: str) -> None:
        """Wait for updates; whoever waited already with this token is sent away."""
        if (older := self.polling.pop(token, None)) and not older.done():
            older.set_result(None)
            await asyncio.sleep(0)
        self.polling[token] = newer = asyncio.get_running_loop().create_future()
        asked = asyncio.create_task(self.ask(call, token, call.fields))
        try:
            await asyncio.wait([asked, newer], return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                call.status, call.result = 409, conflict().body()
        finally:
            asked.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asked
        if call.status == 200:
            call.result = self.muddled([renamed(update) for update in call.result])

    def muddled(self, updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What is given again comes along; where chance reigns, some come doubled and none in order."""
        found, self.again = [*self.again, *updates], []
        self.given += updates
        if self.chance and found:
            found += self.chance.sample(self.given, min(3, len(self.given)))
            self.chance.shuffle(found)
        return found

    async def download(self, request: web.Request) -> web.StreamResponse:
        """A file's content; its fault is called `download`."""
        call = Call("download", {"path": request.match_info["path"]}, {})
        self.calls.append(call)
        if fault := self.fault(call):
            await asyncio.sleep(fault.seconds)
            if fault.status != 200:
                return self.fail(request, call, fault)
        async with ClientSession() as client, client.get(f"{self.back}{request.path}") as response:
            return web.Response(body=await response.read(), status=response.status)

    async def relay(self, request: web.Request) -> web.StreamResponse:
        """What the emulator sends to the webhook, under its true name and to the true server."""
        path = self.hook.split("/", 3)[-1]
        headers = {"X-Telegram-Bot-Api-Secret-Token": request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")}
        update = renamed(await request.json())
        async with ClientSession() as client, client.post(f"{self.web}/{path}", json=update, headers=headers) as response:
            return web.Response(status=response.status)


def renamed(update: dict[str, Any]) -> dict[str, Any]:
    """An update of a kind that the emulator does not know travels as a message that says its kind."""
    kind = update.get("message", {}).get("kind")
    return {"update_id": update["update_id"], kind: update["message"]["value"]} if kind else update


async def read(request: web.Request) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    """The fields and files of a call; what is JSON in a field is read as JSON."""
    fields: dict[str, Any] = {}
    files: dict[str, tuple[str, bytes]] = {}
    if request.content_type == "application/json":
        fields = await request.json()
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = (value.filename, value.file.read())
        else:
            fields[name] = json.loads(value) if name in JSON else value
    return fields, files


async def serve(ready: Callable[[Front], None], stop: asyncio.Event) -> None:
    """Serve the emulator and what stands in front of it, each on a free port, until `stop`."""
    front = Front()
    # Of a caller who hangs up, the wait for updates is to end at once.
    apps = (front.emulator.app(), front.app())
    runners = [web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None) for app in apps]
    ports = []
    for runner in runners:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ports.append(runner.addresses[0][1])
    front.back, front.here = (f"http://127.0.0.1:{port}" for port in ports)
    ready(front)
    await stop.wait()
    for runner in runners[::-1]:
        await runner.cleanup()
