"""What the apps below tell, and what Telegram makes of it: rows in the sender's transaction, nothing more."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils import timezone

from chat.models import Conversation, Message
from telegram_bridge import elsewhere, outbox, questions
from telegram_bridge.models import Delivery, DeliveryState, Keyboard
from workflows.models import HelpRequest
from workflows.signals import help_closed, help_requested

DELETED = "The conversation that it belongs to was deleted."


@receiver(help_requested)
def tell_where_nobody_looks(sender: object, *, help_request: HelpRequest, **_: Any) -> None:
    """A question in a conversation that its owner has on no phone is put to them in their private chat, or somebody is told."""
    elsewhere.tell(help_request)


@receiver(help_closed)
def change_question(sender: object, *, help_request: HelpRequest, **_: Any) -> None:
    """A question was closed: everywhere it is shown it loses its buttons, and says by whom it was answered."""
    Keyboard.objects.filter(subject=help_request.pk, closed_at=None).update(closed_at=timezone.now())
    how = questions.closed(help_request)
    places: set[tuple[object, ...]] = set()
    # The last part first: it has the buttons, and room for one more line.
    for delivery in shown(help_request).order_by("-part"):
        place = (delivery.chat_id, delivery.thread_id, delivery.talk_id)
        if place not in places:
            places.add(place)
            outbox.change(delivery, how)


@receiver(pre_delete, sender=Conversation)
def forget(sender: object, *, instance: Conversation, **_: Any) -> None:
    """A conversation goes: what of it was still to be sent does not arrive any more."""
    waiting = Delivery.objects.filter(message__conversation=instance, state__in=(DeliveryState.PENDING, DeliveryState.FAILED))
    waiting.update(state=DeliveryState.DEAD, error=DELETED)


def shown(request: HelpRequest) -> QuerySet[Delivery]:
    """What was put into the outbox to show a question, without what asks for an answer in words."""
    message = Message.objects.filter(conversation=request.run.conversation_id, seq=request.message_seq, kind=Message.Kind.HELP_REQUEST)
    found = Delivery.objects.filter(message__in=message, kind=Delivery.Kind.TEXT, force_reply=False)
    return found.select_related("chat", "talk", "message", "keyboard")
