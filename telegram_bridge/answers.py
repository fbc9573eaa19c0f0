"""Words that reply to a question: they answer what can be answered in words, and nothing else."""

from django.contrib.auth.models import User

from chat.errors import ForbiddenError, InvalidError, MissingError
from chat.models import Message
from telegram_bridge import questions, talks
from telegram_bridge.models import Update
from telegram_bridge.talks import Heard
from workflows import engine
from workflows.answers import decision_in
from workflows.models import HelpRequest, HelpStatus

NOT_YOURS = "This question is not yours: only the person who was asked can answer it. Nothing was done."
BUTTONS = "Words alone do not decide this: press one of the buttons under the question. Nothing was done."
NO_SECRETS = (
    "I took nothing of this and asked nobody: secrets are never sent through a chat. Delete your message here, and give it on the page "
    "that the question names."
)


def check_own(heard: Heard, shown: Message) -> None:
    """Raise ForbiddenError for words that reply to somebody else's question."""
    if shown.kind == Message.Kind.HELP_REQUEST:
        raise ForbiddenError(NOT_YOURS)


def question_of(user: User, shown: Message) -> HelpRequest:
    """The question that a message shows. Raises MissingError."""
    rows = HelpRequest.objects.of(user).select_related("run", "answered_by")
    found = rows.filter(pk=str(shown.payload["request_id"])).first()
    if found is None:
        raise MissingError("This question is gone: its run was deleted.")
    return found


def answer(heard: Heard, shown: Message) -> bool:
    """Answer the question that is replied to; False for what is no answer to it but something else to say. Raises RefusedError."""
    request = question_of(heard.user, shown)
    # Others' words answer nothing, whoever passes them on.
    if heard.incoming.is_forward or not heard.incoming.text:
        return False
    if request.status != HelpStatus.OPEN:
        raise engine.already(request)
    if request.kind == HelpRequest.Kind.CREDENTIALS:
        forget(heard)
        heard.tell(NO_SECRETS)
        return True
    if request.kind not in questions.IN_WORDS and decision_in(heard.incoming.text, request.decisions) not in ("yes", "no"):
        raise InvalidError(BUTTONS)
    if request.kind == HelpRequest.Kind.APPROVAL:
        raise InvalidError(BUTTONS)
    engine.respond(request, by=heard.user, via=Message.Via.TELEGRAM, response=heard.incoming.text)
    talks.follow(heard.talk, shown.conversation)
    return True


def may_answer(heard: Heard, shown: Message | None) -> bool:
    """Whether plain words may answer the open question: those that reply to nothing, or to this very question."""
    if heard.incoming.is_forward:
        return False
    if not heard.incoming.is_reply:
        return True
    asked = shown and shown.kind == Message.Kind.HELP_REQUEST and shown.payload["request_id"]
    return bool(asked) and HelpRequest.objects.of(heard.user).open().filter(pk=str(asked)).exists()


def forget(heard: Heard) -> None:
    """Keep nothing of what was sent by mistake: the inbox holds it too."""
    update = heard.incoming.update
    update.payload = {"message": {"message_id": heard.incoming.id, "chat": {"id": heard.chat.chat_id}}}
    Update.objects.filter(pk=update.pk).update(payload=update.payload)
