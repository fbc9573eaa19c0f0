"""Telegram's own parser says whether it would take a message. It works offline."""

import json
from typing import Any

import tdjson

from telegram_bridge.formatting import Chunk
from telegram_bridge.splitting import units

TYPES = {
    "blockquote": "BlockQuote",
    "bold": "Bold",
    "code": "Code",
    "italic": "Italic",
    "pre": "Pre",
    "strikethrough": "Strikethrough",
    "text_link": "TextUrl",
}


def ask(**query: Any) -> dict[str, Any]:
    """One synchronous request to TDLib."""
    answer = tdjson.td_execute(json.dumps({"@type": query.pop("type"), **query}).encode())
    assert answer
    found: dict[str, Any] = json.loads(answer)
    return found


ask(type="setLogVerbosityLevel", new_verbosity_level=0)


def entity(one: dict[str, Any]) -> dict[str, Any]:
    """An entity of the Bot API as TDLib names it."""
    kind = "PreCode" if one.get("language") else TYPES[one["type"]]
    named: dict[str, Any] = {"@type": f"textEntityType{kind}", **{key: one[key] for key in ("url", "language") if key in one}}
    return {"@type": "textEntity", "offset": one["offset"], "length": one["length"], "type": named}


def refusal(chunk: Chunk) -> str:
    """Why Telegram would not take a message; empty: it would."""
    if units(chunk.text) > 4096:
        return "message is too long"
    if len(chunk.entities) > 95:
        return "too many entities"
    text = {"@type": "formattedText", "text": chunk.text, "entities": [entity(one) for one in chunk.entities]}
    answer = ask(type="getMarkdownText", text=text)
    if answer["@type"] == "error":
        return str(answer["message"])
    return "" if answer.get("text") else "message text is empty"
