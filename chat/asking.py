"""A question on a terminal: all that a person needs to see before answering it, and how to answer."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime


def question_lines(body: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a question as its message holds it, the question first; what models wrote is not cleaned."""
    yield str(body.get("question", ""))
    if reason := body.get("reason"):
        yield str(reason)
    if (arguments := body.get("arguments")) and shows_call(body):
        yield f"{body.get('tool')} {'was' if 'again' in (body.get('decisions') or ()) else 'would be'} called with"
        yield from json.dumps(arguments, ensure_ascii=False, indent=2).splitlines()
    yield from (f"  - {option}" for option in body.get("options") or [])
    if fate := unanswered(body):
        yield fate
    yield how(body)


def shows_call(body: Mapping[str, Any]) -> bool:
    """Whether nobody can answer without seeing a call's arguments; a question for yes or no may hold all of them itself."""
    if body.get("question_kind") not in ("approval", "confirmation"):
        return False
    question, arguments = str(body.get("question", "")), body.get("arguments") or {}
    quoted = all(str(value) in question for value in arguments.values() if value not in (None, ""))
    return not quoted or "yes" not in (body.get("decisions") or ())


def unanswered(body: Mapping[str, Any]) -> str:
    """What happens when nobody answers; nothing where the run waits as long as it takes."""
    until = parse_datetime(str(body.get("expires_at") or ""))
    if until is None:
        return ""
    default = body.get("default")
    return f"Without an answer it {f'goes on with “{default}”' if default else 'fails'} at {until:%Y-%m-%d %H:%M} UTC."


def how(body: Mapping[str, Any]) -> str:
    """The command that answers, or the page where only a browser can."""
    pk, decisions = body.get("request_id"), body.get("decisions") or []
    if body.get("question_kind") == "credentials":
        return f"Give it on its own page, in a browser: {settings.AGENTRON_URL}/help/{pk}/credentials/"
    given = f"--decision {'|'.join(map(str, decisions))}" if decisions else '"TEXT"'
    return f"Answer with: agentron runs respond {pk} {given}"
