"""From what a tool's function does to what the journal and the model are told."""

import logging
import traceback
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

from django.db import transaction

from chat import log
from chat.acting import Actor, acting
from workflows.concealing import conceal, conceal_in, concealed
from workflows.errors import RefusedError
from workflows.ledger import Outcome
from workflows.llm.types import Failure, Result
from workflows.models import HelpRequest
from workflows.tools import Question, Tool, ToolContext, ToolError

logger = logging.getLogger(__name__)

MAX_RESULT = 50_000


class Caught:
    """What a tool's function returned, or the sentence it failed with."""

    value: Any = None
    failure: Failure | None = None

    def outcome(self) -> Outcome | Question:
        if self.failure:
            return Failure(conceal(self.failure.sentence))
        return self.value if isinstance(self.value, Question) else Result(shown(self.value))


@contextmanager
def plain(tool: Tool) -> Iterator[Caught]:
    """Turn whatever a tool raises into a sentence: one broken tool must not end the run that tried it."""
    caught = Caught()
    try:
        yield caught
    except (ToolError, RefusedError) as exc:
        caught.failure = Failure(str(exc))
    except Exception:  # noqa: BLE001 - tools are anybody's code; CancelledError and the like pass
        # As text, for whatever it was called with may stand in it.
        logger.error("The tool %s broke\n%s", tool.name, conceal(traceback.format_exc()))
        caught.failure = Failure(f"{tool.name} is broken: it raised an error of its own. Go on without it.")


def attempt(tool: Tool, context: ToolContext, arguments: dict[str, Any]) -> Outcome | Question:
    """Call a synchronous tool; what an atomic one wrote before it failed is undone."""
    # Any other may take long: an open transaction would hold up everybody who writes.
    whole = transaction.atomic() if tool.atomic else nullcontext()
    with plain(tool) as caught, acting(partial(actor_of, tool, context)), whole:
        caught.value = tool.function(context, **arguments)
    return caught.outcome()


def attempt_hiding(secrets: Collection[str], tool: Tool, context: ToolContext, arguments: dict[str, Any]) -> Outcome | Question:
    """The same, `secrets` concealed for as long as it takes, though nobody may wait for it any more."""
    with concealed(secrets):
        return attempt(tool, context, arguments)


def actor_of(tool: Tool, context: ToolContext) -> Actor:
    """Who acts in a tool: the run's owner, by way of the run."""
    return Actor(context.owner_id, "tool", more={"tool": tool.name, "run": str(context.run_id)})


def shown(value: Any) -> Any:
    """A result as JSON data of bounded size."""
    if value is None:
        return "Done."
    data = log.storable(value)
    if len(text := data if isinstance(data, str) else str(data)) <= MAX_RESULT:
        return conceal_in(data)
    # More than is kept, so that no secret is cut in two before it is found; and not all of it, which would take long.
    return f"{conceal(text[: 2 * MAX_RESULT])[:MAX_RESULT]}\n[cut: {len(text):,} characters in all]"


def question(asked: Question, tool: Tool) -> dict[str, Any]:
    """The fields of the HelpRequest that a tool's Question becomes."""
    return {
        "kind": asked.kind,
        "question": conceal(log.clean(asked.question)),
        "options": conceal_in(log.storable(asked.options)),
        "decisions": ["yes", "no"] if asked.kind == HelpRequest.Kind.CONFIRMATION else [],
        "reason": conceal(log.clean(asked.reason)),
        "default": conceal(log.clean(asked.default)),
        "expires_in": asked.hours * 3600 or None,
        "tool": tool.name,
    }
