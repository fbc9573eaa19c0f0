"""Run one step: a conversation of a model and tools, from its prompt or a checkpoint to its answer or question.

The checkpoint holds only what the step itself added: the history before it comes from the log each time.
"""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_ai import Agent, DeferredToolRequests, RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.conversation import Conversation, ConversationTypeAdapter
from pydantic_ai.exceptions import AgentRunError, CallDeferred, ModelRetry, ToolFailed
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model
from pydantic_ai.usage import UsageLimits

from chat.http import sentences
from chat.log import clean, storable
from workflows.llm import offline
from workflows.llm.errors import ModelError, explain
from workflows.llm.models import build
from workflows.llm.toolset import RETRIES, toolset
from workflows.llm.types import (
    Answered,
    Ask,
    Asked,
    Call,
    Checkpoint,
    Failure,
    Listener,
    Parked,
    Reply,
    Result,
    StepRequest,
    Turn,
    Usage,
)

# What the journal's columns hold.
LONGEST_NAME, LONGEST_CALL_ID = 100, 200


async def converse(request: StepRequest, listener: Listener) -> Answered | Parked:
    """Drive one step to its answer, or to the questions it cannot go on without.

    Raises ModelError when the model cannot be had; whatever the listener raises passes through.
    """
    before = earlier(request.history)
    done = restore(request.checkpoint, before)
    watch = Watch(listener, skip=len(before), known=replies(done.messages[len(before) :]))
    if finished(done.messages[len(before) :]):
        return Answered(watch.reply(done.messages, checkpoint(done, len(before))))
    agent = Agent(
        await model_for(request),
        instructions=request.instructions or None,
        toolsets=[toolset(request.tools)],
        output_type=[str, DeferredToolRequests],
        capabilities=[watch],
        retries=RETRIES,
    )
    waiting = done.deferred_tool_requests
    answers = (
        waiting.build_results(calls={call.tool_call_id: request.answers[call.tool_call_id] for call in waiting.calls}) if waiting else None
    )
    try:
        result = await agent.run(
            None if request.checkpoint else request.prompt,
            conversation=done,
            deferred_tool_results=answers,
            # The listener knows the limits: where they are reached a person is asked, and nothing breaks off.
            usage_limits=UsageLimits(request_limit=None),
            event_stream_handler=watch.hear_all,
            infer_name=False,
        )
    except AgentRunError as exc:
        raise explain(exc) from exc
    if (task := asyncio.current_task()) and task.cancelling():
        # Something inside took the cancellation for its own.
        raise asyncio.CancelledError
    saved = checkpoint(result.conversation, len(before))
    messages = result.conversation.messages
    if isinstance(result.output, DeferredToolRequests):
        return Parked(asked(result.output, messages[len(before) :]), saved)
    return Answered(watch.reply(messages, saved))


async def model_for(request: StepRequest) -> Model:
    """The model that is asked. The offline one has to know where it works, for nobody reads what it says in a step."""
    model = await build(request.model)
    return offline.in_workflow() if request.in_workflow and model is offline.model() else model


def earlier(history: tuple[Turn, ...]) -> list[ModelMessage]:
    """The conversation before this step, as the library's messages; each side in its own."""
    messages: list[ModelMessage] = []
    for turn in history:
        if turn.author == "user":
            messages.append(ModelRequest(parts=[UserPromptPart(turn.text)]))
            continue
        parts: list[TextPart | ToolCallPart] = [TextPart(turn.text)] if turn.text else []
        parts += [ToolCallPart(call.tool, call.arguments, tool_call_id=call.call_id) for call, _ in turn.results]
        messages.append(ModelResponse(parts=parts))
        if turn.results:
            returns = [ToolReturnPart(call.tool, text, tool_call_id=call.call_id) for call, text in turn.results]
            messages.append(ModelRequest(parts=returns))
    return messages


def restore(saved: Checkpoint | None, before: list[ModelMessage]) -> Conversation:
    """The conversation that `saved` continues; only `before` when there is none."""
    conversation = ConversationTypeAdapter.validate_python(saved) if saved else Conversation()
    conversation.messages = [*before, *conversation.messages]
    return conversation


def checkpoint(conversation: Conversation, skip: int) -> Checkpoint:
    """What to store: everything but the `skip` messages that the log holds already."""
    own = Conversation(
        messages=conversation.messages[skip:],
        usage=conversation.usage,
        conversation_id=conversation.conversation_id,
        deferred_tool_requests=conversation.deferred_tool_requests,
    )
    saved: Checkpoint = storable(ConversationTypeAdapter.dump_python(own, mode="json"))
    return saved


def pending(saved: Checkpoint | None) -> tuple[Asked, ...]:
    """The calls that a stored checkpoint waits for."""
    conversation = restore(saved, [])
    return asked(conversation.deferred_tool_requests, conversation.messages) if conversation.deferred_tool_requests else ()


def asked(requests: DeferredToolRequests, messages: list[ModelMessage]) -> tuple[Asked, ...]:
    """The calls that wait for a person, with what their tools gave."""
    number = replies(messages)
    return tuple(
        Asked(Call(number, call.tool_call_id, call.tool_name, call.args_as_dict()), requests.metadata.get(call.tool_call_id, {}))
        for call in requests.calls
    )


