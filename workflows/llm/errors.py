"""What can go wrong with a model, as sentences that say what to do.

No sentence holds a key, a request or what a server answered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workflows.llm.names import Source

# Statuses that say "not now", whatever class the library gives them (RFC 9110, RFC 8470).
TRY_AGAIN = (408, 409, 425)
UNKNOWN = "{who} cannot be used as it is set up: check the provider and the model's name."


class ModelError(Exception):
    """A model gave no answer. `str()` is the sentence for the person; `retry_after` is in seconds."""

    def __init__(self, sentence: str, *, retryable: bool = False, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retryable = retryable
        self.retry_after = retry_after

    @property
    def cause(self) -> str:
        """What happened, without what to do about it and without a full stop."""
        return str(self).partition(": ")[0].removesuffix(".")


@dataclass(frozen=True)
class Rule:
    """What an error of these classes means. The sentence may name {who}, {model}, {address} and {key_place}."""

    classes: tuple[type[BaseException], ...]
    retryable: bool
    sentence: str
    when: Callable[[BaseException], bool] = lambda _: True


@cache
def rules() -> tuple[Rule, ...]:
    """First match wins, so the special stands before the general."""
    import httpx2
    from pydantic_ai import exceptions as ai

    return (
        Rule((ai.ModelQuotaExceededError,), False, "{who} says that the account's quota or credit is used up: check its plan and billing."),
        Rule((ai.ModelRateLimitError,), True, "{who} is being asked too often: wait a moment, then try again."),
        Rule((ai.ModelUnavailableError,), True, "{who} is overloaded or down just now: try again in a few minutes."),
        Rule((ai.ModelServerError,), True, "{who} failed with an error of its own: try again in a few minutes."),
        Rule((ai.ModelConnectionError, httpx2.HTTPError), True, "{who} cannot be reached at {address}: check the address.", never_sent),
        Rule(
            (ai.ModelTimeoutError, ai.ModelRequestTimeout, httpx2.TimeoutException),
            True,
            "{who} fell silent in the middle of its work: try again, or choose a faster model.",
        ),
        Rule(
            (ai.ModelConnectionError, httpx2.HTTPError),
            True,
            "The connection to {who} broke off before the answer was complete: try again.",
        ),
        Rule((ai.ModelAuthenticationError,), False, "{who} refused the key: check {key_place}."),
        Rule((ai.ModelNotFoundError,), False, "{who} has no model “{model}” at {address}: check the model's name and the address."),
        Rule(
            (ai.ModelContextWindowExceededError,),
            False,
            "The conversation is too long for {model}: start a new one, or choose a model that holds more.",
        ),
        Rule((ai.ContentFilterError,), False, "{who} withheld the answer under its content rules: put the request another way."),
        Rule(
            (ai.OutputTokenLimitExceeded,), False, "The answer is longer than {model} can give at once: ask for less, or for a part of it."
        ),
        Rule(
            (ai.UsageLimitExceeded,),
            False,
            "The limit of model calls is used up: raise the agent's limits, or ask for less at once.",
            calls,
        ),
        Rule((ai.UsageLimitExceeded,), False, "The limit of tokens or cost is used up: raise the agent's limits, or ask for less at once."),
        Rule(
            (ai.UnexpectedModelBehavior,),
            False,
            "A tool was called wrongly again and again: ask in another way, or choose another model.",
            gave_up,
        ),
        Rule((ai.UnexpectedModelBehavior,), True, "{who} sent an answer that cannot be read: try again, or choose another model."),
        Rule((ai.ModelHTTPError,), True, "{who} could not answer just now: try again in a few minutes.", not_now),
        Rule(
            (ai.ModelRequestRejectedError, ai.ModelHTTPError),
            False,
            "{who} did not accept the request: {model} may not support tools or streaming. Choose another model.",
        ),
        # Without a status: an error in the middle of a stream, or a stream that ended before its end.
        Rule((ai.ModelAPIError,), True, "{who} broke off before the answer was complete: try again."),
    )


def explain(exc: BaseException, source: "Source | None" = None) -> ModelError:
    """`exc` in plain words; `source` lets the sentence name the service."""
    if isinstance(exc, ModelError):
        return exc
    rule = next((rule for rule in rules() if isinstance(exc, rule.classes) and rule.when(exc)), None)
    words = {"who": "the model", "model": "the model", "address": "its address", "key_place": "where it is kept"}
    if source:
        words = {"who": source.label, "model": source.model, "address": source.base_url, "key_place": source.key_place}
    sentence = (rule.sentence if rule else UNKNOWN).format(**words)
    retryable = rule is not None and rule.retryable
    retry_after = getattr(exc, "retry_after", None) if retryable else None
    return ModelError(sentence[0].upper() + sentence[1:], retryable=retryable, retry_after=retry_after)


def never_sent(exc: BaseException) -> bool:
    """Whether no connection was made, so the address is the likely mistake."""
    import httpx2

    return getattr(exc, "phase", None) == "connect" or isinstance(exc, httpx2.ConnectError | httpx2.ConnectTimeout)


def calls(exc: BaseException) -> bool:
    """Whether a count of calls was the limit, not of tokens or money."""
    return "request_limit" in str(exc) or "tool_calls_limit" in str(exc)


def gave_up(exc: BaseException) -> bool:
    """Whether the library let the model try again, until it had tried often enough."""
    return "exceeded max" in str(exc).lower()


def not_now(exc: BaseException) -> bool:
    """Whether the status asks to come back later."""
    return getattr(exc, "status_code", 0) in TRY_AGAIN
