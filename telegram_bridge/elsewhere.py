"""Questions that come up where nobody looks: in a conversation that its owner speaks in on no phone."""

from django.contrib.auth.models import User

from chat.models import Message
from telegram_bridge import outbox, questions
from telegram_bridge.formatting import literal
from telegram_bridge.models import TelegramAccount, TelegramChat, TelegramSettings, TelegramTalk
from telegram_bridge.people import reachable
from telegram_bridge.planning import disturbs, is_served
from workflows.models import HelpRequest


def tell(request: HelpRequest) -> None:
    """Put a question to its owner in private, unless a talk of theirs shows it anyway; who has no Telegram is named elsewhere."""
    run = request.run
    talks = TelegramTalk.objects.filter(conversation=run.conversation_id, user=run.owner_id, chat__unreachable_since=None)
    if any(is_served(talk) for talk in talks.select_related("chat", "user")):
        return
    message = Message.objects.filter(conversation=run.conversation_id, seq=request.message_seq).first()
    chats = private_chats(run.owner)
    if message is None or not chats:
        tell_somebody(request)
        return
    place = f"In “{literal(str(run.conversation))}”:"
    for chat in chats:
        questions.ask(request, chat, run.owner, message, heading=place, silent=not disturbs(message))


def private_chats(user: User) -> list[TelegramChat]:
    """Where `user` can be reached alone."""
    accounts = TelegramAccount.objects.filter(user=user, user__is_active=True, allowed=True)
    chats = TelegramChat.objects.filter(chat_id__in=accounts.values("telegram_id"), unreachable_since=None)
    return list(chats.filter(type=TelegramChat.Type.PRIVATE).order_by("pk"))


def tell_somebody(request: HelpRequest) -> None:
    """One line to the notification chat, if there is one: whose question it is, and where they answer it. Nobody else may."""
    chat = TelegramSettings.now().notification_chat
    if chat is None or not reachable().filter(pk=chat.pk).exists():
        return
    owner = literal(request.run.owner.get_username())
    link = questions.page(questions.address(request), "on the page", whose="their")
    outbox.tell(chat, f"❓ **{owner}** is asked something, and has no Telegram here. Only they can answer it: {link}.")
