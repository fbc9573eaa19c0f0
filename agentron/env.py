"""Read every setting that comes from outside, and refuse a bad one with a sentence.

Values come from the environment, then `.env` beside manage.py (or where an installed program is started), then the secrets file in the data folder.
A bad value ends the process with one line that names it, whichever program was starting.
"""

import os
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

import environ
from cryptography.fernet import Fernet

T = TypeVar("T")

PACKAGE = Path(__file__).resolve().parent
# Templates and static files stand beside the packages in a checkout, and inside this one when it is installed.
SHIPPED = PACKAGE if (PACKAGE / "templates").is_dir() else PACKAGE.parent
# What belongs to one installation: beside manage.py, or where an installed program is started.
BASE_DIR = Path.cwd() if SHIPPED == PACKAGE else PACKAGE.parent
SECRETS_FILE = "secrets.env"
ADDRESS = re.compile(r"https?://([A-Za-z0-9_.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?/?")
HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def refuse(sentence: str) -> SystemExit:
    """The exit that a bad setting ends in: one line on stderr, status 1."""
    return SystemExit(f"agentron: {sentence}")


def read(name: str, kind: Callable[..., T], default: T, rule: str, ok: Callable[[T], bool]) -> T:
    """The setting `name` as `kind`; the start is refused with `rule` unless `ok(value)`. Empty counts as not set."""
    if not os.environ.get(name):
        return default
    try:
        value = kind(name, default=default)
    except (ValueError, environ.ImproperlyConfigured):
        value = None
    if value is None or not ok(value):
        raise refuse(f"{name}={os.environ.get(name, '')!r} is not valid: {rule}")
    return value


def whole(name: str, default: int, low: int = 1, high: int = 1_000_000) -> int:
    """A whole number from `low` to `high`."""
    rule = f"give a whole number from {low} to {high}."
    return read(name, env.int, default, rule, lambda value: low <= value <= high)


def dollars(name: str, default: float) -> float:
    """An amount of money, 0 or more."""
    return read(name, env.float, default, "give an amount in US dollars such as 2.50, or 0.", lambda value: 0 <= value < 1e9)


def flag(name: str, default: bool) -> bool:
    """A switch: 1/0, true/false, yes/no, on/off."""
    words = {"1", "0", "true", "false", "yes", "no", "on", "off", ""}
    if os.environ.get(name, "").strip().lower() not in words:
        raise refuse(f"{name}={os.environ[name]!r} is not valid: give true or false.")
    return bool(env.bool(name, default=default)) if os.environ.get(name) else default


def zone(name: str, default: str) -> str:
    """An IANA time zone such as Europe/Berlin."""
    rule = "give an IANA time zone such as Europe/Berlin."
    return read(name, env.str, default, rule, lambda value: value in available_timezones() and bool(ZoneInfo(value)))


def address(name: str) -> str:
    """Where people find the web, such as https://agentron.example.org; empty when not set, never with a slash at the end."""
    rule = "give an address such as https://agentron.example.org, without a path."
    return read(name, env.str, "", rule, lambda value: not value or bool(ADDRESS.fullmatch(value))).rstrip("/")


def hosts(name: str) -> list[str]:
    """Names or addresses of machines, comma-separated, without scheme and port."""
    rule = "give host names such as wiki.example.org, comma-separated, without https:// and port."
    text = read(name, env.str, "", rule, lambda value: all(HOST.fullmatch(host) for host in separate(value)))
    return separate(text)


def separate(text: str) -> list[str]:
    """What stands between commas, in lower case."""
    return [part.strip().lower() for part in text.split(",") if part.strip()]


def model_name(name: str) -> str:
    """A model such as openai:gpt-5.2; empty when there is none."""
    # The grammar of model names needs no settings; it is read where it lives.
    from workflows.llm.names import complaint

    value = str(env.str(name, default="")).strip()
    if sentence := complaint(value):
        raise refuse(f"{name}={value!r} is not valid: {sentence}")
    return value


def check_model_addresses() -> None:
    """Refuse the address of a model's server that is none; who reads it are the models, when they are called."""
    from workflows.llm.names import KINDS, is_web_address

    rule = "give an address such as http://localhost:8000/v1."
    for name in {kind.base_env for kind in KINDS.values()}:
        read(name, env.str, "", rule, lambda value: not value.strip() or is_web_address(value.strip()))


def data_folder() -> Path:
    """The folder for the database, secrets, sockets and backups; made on first use, private to its owner."""
    folder = Path(env.str("AGENTRON_DATA", default="") or BASE_DIR / "var").expanduser().resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("sockets", "static"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as exc:
        raise refuse(f"the data folder {folder} cannot be made ({exc.strerror}): set AGENTRON_DATA to one you may write.") from exc
    # Conversations are their owner's alone, also in a folder that others may enter.
    os.umask(0o077)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise refuse(f"the data folder {folder} cannot be written: set AGENTRON_DATA to one you may write.")
    return folder


def load_secrets(folder: Path) -> None:
    """Put SECRET_KEY and AGENTRON_ENCRYPTION_KEYS into the environment, making them on first start (mode 0600)."""
    if os.environ.get("SECRET_KEY") and os.environ.get("AGENTRON_ENCRYPTION_KEYS"):
        return
    path = folder / SECRETS_FILE
    for name in ("SECRET_KEY", "AGENTRON_ENCRYPTION_KEYS"):
        if not os.environ.get(name):
            os.environ.pop(name, None)  # Empty counts as not set, and would hide what the file says.
    try:
        make_secrets(path)
        environ.Env.read_env(path)
    except OSError as exc:
        raise refuse(f"{path} cannot be used ({exc.strerror}): make it readable, or set SECRET_KEY yourself.") from exc
    for name in ("SECRET_KEY", "AGENTRON_ENCRYPTION_KEYS"):
        if not os.environ.get(name):
            raise refuse(f"{name} is missing from {path}: restore the file from a backup, or set {name} yourself.")


def make_secrets(path: Path) -> None:
    """Write new secrets to `path` unless it exists; two processes starting at once end with one file."""
    if path.exists():
        return
    text = f"SECRET_KEY={secrets.token_urlsafe(50)}\nAGENTRON_ENCRYPTION_KEYS={Fernet.generate_key().decode()}\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A hard link fails when the name is taken, so the first process wins and the file is never half written.
        os.link(draft, path)
    except FileExistsError:
        print("agentron: secrets were made by another process just now", file=sys.stderr)
    finally:
        draft.unlink()


def encryption_keys() -> list[str]:
    """The Fernet keys, newest first; comma-separated in the environment."""
    keys = [key.strip() for key in env.str("AGENTRON_ENCRYPTION_KEYS", default="").split(",") if key.strip()]
    for key in keys:
        try:
            Fernet(key)
        except ValueError as exc:
            raise refuse(
                "AGENTRON_ENCRYPTION_KEYS holds something that is not a Fernet key: 32 url-safe base64 bytes each, comma-separated."
            ) from exc
    return keys
