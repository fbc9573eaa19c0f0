"""The same POST twice does its work once and gets the same answer, for seven days."""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from ninja import Status
from pydantic import BaseModel

from chat.errors import InvalidError
from chat.http.auth import person
from chat.models import IdempotencyKey
from chat.models.people import IDEMPOTENCY_DAYS

HEADER = "Idempotency-Key"
PATTERN = r"^[\x21-\x7e]{1,255}$"
PARAMETER = {
    "parameters": [
        {
            "in": "header",
            "name": HEADER,
            "required": False,
            "description": "Send the same key with a repeat: it is answered from memory for seven days, and does nothing.",
            "schema": {"type": "string", "pattern": PATTERN},
        }
    ]
}

Answer = BaseModel | Status[Any]
View = Callable[..., Answer]


def idempotent(status: int) -> Callable[[View], Callable[..., Any]]:
    """Let a view that answers with `status`, unless it says with which other one, be asked again under one Idempotency-Key."""

    def decorate(view: View) -> Callable[..., Any]:
        @functools.wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | Status[Any]:
            key = request.headers.get(HEADER)
            if key is None:
                return told(view(request, *args, **kwargs), status)
            return once(request, key, lambda: told(view(request, *args, **kwargs), status))

        return wrapper

    return decorate


def told(answer: Answer, status: int) -> Status[Any]:
    """An answer with its own status, else with the usual one."""
    return answer if isinstance(answer, Status) else Status(status, answer)


def once(request: HttpRequest, key: str, work: Callable[[], Status[Any]]) -> HttpResponse:
    """Answer with what `work` returns, or with what it returned under this key before.

    The key, the work and the answer commit together. Of two requests at the same instant one waits for the other:
    on SQLite at the start of the transaction, on PostgreSQL at the unique constraint. What is refused leaves no key.
    """
    if not re.match(PATTERN, key):
        sentence = f"{HEADER} takes 1 to 255 visible ASCII characters: a UUID is a good one."
        raise InvalidError(sentence, fields={HEADER: sentence})
    identity = {"user": person(request), "method": str(request.method), "path": request.path[:300], "key": key}
    with transaction.atomic():
        too_old = timezone.now() - timedelta(days=IDEMPOTENCY_DAYS)
        IdempotencyKey.objects.filter(**identity, created_at__lt=too_old).delete()
        body_hash = fingerprint(request.body)
        kept, fresh = IdempotencyKey.objects.get_or_create(**identity, defaults={"body_hash": body_hash, "status": 200, "answer": {}})
        if fresh:
            done = work()
            kept.status, kept.answer = done.status_code, done.value.model_dump(mode="json")
            kept.save(update_fields=["status", "answer"])
        elif kept.body_hash != body_hash:
            sentence = f"This {HEADER} was used with another body: make a new key for each new request."
            raise InvalidError(sentence, fields={HEADER: sentence})
    response = JsonResponse(kept.answer, status=kept.status)
    response["Idempotency-Replayed"] = "false" if fresh else "true"
    return response


def fingerprint(body: bytes) -> str:
    """The same for bodies that say the same, whatever their spacing and the order of their members."""
    same = json.dumps(json.loads(body), sort_keys=True) if body else ""
    return hashlib.sha256(same.encode()).hexdigest()