def finished(messages: list[ModelMessage]) -> bool:
    """Whether the model has said its last word: driven again it would be asked once more."""
    last = messages[-1] if messages else None
    return isinstance(last, ModelResponse) and not last.tool_calls


def replies(messages: list[ModelMessage]) -> int:
    """How many replies of the model are among them."""
    return sum(isinstance(message, ModelResponse) for message in messages)


def check_names(part: ToolCallPart) -> None:
    """Raises ModelError where a model names a call in a way that no journal can hold; it may do better the next time."""
    as_stored = clean(part.tool_name), clean(part.tool_call_id)
    too_long = len(part.tool_name) > LONGEST_NAME or len(part.tool_call_id) > LONGEST_CALL_ID
    if too_long or as_stored != (part.tool_name, part.tool_call_id):
        raise ModelError("The model called a tool by a name or id that cannot be stored.", retryable=True, retry_after=None)


def priced(response: ModelResponse) -> Usage:
    """The tokens of a reply and, where its model's price is known, its cost."""
    try:
        cost: Decimal | None = response.cost().total_price
    except (LookupError, ValueError, AssertionError):
        cost = None
    return Usage(response.usage.input_tokens, response.usage.output_tokens, cost)


def together(usages: list[Usage]) -> Usage:
    """The sum; the cost of those whose price is known, None when none is."""
    costs = [usage.cost for usage in usages if usage.cost is not None]
    return Usage(
        sum(usage.input_tokens for usage in usages),
        sum(usage.output_tokens for usage in usages),
        sum(costs, Decimal()) if costs else None,
    )


@dataclass
class Watch(AbstractCapability[Any]):
    """Tells the listener what happens, at the points where it can be made durable."""

    listener: Listener
    skip: int
    known: int  # replies that were reported before
    texts: dict[int, str] = field(default_factory=dict)

    async def before_node_run(self, ctx: RunContext[Any], *, node: Any) -> Any:
        if Agent.is_model_request_node(node):
            self.texts.clear()
            await self.listener.before_model(ctx.usage.requests, ctx.usage.total_tokens)
        return node

    async def after_node_run(self, ctx: RunContext[Any], *, node: Any, result: Any) -> Any:
        """Report a reply that has calls, and the end of a batch of them.

        Not after the prompt: a resumed run wraps its last request again there, and saving would double it.
        """
        if Agent.is_model_request_node(node):
            last = ctx.messages[-1]
            if isinstance(last, ModelResponse) and last.tool_calls:
                await self.listener.on_reply(self.reply(list(ctx.messages), self.saved(ctx, [])))
        elif Agent.is_call_tools_node(node) and Agent.is_model_request_node(result):
            refused = {
                part.tool_call_id: str(part.content)
                for part in result.request.parts
                if isinstance(part, ToolReturnPart) and part.outcome == "retried"
            }
            # The results about to be sent are not in the history yet.
            await self.listener.on_calls_done(self.saved(ctx, [result.request]), refused)
        return result

    async def on_tool_validate_error(self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: Any, args: Any, error: Any) -> Any:
        """Say in sentences what is wrong with a call, for the model and for whoever reads it in the conversation."""
        if isinstance(error, ValidationError):
            raise ModelRetry(sentences.told(sentences.mistakes(error.errors()))) from error
        raise error

    async def wrap_tool_execute(self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: Any, args: Any, handler: Any) -> Any:
        number = replies(list(ctx.messages)[self.skip :])
        match await self.listener.call(Call(number, call.tool_call_id, call.tool_name, storable(dict(args)))):
            case Result(value):
                return value
            case Failure(sentence):
                raise ToolFailed(sentence)
            case Ask(detail):
                raise CallDeferred(detail, kind="question")

    async def hear_all(self, _: RunContext[Any], events: AsyncIterable[Any]) -> None:
        """Listen to one reply, or to the calls that it asked for."""
        async for event in events:
            await self.hear(event)

    async def hear(self, event: Any) -> None:
        """Pass on text as it streams."""
        match event:
            case PartStartEvent(index=index, part=TextPart(content=text)) if text:
                self.texts[index] = text
            case PartDeltaEvent(index=index, delta=TextPartDelta(content_delta=text)) if text:
                self.texts[index] = self.texts.get(index, "") + text
            case _:
                return
        await self.listener.on_text("\n\n".join(self.texts.values()))

    def saved(self, ctx: RunContext[Any], pending: list[ModelMessage]) -> Checkpoint:
        conversation = Conversation(messages=[*ctx.messages, *pending], usage=ctx.usage)
        return checkpoint(conversation, self.skip)

    def reply(self, messages: list[ModelMessage], saved: Checkpoint) -> Reply:
        """The last reply; its usage takes along that of unreported ones before it, which gave nothing."""
        responses = [message for message in messages[self.skip :] if isinstance(message, ModelResponse)]
        usage, self.known = together([priced(response) for response in responses[self.known :]]), len(responses)
        last = responses[-1]
        text = "\n\n".join(part.content for part in last.parts if isinstance(part, TextPart) and part.content)
        thought = "\n\n".join(part.content for part in last.parts if isinstance(part, ThinkingPart) and part.content)
        for part in last.tool_calls:
            check_names(part)
        calls = tuple(Call(len(responses), part.tool_call_id, part.tool_name, storable(part.args_as_dict())) for part in last.tool_calls)
        return Reply(len(responses), text, thought, calls, usage, saved)
