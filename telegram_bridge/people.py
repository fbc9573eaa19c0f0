"""Who speaks and where: everybody is recorded, and only those are served who were let in."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from chat.log import clean
from telegram_bridge import outbox
from telegram_bridge.incoming import Incoming, name_of
from telegram_bridge.models import Delivery, DeliveryState, Keyboard, Shown, TelegramAccount, TelegramChat, TelegramSettings

QUIET = timedelta(hours=1)
GONE = ("left", "kicked")


def meet_chat(chat: dict[str, Any]) -> TelegramChat:
    """The row of a chat, made or brought up to date; something came from there, so it can be reached."""
    fields: dict[str, Any] = {"type": chat.get("type", TelegramChat.Type.PRIVATE), "title": name_of(chat), "seen_at": timezone.now()}
    fields |= {"unreachable_since": None, "unreachable_because": ""}
    found: TelegramChat = met(TelegramChat, "chat_id", chat["id"], fields)
    return found


def meet_account(person: dict[str, Any]) -> TelegramAccount:
    """The row of a person, made or brought up to date."""
    username = clean(str(person.get("username") or ""))[:64]
    fields = {"name": name_of(person), "username": username, "seen_at": timezone.now()}
    found: TelegramAccount = met(TelegramAccount, "telegram_id", person["id"], fields)
    return found


def met(model: Any, key: str, number: int, fields: dict[str, Any]) -> Any:
    """The row with that number. An update alone locks no more of it than a new row that refers to it bears."""
    row, created = model.objects.get_or_create(**{key: number}, defaults=fields)
    if not created:
        model.objects.filter(pk=row.pk).update(**fields)
        row.refresh_from_db()
    return row


def served(account: TelegramAccount | None, chat: TelegramChat | None) -> User | None:
    """As whom this person is served in this chat; None: not at all."""
    if account is None or chat is None or not (chat.is_private or chat.allowed):
        return None
    return account.served_as()


def reachable() -> QuerySet[TelegramChat]:
    """The chats that may be written to: allowed groups, and private ones of people who are served."""
    served = TelegramAccount.objects.filter(allowed=True, user__is_active=True).values("telegram_id")
    private = TelegramChat.Type.PRIVATE
    return TelegramChat.objects.filter(Q(type=private, chat_id__in=served) | (~Q(type=private) & Q(allowed=True)))


def is_served(incoming: Incoming) -> bool:
    """Whether whoever sent this is served there, as things stand; nothing is recorded."""
    if incoming.is_private and incoming.sender:
        # Before their first message is handled the chat has no row.
        account = TelegramAccount.objects.select_related("user").filter(telegram_id=incoming.sender["id"]).first()
        return account is not None and account.served_as() is not None
    return sender_of(incoming)[0] is not None


def sender_of(incoming: Incoming) -> tuple[User | None, TelegramChat | None]:
    """As whom the sender is served there, and where that is; nothing is recorded."""
    if incoming.sender is None:
        return None, None
    return known(incoming.sender["id"], incoming.chat["id"])


def known(telegram_id: int, chat_id: int) -> tuple[User | None, TelegramChat | None]:
    """As whom a person is served in a chat, and its row, by Telegram's numbers."""
    account = TelegramAccount.objects.select_related("user").filter(telegram_id=telegram_id).first()
    chat = TelegramChat.objects.filter(chat_id=chat_id).first()
    return served(account, chat), chat


def turn_away(incoming: Incoming, account: TelegramAccount, chat: TelegramChat, sentence: str = "") -> None:
    """Say in one line why nothing is done here; at most once an hour to a stranger, and in a group."""
    # A line that the group kept back counts for nobody; who is served learns of every group that is not.
    rows = [row for row, counts in ((chat, not chat.is_private), (account, account.served_as() is None)) if counts]
    if any(was_told(row) for row in rows) or not all(may_tell(row) for row in rows):
        return
    outbox.tell(chat, sentence or reason(account, chat), thread_id=incoming.thread_id, reply_to=incoming.id)


def was_told(row: TelegramAccount | TelegramChat) -> bool:
    """Whether a stranger or a group was told something in the last hour."""
    return row.told_at is not None and row.told_at >= timezone.now() - QUIET


def may_tell(row: TelegramAccount | TelegramChat) -> bool:
    """Whether a stranger or a group may be told something now; it is noted as told."""
    now = timezone.now()
    rows = type(row).objects.filter(Q(told_at=None) | Q(told_at__lt=now - QUIET), pk=row.pk)
    return bool(rows.update(told_at=now))


def reason(account: TelegramAccount, chat: TelegramChat) -> str:
    """Why somebody is not served, and what to do about it."""
    if account.served_as() is None:
        return (
            "I do not know you. If you have an account here, open your profile on my web page and press “Link Telegram”; "
            f"else ask whoever runs me to allow you. Your number is {account.telegram_id}."
        )
    return f"This group is not allowed yet: an administrator can allow it on my page Settings → Telegram. Its number is {chat.chat_id}."


def note_membership(change: dict[str, Any]) -> None:
    """The bot was let into a chat or put out of it; a private chat says so when it is blocked."""
    chat = meet_chat(change["chat"])
    status = change["new_chat_member"]["status"]
    if status not in GONE:
        return
    because = "The bot was blocked there." if chat.is_private else "The bot was removed from the group."
    TelegramChat.objects.filter(pk=chat.pk).update(unreachable_since=timezone.now(), unreachable_because=because)


def migrate(old_id: int, new_id: int) -> None:
    """A group became a supergroup with another number: what belongs to it goes along. Its messages are numbered anew there."""
    old = TelegramChat.objects.filter(chat_id=old_id).first()
    if old is None or old_id == new_id:
        return
    Shown.objects.filter(chat=old).delete()
    new = TelegramChat.objects.filter(chat_id=new_id).first()
    if new is None:
        TelegramChat.objects.filter(pk=old.pk).update(chat_id=new_id, type=TelegramChat.Type.SUPERGROUP)
        return
    for talk in old.talks.all():
        if not new.talks.filter(thread_id=talk.thread_id, user=talk.user).exclude(conversation=None).exists():
            new.talks.filter(thread_id=talk.thread_id, user=talk.user).delete()
            old.talks.filter(pk=talk.pk).update(chat=new)
    Delivery.objects.filter(chat=old, state__in=(DeliveryState.PENDING, DeliveryState.FAILED)).update(chat=new)
    Keyboard.objects.filter(chat=old).update(chat=new)
    TelegramSettings.objects.filter(notification_chat=old).update(notification_chat=new)
    if old.allowed:
        TelegramChat.objects.filter(pk=new.pk).update(allowed=True)
    TelegramChat.objects.filter(pk=old.pk).update(
        allowed=False, unreachable_since=timezone.now(), unreachable_because="The group became a supergroup with another number."
    )
