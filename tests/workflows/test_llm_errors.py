"""Which failure of a model becomes which sentence."""

import httpx2
import pytest
from pydantic_ai import exceptions as ai

from workflows.llm.errors import ModelError, explain
from workflows.llm.names import Source

SOURCE = Source("openai", "openai", "gpt-5.2", "OpenAI", "https://api.openai.com/v1", "sk-secret", "OPENAI_API_KEY")


def http(category: type[ai.ModelAPIError] | None, status: int, **fields: object) -> ai.ModelHTTPError:
    body = {"error": "key sk-secret is wrong"}
    return ai.ModelHTTPError.for_category(category, status_code=status, model_name="gpt-5.2", body=body, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "retryable", "words"),
    [
        (http(ai.ModelRateLimitError, 429), True, "OpenAI is being asked too often"),
        (http(ai.ModelQuotaExceededError, 429), False, "quota or credit is used up"),
        (http(ai.ModelOverloadedError, 529), True, "OpenAI is overloaded"),
        (http(ai.ModelUnavailableError, 503), True, "OpenAI is overloaded or down"),
        (http(ai.ModelServerError, 500), True, "an error of its own"),
        (http(ai.ModelAuthenticationError, 401), False, "OpenAI refused the key: check OPENAI_API_KEY."),
        (http(ai.ModelNotFoundError, 404), False, "no model “gpt-5.2” at https://api.openai.com/v1"),
        (http(ai.ModelContextWindowExceededError, 400), False, "too long for gpt-5.2"),
        (http(ai.ModelRequestRejectedError, 400), False, "did not accept the request"),
        (http(None, 408), True, "could not answer just now"),
        (http(None, 418), False, "did not accept the request"),
        (ai.ModelConnectionError("m", "refused", phase="connect"), True, "cannot be reached at https://api.openai.com/v1"),
        (ai.ModelTimeoutError("m", "late", phase="connect"), True, "cannot be reached"),
        (ai.ModelConnectionError("m", "reset", phase="read"), True, "broke off"),
        (ai.ModelTimeoutError("m", "late", phase="read"), True, "fell silent"),
        (ai.ModelRequestTimeout("m", 5), True, "fell silent"),
        (ai.ModelAPIError("m", "Streamed response ended without a `finish_reason`"), True, "broke off"),
        (ai.ContentFilterError("sk-secret"), False, "content rules"),
        (ai.OutputTokenLimitExceeded("sk-secret"), False, "longer than gpt-5.2 can give"),
        (ai.UsageLimitExceeded("The next request would exceed the request_limit of 40"), False, "limit of model calls"),
        (ai.UsageLimitExceeded("The next request would exceed the total_tokens_limit of 9"), False, "limit of tokens"),
        (ai.UnexpectedModelBehavior("Tool 'x' exceeded max retries count of 3"), False, "wrongly again and again"),
        (ai.UnexpectedModelBehavior("Received empty model response", "sk-secret"), True, "cannot be read"),
        (ai.UserError("sk-secret"), False, "cannot be used as it is set up"),
        (httpx2.ConnectError("refused"), True, "cannot be reached"),
        (httpx2.ReadTimeout("late"), True, "fell silent"),
        (httpx2.RemoteProtocolError("peer closed"), True, "broke off"),
    ],
)
def test_a_failure_has_a_sentence(error: Exception, retryable: bool, words: str) -> None:
    told = explain(error, SOURCE)

    assert told.retryable is retryable
    assert words in str(told)
    assert "sk-secret" not in str(told)
    assert str(told).endswith(".")


def test_a_sentence_can_do_without_the_name_of_the_service() -> None:
    assert str(explain(http(ai.ModelRateLimitError, 429))) == "The model is being asked too often: wait a moment, then try again."


def test_the_wish_to_wait_is_kept() -> None:
    assert explain(http(ai.ModelRateLimitError, 429, headers={"Retry-After": "12"}), SOURCE).retry_after == 12


def test_what_is_explained_already_stays() -> None:
    error = ModelError("No.")

    assert explain(error) is error
