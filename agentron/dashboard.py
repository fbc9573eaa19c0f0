"""The admin's front page: what is queued, runs, waits and fails, what it costs, and whether anybody works."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, QuerySet, Sum, Value
from django.http import HttpRequest
from django.utils import timezone

from agentron.charts import Chart, Column, bars, highest
from agentron.presence import presences
from chat.figures import count, money
from chat.markdown import render
from telegram_bridge.health import health
from workflows import queue
from workflows.answering import answering
from workflows.models import Heartbeat, HelpRequest, Run, RunStatus

DAYS = 14
SHOWN = 6
BEATS = 500
OUTCOMES = {RunStatus.SUCCEEDED: "Succeeded", RunStatus.FAILED: "Failed", RunStatus.CANCELLED: "Cancelled"}


@dataclass
class Day:
    """What ended on one day of the reader's calendar."""

    day: date
    ended: dict[str, int] = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal()


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the front page knows; for the theme's DASHBOARD_CALLBACK. Those who may see no runs see no figures."""
    context["title"] = "Overview"
    if request.user.has_perm("workflows.view_run"):
        context |= overview(timezone.localtime())
        context["telegram_settings"] = request.user.has_perm("telegram_bridge.view_telegramsettings")
    return context


def overview(now: datetime) -> dict[str, Any]:
    """All figures at `now`, whose zone is the reader's, in a fixed number of queries over indexed ranges."""
    history = days(now)
    failed = Run.objects.filter(status=RunStatus.FAILED, finished_at__gt=now - timedelta(days=1))
    people = presences(Heartbeat.objects.order_by("-at")[:BEATS], now)
    telegram = health(now)
    return {
        "now": now,
        "begun": Run.objects.exists(),
        "load": queue.load(),
        "asked": HelpRequest.objects.filter(status="open").aggregate(number=Count("pk"), since=Min("asked_at")),
        "failed": failed.count(),
        "charts": [chart for chart in (runs_chart(history), tokens_chart(history), cost_chart(history)) if not chart.is_flat],
        "presences": people,
        "missing": [render(sentence) for sentence in (*(one.sentence for one in people), telegram.wrong) if sentence],
        "telegram_health": telegram,
        "failures": recent_failures(now),
        "questions": HelpRequest.objects.open().select_related("run__owner", "run__conversation")[:SHOWN],
        "answering": answering(),
    }


def recent_failures(now: datetime) -> QuerySet[Run]:
    """The newest failures of the days that the charts show."""
    found = Run.objects.filter(status=RunStatus.FAILED, finished_at__gte=midnight(now, DAYS - 1))
    return found.select_related("owner", "conversation").defer("input", "output").order_by("-finished_at")[:SHOWN]


def midnight(now: datetime, back: int) -> datetime:
    """When the day began that was `back` days ago; a day is as long as its zone makes it."""
    return datetime.combine(now.date() - timedelta(days=back), time.min, tzinfo=now.tzinfo)


def days(now: datetime) -> list[Day]:
    """The last days, the oldest first, each added up by the database from the index of finished runs."""
    found = [Day(now.date() - timedelta(days=back)) for back in reversed(range(DAYS))]
    parts = [ended_between(place, midnight(now, back), midnight(now, back - 1)) for place, back in enumerate(reversed(range(DAYS)))]
    for place, status, runs, sent, received, cost in parts[0].union(*parts[1:], all=True):
        day = found[place]
        day.ended[status] = runs
        day.input_tokens += sent
        day.output_tokens += received
        day.cost += cost or 0
    return found


def ended_between(place: int, start: datetime, end: datetime) -> Any:
    """Runs that ended in a span of time, added up by outcome."""
    ended = Run.objects.order_by().filter(finished_at__gte=start, finished_at__lt=end).values("status")
    sums = {"sent": Sum("input_tokens"), "received": Sum("output_tokens"), "spent": Sum("cost")}
    return ended.annotate(place=Value(place), runs=Count("*"), **sums).values_list("place", "status", "runs", *sums)


def runs_chart(history: Iterable[Day]) -> Chart:
    """Runs by day, with their outcome."""
    columns = [Column(day.day, {kind: day.ended.get(kind, 0) for kind in OUTCOMES}, ended_words(day)) for day in history]
    total = sum(sum(day.ended.values()) for day in history)
    return Chart("runs", "Runs by day", f"{count(total)} ended", count(round(highest(columns))), list(OUTCOMES.items()), bars(columns))


def ended_words(day: Day) -> str:
    """The outcomes of a day in words."""
    told = [f"{count(day.ended[kind])} {label.lower()}" for kind, label in OUTCOMES.items() if day.ended.get(kind)]
    return ", ".join(told) or "none"


def tokens_chart(history: Iterable[Day]) -> Chart:
    """Tokens by day, sent and received."""
    columns = [
        Column(
            day.day,
            {"sent": day.input_tokens, "received": day.output_tokens},
            f"{count(day.input_tokens)} sent, {count(day.output_tokens)} received",
        )
        for day in history
    ]
    total = sum(day.input_tokens + day.output_tokens for day in history)
    legend = [("sent", "Sent"), ("received", "Received")]
    return Chart("tokens", "Tokens by day", count(total), count(round(highest(columns))), legend, bars(columns))


def cost_chart(history: Iterable[Day]) -> Chart:
    """US dollars by day, where prices are known."""
    columns = [Column(day.day, {"cost": float(day.cost)}, money(day.cost)) for day in history]
    total = sum((day.cost for day in history), Decimal())
    return Chart("cost", "Cost by day", money(total), money(Decimal(highest(columns))), [], bars(columns))
