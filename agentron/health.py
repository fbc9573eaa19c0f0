"""Whether this installation is alive, and ready to work."""

from typing import Literal

from django.db import Error
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from chat.http.problems import problem
from telegram_bridge.health import deaf
from workflows.models import Heartbeat

WORKER_SECONDS = 15
CLOCK_SECONDS = 60

router = Router(tags=["health"], auth=None)


class Live(Schema):
    status: Literal["ok"] = "ok"


class Ready(Schema):
    status: Literal["ready"] = "ready"


@router.get("/live", response=Live)
def live(request: HttpRequest) -> Live:
    """The web process answers."""
    return Live()


@router.get("/ready", response={200: Ready, 503: None})
def ready(request: HttpRequest) -> HttpResponse | Ready:
    """The database, a worker, the clock and, where it is switched on, Telegram are there; if not, `reasons` says what is missing."""
    if reasons := missing():
        return problem(503, "Not ready", " ".join(reasons), extra={"reasons": reasons})
    return Ready()


def missing() -> list[str]:
    """What is missing, a sentence each."""
    try:
        worker = Heartbeat.objects.filter(kind=Heartbeat.Kind.WORKER).alive(WORKER_SECONDS).exists()
        telegram = deaf()
        clock = Heartbeat.objects.filter(kind=Heartbeat.Kind.CLOCK).alive(CLOCK_SECONDS).exists()
    except Error:
        return ["The database does not answer: see the server's log."]
    reasons = []
    if not worker:
        reasons.append(f"No worker was heard of for {WORKER_SECONDS} s: start one with `agentron worker`.")
    if not clock:
        reasons.append(f"The clock has not ticked for {CLOCK_SECONDS} s: `agentron worker` starts one too.")
    if telegram:
        reasons.append(telegram)
    return reasons
