"""What the engine does when something happens in the conversations below it."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.dispatch import receiver

from chat.models import Conversation, Message
from chat.signals import command_received, message_coming, message_posted
from workflows import engine
from workflows.answers import plain_answer
from workflows.errors import InvalidError, MissingError
from workflows.models import HelpRequest, Run, Trigger
from workflows.signals import run_finished

TRIGGERS = {
    Message.Via.WEB: Trigger.CHAT,
    Message.Via.TELEGRAM: Trigger.TELEGRAM,
    Message.Via.API: Trigger.API,
    Message.Via.CLI: Trigger.CLI,
    Message.Via.MCP: Trigger.MCP,
}


@receiver(message_coming)
def lock_asking_runs(sender: object, *, conversation: Conversation, **_: Any) -> None:
    """Lock the runs that the message may answer before the conversation is locked: the order in which drivers do it."""
    asking = HelpRequest.objects.open().filter(run__conversation=conversation).order_by().values("run")
    list(Run.objects.filter(pk__in=asking).order_by("pk").select_for_update().values_list("pk", flat=True))


@receiver(message_posted)
def answer_message(sender: object, *, message: Message, seen: int | None, **_: Any) -> None:
    """A person said something: it answers the open question, or a turn is queued to answer it."""
    trigger = TRIGGERS.get(Message.Via(message.via))
    if trigger is None:
        return
    if request := plain_answer(message.conversation, message, seen):
        message.run_id = request.run_id
        assert message.user is not None
        engine.respond(request, by=message.user, via=message.via, response=message.text)
        return
    message.run_id = engine.enqueue_turn(message, trigger=trigger).pk


@receiver(command_received)
def obey(sender: object, *, user: User, conversation: Conversation, command: str, data: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Stop the turns of a conversation, or answer one of its questions. Raises RefusedError."""
    if command == "stop":
        return {"stopped": engine.stop_turns(conversation, by=user)}
    if command != "respond":
        raise InvalidError(f"“{command}” is not a command: send stop or respond.")
    request = question(user, conversation, data.get("request_id"))
    response, decision = data.get("response") or "", data.get("decision") or ""
    hash_, arguments = data.get("args_hash") or "", data.get("arguments")
    arguments = None if arguments == request.arguments else arguments
    engine.respond(request, by=user, via=Message.Via.WEB, response=response, decision=decision, args_hash=hash_, arguments=arguments)
    return {"request_id": str(request.pk)}


def question(user: User, conversation: Conversation, request_id: object) -> HelpRequest:
    """A question of this conversation that `user` may answer, or MissingError."""
    try:
        pk = UUID(str(request_id))
    except ValueError as exc:
        raise InvalidError("request_id is not an id: take it from the help_request you are answering.") from exc
    found = HelpRequest.objects.of(user).filter(pk=pk, run__conversation=conversation).select_related("run").first()
    if found is None:
        raise MissingError("There is no such question in this conversation.")
    return found


@receiver(run_finished)
def report_to_the_one_who_asked(sender: object, *, run: Run, **_: Any) -> None:
    """A run that a turn started has ended: whoever started it hears of it."""
    engine.report_back(run)
