"""`agentron tokens`: keys with which programs act as a person."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import IntegrityError, transaction

from chat.acting import Actor, acting
from chat.commands import Command as BaseCommand
from chat.commands import add_user_argument, the_user
from chat.errors import ConflictError, InvalidError, MissingError
from chat.models import ApiToken


class Command(BaseCommand):
    """Add, list and revoke API tokens."""

    help = "API tokens: add NAME, list, revoke NAME."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb, text in (("add", "make a token and print it once"), ("list", "list the tokens"), ("revoke", "end a token")):
            sub = verbs.add_parser(verb, help=text, description=text)
            add_user_argument(sub)
            if verb == "list":
                sub.add_argument("--json", action="store_true", help="print JSON")
                sub.add_argument("--all", action="store_true", help="the revoked ones too")
            else:
                sub.add_argument("name", help="what uses it, such as “backup script”")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(lambda: Actor(the_user(options["user"]).pk, "command line")):
            {"add": self.add, "list": self.list, "revoke": self.revoke}[options["verb"]](options)

    def add(self, options: dict[str, Any]) -> None:
        """Print the new token alone, for `TOKEN=$(agentron tokens add NAME)`."""
        name = options["name"].strip()
        if not 1 <= len(name) <= 100:
            raise InvalidError("A token's name has 1 to 100 characters: say what uses it.")
        try:
            with transaction.atomic():
                _, secret = ApiToken.issue(the_user(options["user"]), name)
        except IntegrityError as exc:
            raise ConflictError(f"There is a token “{name}” already: revoke it first, or choose another name.") from exc
        self.stdout.write(secret)

    def list(self, options: dict[str, Any]) -> None:
        tokens = ApiToken.objects.filter(user=the_user(options["user"]))
        if not options["all"]:
            tokens = tokens.filter(revoked_at=None)
        if options["json"]:
            names = ("name", "prefix", "created_at", "last_used_at", "revoked_at")
            self.print_json([{name: getattr(token, name) for name in names} for token in tokens])
            return
        rows = [(token.name, f"{token.prefix}…", day(token.created_at), day(token.last_used_at), day(token.revoked_at)) for token in tokens]
        self.print_table(("NAME", "TOKEN", "MADE", "LAST USED", "REVOKED"), rows)

    def revoke(self, options: dict[str, Any]) -> None:
        live = ApiToken.objects.filter(user=the_user(options["user"]), name=options["name"], revoked_at=None).first()
        if live is None or not live.revoke():
            raise MissingError(f"There is no token “{options['name']}” in use: `agentron tokens list` shows them.")
        self.stdout.write(f"Revoked “{options['name']}”.")


def day(at: Any) -> str:
    """A moment, short."""
    return f"{at:%Y-%m-%d %H:%M}" if at else "-"
