"""Put the corpus wherever a page shows words: `python -m tests.e2e.hostile.seed` on a running installation's database.

Prints, as JSON, the name of the person whom all of it belongs to, and the pages that show one row of it.
"""

import json
import sys

import django


def main() -> None:
    django.setup()
    from django.db import transaction

    with transaction.atomic():
        sys.stdout.write(json.dumps(seed()))


def seed() -> dict[str, str]:
    """Fill every table that a page shows; the addresses of pages by name, and under `user` who sees them."""
    from tests.e2e.hostile import rows
    from tests.e2e.hostile.tasks import tasks

    owner = rows.people(cut(150))
    agents = rows.agents(owner, cut(100), cut(300))
    found = {f"chat: {name}": rows.conversation(owner, name, say(texts())) for name, say in rows.SAID.items()}
    found |= rows.titles(owner, cut(200)) | rows.steps(owner, agents, texts())
    rows.runs(owner, agents, texts())
    found |= rows.workflow(owner, agents, cut(2_000)) | tasks(owner, agents, cut(2_000))
    rows.small_things(owner, cut)
    return {"user": owner.username, **found, **rows.admin_pages()}


def texts() -> list[str]:
    """The corpus as it comes to the pages: what writes rows has made it storable."""
    from chat.log import clean
    from tests.e2e.hostile import CORPUS

    return [clean(text) for text in CORPUS.values()]


def cut(length: int) -> list[str]:
    """The corpus for a column of so many characters, each text once."""
    return list(dict.fromkeys(text[:length] for text in texts()))


if __name__ == "__main__":
    main()
