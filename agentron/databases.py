"""The database of DATABASE_URL, set up the way it was measured to be safe and quick."""

from pathlib import Path
from typing import Any

import environ

from agentron.env import env, refuse

RULE = "DATABASE_URL is not valid: give sqlite:///FILE or postgres://USER:PASSWORD@HOST/NAME."


def database(folder: Path) -> dict[str, Any]:
    """Django's settings for it; SQLite in `folder` when it is not set."""
    url = env.str("DATABASE_URL", default="") or f"sqlite:///{folder / 'agentron.sqlite3'}"
    scheme = url.partition("://")[0]
    if scheme not in ("sqlite", "postgres", "postgresql"):
        raise refuse(RULE)
    try:
        found: dict[str, Any] = environ.Env.db_url_config(url)
    except (ValueError, environ.ImproperlyConfigured) as exc:
        raise refuse(RULE) from exc
    if not found["NAME"]:
        raise refuse(RULE)
    return sqlite(found) if scheme == "sqlite" else postgres(found)


def sqlite(found: dict[str, Any]) -> dict[str, Any]:
    """SQLite for many writers."""
    # Deferred transactions that read and then write fail under load; IMMEDIATE waits its turn.
    # The wait stays below the lease, so that a lock cannot outlive one.
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
    }
    # Its writers stand in line; SQLite's own let some wait until they fail.
    return {**found, "ENGINE": "agentron.sqlite3", "OPTIONS": options, "CONN_MAX_AGE": None}


def postgres(found: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL over connections that are kept, and given up when they hang."""
    options = {
        "options": "-c statement_timeout=30s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s",
        "connect_timeout": 5,
        # A peer that vanished without a word is noticed by the kernel within ten seconds.
        "keepalives_idle": 4,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    return {**found, "OPTIONS": {**options, **found.get("OPTIONS", {})}, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
