"""How a Telegram account becomes a person here: a link that works once, opened in a private chat."""

from django.utils import timezone

from chat.acting import Actor, acting
from telegram_bridge import outbox, people, talks
from telegram_bridge.incoming import Incoming
from telegram_bridge.models import TelegramAccount, TelegramChat, TelegramLinkCode
from telegram_bridge.parting import part
from telegram_bridge.words import literal

WORTHLESS = "This link was used already, or its ten minutes are over: make a new one on your profile page."
IN_A_GROUP = "Such a link works in a private chat with me only. Others could read it here, so it is void now: make a new one."
TAKEN = (
    "This phone is linked to **{}**. Unlink it on that profile page first, then open a new link. Nothing was changed, and the link "
    "that you opened is void: if somebody else sent it to you, what you write here would have become theirs."
)


def begin(incoming: Incoming, account: TelegramAccount, chat: TelegramChat, code: str) -> None:
    """`/start CODE`: link the account to whoever made the code. Where others read along, the code is only made void.

    So it is on a phone of somebody else who is served: a link that was sent by a stranger must not take it over.
    """
    user, now_is = TelegramLinkCode.redeem(code), account.served_as()
    if not chat.is_private:
        people.turn_away(incoming, account, chat, IN_A_GROUP)
    elif user is not None and now_is not in (None, user):
        taken = TAKEN.format(literal(now_is.get_username()))
        outbox.tell(chat, taken, thread_id=incoming.thread_id, reply_to=incoming.id)
    elif user is not None:
        if account.user_id not in (None, user.pk):
            # Nothing of whoever spoke here before is to be sent to this phone.
            part(account)
        account.user, account.allowed, account.linked_at, account.told_at = user, True, timezone.now(), None
        # Whoever made the code links the account: before this it was nobody's.
        with acting(lambda: Actor(user.pk, "telegram")):
            account.save(update_fields=["user", "allowed", "linked_at", "told_at"])
        talk = talks.talk_of(chat, incoming.thread_id, user)
        greeting = f"This chat is linked: you are **{literal(user.get_username())}** here. Just write what you want, or see /help."
        outbox.tell(chat, greeting, thread_id=incoming.thread_id, talk=talk, reply_to=incoming.id)
    elif now_is is not None:
        outbox.tell(chat, WORTHLESS, thread_id=incoming.thread_id, reply_to=incoming.id)
    else:
        people.turn_away(incoming, account, chat, WORTHLESS)
