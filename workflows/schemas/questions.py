"""What the API takes and gives for questions."""

from typing import Annotated, Any, Self
from uuid import UUID

from ninja import Field, Schema
from pydantic import WithJsonSchema

from chat.log import MAX_TEXT
from chat.schemas import Body, Stamp
from workflows.models import HelpRequest, HelpStatus

HelpKind = Annotated[str, WithJsonSchema({"type": "string", "enum": HelpRequest.Kind.values})]


class HelpRequestOut(Schema):
    """A question of a run, and its answer if there is one. `answered_by` is a name."""

    id: UUID
    run_id: UUID
    conversation_id: UUID
    kind: HelpKind
    question: str
    options: list[str]
    reason: str
    default: str
    tool: str
    arguments: dict[str, Any] | None
    args_hash: str
    decisions: list[str]
    status: HelpStatus
    response: str
    decision: str
    answered_by: str | None
    answered_via: str | None
    asked_at: Stamp
    answered_at: Stamp | None
    expires_at: Stamp | None

    @classmethod
    def of(cls, request: HelpRequest) -> Self:
        return cls(
            id=request.pk,
            run_id=request.run_id,
            conversation_id=request.run.conversation_id,
            kind=request.kind,
            question=request.question,
            options=request.options,
            reason=request.reason,
            default=request.default,
            tool=request.tool,
            arguments=request.arguments,
            args_hash=request.args_hash,
            decisions=request.decisions,
            status=HelpStatus(request.status),
            response=request.response,
            decision=request.decision,
            answered_by=request.answered_by.get_username() if request.answered_by else None,
            answered_via=request.answered_via or None,
            asked_at=request.asked_at,
            answered_at=request.answered_at,
            expires_at=request.expires_at,
        )


class HelpRequests(Schema):
    """A page of questions, the oldest first."""

    items: list[HelpRequestOut]
    next: str | None


class RespondIn(Body):
    """An answer: a text, a decision, or both. `request_id` is needed where several questions are open."""

    response: str | None = Field(None, max_length=MAX_TEXT)
    decision: str | None = Field(None, max_length=16)
    request_id: UUID | None = None
    arguments: dict[str, Any] | None = Field(None, description="With “approve”: make the call with these arguments instead.")
    args_hash: str | None = Field(None, max_length=64, description="Of the arguments you saw; another one on the question is a 409.")
