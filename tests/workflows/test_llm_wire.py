"""Each provider against a real HTTP peer that answers, fails, stalls and cuts off on demand."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from django.test import override_settings
from pydantic_ai import Agent
from pydantic_ai.messages import PartDeltaEvent, PartStartEvent

from tests.fakes.model_server import ModelServer, free_port
from workflows.llm import models, names
from workflows.llm.errors import ModelError

# One loop for all, as in a worker: it keeps its clients, which take long to make.
pytestmark = [pytest.mark.wide, pytest.mark.asyncio(loop_scope="module")]
every_provider = pytest.mark.parametrize("provider", list(names.KINDS))


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _clients() -> AsyncIterator[None]:
    with override_settings(AGENTRON_MODEL_TIMEOUT=0.3):
        yield
    await models.close()


async def ask(provider: str, **changes: str) -> tuple[str, list[str]]:
    """The answer, and the pieces of text in which it came."""
    source = replace(names.built_in(provider, "some-model"), **changes)
    agent = Agent(models.open_model(source))

    @agent.tool_plain
    def weather(city: str) -> str:
        return f"Sunny in {city}."

    pieces = []
    async with agent.run_stream_events("How is the weather in Rome?") as events:
        async for event in events:
            if isinstance(event, PartStartEvent) and event.part.part_kind == "text":
                pieces.append(event.part.content)
            if isinstance(event, PartDeltaEvent) and event.delta.part_delta_kind == "text":
                pieces.append(event.delta.content_delta)
        assert events.result
        return events.result.output, pieces


async def failure(provider: str, **changes: str) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await ask(provider, **changes)
    assert "key-of-the-tests" not in str(caught.value)
    return caught.value


@every_provider
async def test_text_arrives_in_pieces(model_server: ModelServer, provider: str) -> None:
    model_server.reply("It is sunny in Rome today.")

    answer, pieces = await ask(provider)

    assert answer == "".join(pieces) == "It is sunny in Rome today."
    assert len(pieces) > 2


@every_provider
async def test_a_tool_is_called_and_its_result_sent_back(model_server: ModelServer, provider: str) -> None:
    model_server.call_tools(("weather", {"city": "Rome"})).reply("Take a hat.")

    answer, _ = await ask(provider)

    assert answer == "Take a hat."
    assert len(model_server.requests()) == 2
    assert model_server.verdict()["passed"]


@every_provider
@pytest.mark.parametrize("after_chunks", [0, 2])
async def test_a_stream_that_ends_early_is_no_answer(model_server: ModelServer, provider: str, after_chunks: int) -> None:
    model_server.reply("It is sunny in Rome today.").truncate(after_chunks)

    assert (await failure(provider)).retryable


@every_provider
async def test_a_stream_that_stalls_is_given_up(model_server: ModelServer, provider: str) -> None:
    model_server.reply("It is sunny in Rome today.").stall(seconds=1, after_chunks=2)

    error = await failure(provider)

    assert error.retryable
    assert "fell silent" in str(error)


@every_provider
async def test_a_lost_connection_may_be_tried_again(model_server: ModelServer, provider: str) -> None:
    model_server.reply("It is sunny in Rome today.").disconnect(after_chunks=2)

    assert (await failure(provider)).retryable


@every_provider
async def test_a_busy_provider_says_when_to_come_back(model_server: ModelServer, provider: str) -> None:
    model_server.rate_limit(retry_after=7)

    error = await failure(provider)

    assert error.retryable
    assert error.retry_after == 7
    assert len(model_server.requests()) == 1, "only the driver may try again"


@every_provider
@pytest.mark.parametrize("status", [500, 502, 503, 529])
async def test_a_server_error_may_be_tried_again(model_server: ModelServer, provider: str, status: int) -> None:
    model_server.fail(status)

    assert (await failure(provider)).retryable
    assert len(model_server.requests()) == 1, "only the driver may try again"


@every_provider
async def test_a_wrong_key_is_final(model_server: ModelServer, provider: str) -> None:
    model_server.fail(401, message="Incorrect API key provided: key-of-the-tests")

    error = await failure(provider)

    assert not error.retryable
    assert str(error).endswith(f"refused the key: check {names.KINDS[provider].key_env}.")


@every_provider
async def test_an_unknown_model_is_final(model_server: ModelServer, provider: str) -> None:
    model_server.fail(404)

    error = await failure(provider)

    assert not error.retryable
    assert "some-model" in str(error)


async def test_a_used_up_quota_is_final(model_server: ModelServer) -> None:
    model_server.fail(429, code="insufficient_quota", message="You exceeded your current quota.")

    assert not (await failure("openai-chat")).retryable


async def test_a_conversation_that_is_too_long_is_final(model_server: ModelServer) -> None:
    model_server.fail(400, code="context_length_exceeded", message="Too long.")

    error = await failure("openai")

    assert not error.retryable
    assert "too long" in str(error)


@every_provider
@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/v1", "http://no-such-host.invalid/v1"])
async def test_a_dead_address_is_named(model_server: ModelServer, provider: str, address: str) -> None:
    dead = address.format(port=free_port())

    error = await failure(provider, base_url=dead)

    assert error.retryable
    assert f"cannot be reached at {dead}: check the address." in str(error)


async def test_a_model_is_built_once(model_server: ModelServer) -> None:
    source = names.built_in("openai-chat", "some-model")

    assert models.open_model(source) is models.open_model(source)
    assert models.open_model(source) is not models.open_model(replace(source, key="another"))
