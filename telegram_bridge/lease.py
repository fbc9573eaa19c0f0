"""One telegram process at a time: whoever holds the lease fetches, handles and sends; the others wait for it to run out."""

from datetime import timedelta
from functools import cache
from pathlib import Path

from django.db.models import Q, QuerySet
from django.utils import timezone

from telegram_bridge.models import TelegramState
from telegram_bridge.models.settings import ONLY
from workflows.life import here

SECONDS = 15
RENEW_SECONDS = 5


def take(name: str) -> bool:
    """Take the lease, or keep it; False while somebody else has it."""
    now = timezone.now()
    holder = TelegramState.now().leased_by
    free = Q(leased_by__in=("", name)) | Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
    if is_dead(holder):
        free |= Q(leased_by=holder)
    return bool(TelegramState.objects.filter(free, pk=ONLY).update(leased_by=name, lease_expires_at=now + timedelta(seconds=SECONDS)))


def is_mine() -> bool:
    """Whether this process has the lease still, by the database: one that was stopped for a while learns here that it lost it."""
    return mine().exists()


def mine() -> QuerySet[TelegramState]:
    """The one row of state, while this process has the lease."""
    return TelegramState.objects.filter(pk=ONLY, leased_by=me(), lease_expires_at__gt=timezone.now())


def release(name: str) -> None:
    """Give it back, so that another process need not wait."""
    TelegramState.objects.filter(pk=ONLY, leased_by=name).update(leased_by="", lease_expires_at=None)


def me() -> str:
    """This process among those of all machines, and among which processes its number counts."""
    return f"{here()}@{neighbourhood()}"


@cache
def neighbourhood() -> str:
    """What names this boot of this machine and this container; empty where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def is_dead(name: str) -> bool:
    """Whether that process is one of our neighbours that is no more: then nobody needs to wait for its lease to run out."""
    process, _, where = name.partition("@")
    pid = process.rpartition(":")[2]
    return bool(where) and where == neighbourhood() and pid.isdecimal() and not Path(f"/proc/{pid}").exists()
