"""What counts as an answer to which question."""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from chat import log
from chat.models import Conversation, Message
from workflows import tools
from workflows.errors import ConflictError, InvalidError
from workflows.ledger import args_hash, run_message
from workflows.models import HelpRequest, HelpStatus
from workflows.signals import help_closed

YES = {"yes", "y", "yes please", "ok", "okay", "sure", "do it", "go ahead"}
NO = {"no", "n", "no thanks", "don't", "do not", "stop"}


def check_answer(request: HelpRequest, response: str, decision: str, seen_hash: str) -> tuple[str, str]:
    """The response and decision as they will be stored, or a refusal that says what fits."""
    if request.kind == HelpRequest.Kind.CREDENTIALS and decision != "decline":
        link = f"/help/{request.pk}/credentials/"
        raise InvalidError(
            f"Credentials are given on their one-time page only: open {settings.AGENTRON_URL}{link} in a browser.", link=link
        )
    if seen_hash and seen_hash != request.args_hash:
        raise ConflictError("The arguments are not the ones you saw: look at the question again.", args_hash=request.args_hash)
    if not decision and request.decisions:
        decision = decision_in(response, request.decisions)
    allowed = [*request.decisions, "decline"]
    if decision and decision not in allowed:
        sentence = f"“{decision}” is not a decision here: choose one of {', '.join(allowed)}."
        raise InvalidError(sentence, fields={"decision": sentence})
    if request.decisions and not decision:
        sentence = f"This question wants a decision: {', '.join(allowed)}."
        raise InvalidError(sentence, fields={"decision": sentence})
    if response.strip() or not decision:
        log.check_text(response, "response")
    return response, decision


def changes(request: HelpRequest, decision: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The fields that bind an approval to other arguments than those that were asked about. Raises InvalidError."""
    tool = tools.load().get(request.tool)
    if request.kind != HelpRequest.Kind.APPROVAL or decision != "approve" or tool is None:
        raise InvalidError(
            "Arguments can be changed only when a call is approved: leave them out.", fields={"arguments": "Leave this out."}
        )
    fitting = tool.checked(arguments)
    check_kept(arguments, fitting)
    return {"arguments": fitting, "args_hash": args_hash(request.tool, fitting)}


def check_kept(arguments: dict[str, Any], fitting: dict[str, Any]) -> None:
    """Raise InvalidError for arguments that no database keeps as they are: NUL, half a character, NaN, infinities."""
    try:
        json.dumps(fitting, default=str, allow_nan=False)
        kept = log.storable(arguments) == arguments
    except (ValueError, RecursionError):
        kept = False
    if not kept:
        sentence = "The arguments hold what cannot be stored, such as NUL, NaN or a number that is too large: take it out."
        raise InvalidError(sentence, fields={"arguments": sentence})


def decision_in(text: str, decisions: list[str]) -> str:
    """The decision that a plain text makes: its own name, or yes and no in other words; else none."""
    word = " ".join(text.split()).strip(" .!").casefold()
    if word in decisions:
        return word
    if word in YES and "yes" in decisions:
        return "yes"
    return "no" if word in NO and "no" in decisions else ""


def answer_as(
    request: HelpRequest, status: HelpStatus, *, by: User | None, via: str, response: str = "", decision: str = "", **changed: Any
) -> None:
    """Close an open question, with fields that the answer `changed`, and say so in the conversation. Raises ConflictError."""
    now = timezone.now()
    fields: dict[str, Any] = {
        "status": status,
        "response": response,
        "decision": decision,
        "answered_by": by,
        "answered_via": via,
        "answered_at": now,
    }
    fields |= changed
    if not HelpRequest.objects.filter(pk=request.pk, status=HelpStatus.OPEN).update(**fields):
        raise ConflictError("This question was answered in this very moment.")
    request.refresh_from_db()
    run = request.run
    payload = {
        "request_id": str(request.pk),
        "response": response,
        "decision": decision,
        "answered_by": by.get_username() if by else None,
        "answered_via": via,
        "request_status": str(status),
        **({"arguments": changed["arguments"]} if changed else {}),
    }
    message = run_message(run.pk, run.task_id, Message.Kind.HELP_ANSWER, response or decision, **payload)
    message.author, message.user, message.reply_to, message.via = Message.Author.USER, by, request.message_seq or None, Message.Via(via)
    log.post(run.conversation_id, message)
    help_closed.send(sender=HelpRequest, help_request=request)


def plain_answer(conversation: Conversation, message: Message, seen: int | None) -> HelpRequest | None:
    """The question that a plain message answers, if any.

    It does when exactly one is open, its author had seen it, and it is a question or choice, or a confirmation
    answered by yes or no. Approvals and credentials are never answered in passing.
    """
    still_open = list(
        HelpRequest.objects.open().filter(run__conversation=conversation, run__cancel_requested_at=None).select_related("run")[:2]
    )
    if len(still_open) != 1 or seen is None or seen < still_open[0].message_seq:
        return None
    request = still_open[0]
    if request.kind in (HelpRequest.Kind.QUESTION, HelpRequest.Kind.CHOICE):
        return request
    fits = request.kind == HelpRequest.Kind.CONFIRMATION and decision_in(message.text, request.decisions) in ("yes", "no")
    return request if fits else None
