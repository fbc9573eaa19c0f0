"""`agentron up`: everything on this machine, with one command."""

import secrets
from argparse import ArgumentTypeError
from typing import Any

from django import db
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandParser

from agentron import premises, processes
from agentron.supervisor import Supervisor
from chat.commands import Command as BaseCommand
from chat.models import SignInLink
from chat.models.people import SIGN_IN_MINUTES
from workflows.llm import names
from workflows.llm.errors import ModelError

ADMIN = "admin"


def port(text: str) -> int:
    """A TCP port."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535.")
    return int(text)


class Command(BaseCommand):
    """Prepare the data folder and the database, then run everything until Ctrl-C."""

    help = "Start everything on this machine: the web and the worker. Ctrl-C stops it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=port, default=8000, help="port to listen on (8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        host = options["host"]
        premises.check_exposure(host, debug=settings.DEBUG)
        lock = premises.lock(settings.AGENTRON_DATA)
        listener = premises.listen(host, options["port"])
        call_command("migrate", interactive=False, verbosity=0)
        lines = [*self.first_admin(), *self.welcome(host, options["port"])]
        # A connection must not be shared with the children.
        db.connections.close_all()
        plans = [processes.web(listener), *processes.worker(settings.AGENTRON_CLUSTERS), processes.telegram()]
        Supervisor(plans, ready=lambda: self.show(lines)).run()
        lock.close()

    def first_admin(self) -> list[str]:
        """Make the first user, if there is none who may do everything; what to tell about it."""
        if User.objects.filter(is_superuser=True).exists():
            return []
        password = secrets.token_urlsafe(12)
        User.objects.create_superuser(ADMIN, password=password)
        return ["Made the first user. This password is not shown again:", f"  {ADMIN}  {password}", ""]

    def welcome(self, host: str, port: int) -> list[str]:
        """Where everything is, with a link to sign in when only this machine can be reached."""
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        base = settings.AGENTRON_URL or address
        lines = [f"Agentron is ready:  {base}/"]
        admin = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
        if admin and (settings.DEBUG or premises.is_loopback(host)):
            lines += [f"Sign in as {admin}: {base}/sign-in/{SignInLink.issue(admin)}/", f"  (works once, for {SIGN_IN_MINUTES} minutes)"]
        return [*lines, *self.mute_model(), f"Your data is in:    {settings.AGENTRON_DATA}", "Ctrl-C stops it."]

    def mute_model(self) -> list[str]:
        """A line where the default model will not answer, so that nobody finds out in the chat."""
        try:
            names.resolve()
        except ModelError as exc:
            return [f"No answers yet:     {exc}"]
        return []

    def show(self, lines: list[str]) -> None:
        """Print what a person needs to know; straight to the terminal, for a sign-in link is a secret."""
        self.stdout.write("\n" + "\n".join(f"  {line}" for line in lines) + "\n")
        self.stdout.flush()
