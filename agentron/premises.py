"""What must be true before Agentron starts on this machine: an address and a data folder of its own."""

import fcntl
import ipaddress
import os
import socket
from pathlib import Path
from typing import IO

from agentron.env import refuse


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_exposure(host: str, *, debug: bool) -> None:
    """Refuse to be reached from other machines before that is safe."""
    if is_loopback(host):
        return
    if debug:
        raise refuse(f"{host} can be reached from other machines, and DEBUG shows them the inside: unset DEBUG, or use --host 127.0.0.1.")
    if not os.environ.get("ALLOWED_HOSTS"):
        raise refuse(f"{host} can be reached from other machines: set ALLOWED_HOSTS to the names people will use, or use --host 127.0.0.1.")


def lock(folder: Path) -> IO[str]:
    """Take the data folder for this program until it and all its children have ended."""
    file = (folder / "up.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        file.seek(0)
        pid = file.read().strip()
        raise refuse(
            f"it is running on {folder} already (process {pid}): stop that first, or set AGENTRON_DATA to another folder."
        ) from exc
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port`, or a refusal that says why not."""
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as exc:
        if exc.errno == 98:  # EADDRINUSE
            raise refuse(f"port {port} on {host} is in use: stop what uses it, or choose another one with --port.") from exc
        raise refuse(f"{host}:{port} cannot be listened on ({exc.strerror or exc}): choose another --host or --port.") from exc
