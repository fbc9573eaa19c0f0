"""Builds models. Clients belong to the event loop they were made in, so each loop has its own."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

import httpx2
from asgiref.sync import sync_to_async
from django.conf import settings
from pydantic_ai.conversation import Conversation, ConversationTypeAdapter
from pydantic_ai.exceptions import AgentRunError, ModelConnectionError, UserError
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse, create_async_httpx2_client
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import RunContext, ToolDefinition

from workflows.llm import names
from workflows.llm.errors import explain
from workflows.llm.names import Source

CONNECT_SECONDS = 10
# How many sets of tools one model remembers its descriptions of.
MOST_TOOLSETS = 50
NO_KEY = "none"  # the SDKs insist on one, servers without keys ignore it


@dataclass
class Clients:
    """What one event loop has open: a pool of connections, and the models that use it."""

    http: httpx2.AsyncClient
    models: dict[tuple[str, ...], Model] = field(default_factory=dict)


CLIENTS: WeakKeyDictionary[asyncio.AbstractEventLoop, Clients] = WeakKeyDictionary()


async def build(name: str = "") -> Model:
    """The model called `name`, or the default one.

    Raises ModelError where the name or the set-up is at fault. The model raises ModelError too, and nothing else, when it fails.
    """
    return open_model(await sync_to_async(names.resolve)(name))


def preload() -> None:
    """Import and build what the configured model needs, so that processes forked later share it. Reads no database."""
    kind = settings.AGENTRON_MODEL.partition(":")[0]
    import_module(f"pydantic_ai.models.{LIBRARIES.get(kind, 'function')}")
    # The schema of checkpoints is built at its first use, for which the first person would wait.
    ConversationTypeAdapter.validate_python(ConversationTypeAdapter.dump_python(Conversation(), mode="json"))


def open_model(source: Source) -> Model:
    """The model at `source`, for use in the running event loop."""
    if source.kind == names.OFFLINE:
        from workflows.llm import offline

        return offline.model()
    clients = of_this_loop()
    key = (source.provider, source.kind, source.base_url, hashlib.sha256(source.key.encode()).hexdigest(), source.model)
    if key not in clients.models:
        made = MAKERS[source.kind](source, clients.http)
        made.customize_request_parameters = Customized(made)  # type: ignore[assignment, method-assign]
        clients.models[key] = Checked(made, source)
    return clients.models[key]


def of_this_loop() -> Clients:
    """The clients of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in CLIENTS:
        # The wait is for the next byte, so it ends a stream that stalls but not one that is long.
        timeout = httpx2.Timeout(settings.AGENTRON_MODEL_TIMEOUT, connect=CONNECT_SECONDS)
        CLIENTS[loop] = Clients(create_async_httpx2_client(timeout=timeout))
    return CLIENTS[loop]


async def close() -> None:
    """Close what the running event loop has open, before it ends."""
    clients = CLIENTS.pop(asyncio.get_running_loop(), None)
    if clients:
        await clients.http.aclose()


class Checked(WrapperModel):
    """A model whose failures are ModelErrors, and that never takes half an answer for a whole one."""

    def __init__(self, wrapped: Model, source: Source) -> None:
        super().__init__(wrapped)
        self.source = source

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        with explained(self.source):
            return await super().request(messages, model_settings, model_request_parameters)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncIterator[StreamedResponse]:
        with explained(self.source):
            async with super().request_stream(messages, model_settings, model_request_parameters, run_context) as stream:
                yield stream
                if is_cut_off(stream.get()):
                    raise ModelConnectionError(self.model_name, "The stream ended before the answer did.", phase="read", in_stream=True)


class Customized:
    """How a model wants its tools described: worked out once for tools that stay the same, for it takes longer than all else."""

    def __init__(self, model: Model) -> None:
        self.customize = model.customize_request_parameters
        # By the definitions' identity; they are kept along with the results, so that no other gets their place in memory.
        self.known: dict[tuple[int, ...], tuple[list[ToolDefinition], list[ToolDefinition]]] = {}

    def __call__(self, parameters: ModelRequestParameters) -> ModelRequestParameters:
        tools = parameters.function_tools
        key = tuple(map(id, tools))
        if key in self.known:
            return replace(self.customize(replace(parameters, function_tools=[])), function_tools=[*self.known[key][1]])
        made = self.customize(parameters)
        if len(self.known) >= MOST_TOOLSETS:
            self.known.clear()
        self.known[key] = (tools, made.function_tools)
        return made


@contextmanager
def explained(source: Source) -> Iterator[None]:
    """Let errors of the model out as ModelErrors, without the chain: its texts hold what the server answered."""
    try:
        yield
    except (AgentRunError, UserError, httpx2.HTTPError, httpx2.InvalidURL) as exc:
        raise explain(exc, source) from None


def is_cut_off(response: ModelResponse) -> bool:
    """Whether the stream ended without a reason to end.

    Anthropic, Gemini and Responses streams are taken as complete then; a chat stream raises by its profile.
    A stream that we stopped ourselves has no reason either.
    """
    reason = response.finish_reason or (response.provider_details or {}).get("finish_reason")
    return not reason and response.state in ("complete", "incomplete")


def openai(source: Source, http: httpx2.AsyncClient) -> Model:
    """OpenAI's own API, or a transparent proxy to it."""
    from pydantic_ai.models.openai import OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIResponsesModel(source.model, provider=OpenAIProvider(openai_client=openai_client(source, http)))


def openai_chat(source: Source, http: httpx2.AsyncClient) -> Model:
    """Any server that speaks OpenAI's chat completions."""
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    provider = OpenAICompatibleProvider(source.provider, openai_client=openai_client(source, http))
    return OpenAIChatModel(source.model, provider=provider, profile=WHOLE_STREAMS)


def ollama(source: Source, http: httpx2.AsyncClient) -> Model:
    """A local or remote Ollama."""
    from pydantic_ai.models.ollama import OllamaModel
    from pydantic_ai.providers.ollama import OllamaProvider

    return OllamaModel(source.model, provider=OllamaProvider(openai_client=openai_client(source, http)), profile=WHOLE_STREAMS)


def anthropic(source: Source, http: httpx2.AsyncClient) -> Model:
    """Anthropic."""
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = AsyncAnthropic(api_key=source.key or NO_KEY, base_url=source.base_url, http_client=http, timeout=http.timeout, max_retries=0)
    return AnthropicModel(source.model, provider=AnthropicProvider(anthropic_client=client))


def google(source: Source, http: httpx2.AsyncClient) -> Model:
    """The Gemini API."""
    from google.genai.types import HttpRetryOptions
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    once = HttpRetryOptions(attempts=1)
    provider = GoogleProvider(api_key=source.key or NO_KEY, base_url=source.base_url, http_client=http, retry_options=once)
    return GoogleModel(source.model, provider=provider)


def openai_client(source: Source, http: httpx2.AsyncClient) -> Any:
    """The SDK's client. It never tries again by itself: the driver does, from the last checkpoint."""
    from openai import AsyncOpenAI

    return AsyncOpenAI(api_key=source.key or NO_KEY, base_url=source.base_url, http_client=http, timeout=http.timeout, max_retries=0)


WHOLE_STREAMS = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
LIBRARIES = {"openai": "openai", "openai-chat": "openai", "ollama": "ollama", "anthropic": "anthropic", "google": "google"}
MAKERS = {"openai": openai, "openai-chat": openai_chat, "ollama": ollama, "anthropic": anthropic, "google": google}
