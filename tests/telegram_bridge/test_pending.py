"""The outbox as rows: what goes next to a chat, and what is forgotten."""

from datetime import timedelta

import pytest
from django.utils import timezone

from telegram_bridge import keyboards, outbox, pending
from telegram_bridge.models import Delivery, DeliveryState, Keyboard, TelegramAccount, TelegramChat
from tests.factories import say
from tests.fakes.telegram import ADA, BOB, GROUP
from tests.telegram_bridge.sending import make_chat, make_talk, state_of

pytestmark = pytest.mark.django_db


def test_a_chat_is_due_when_its_first_delivery_is() -> None:
    ada, bob, team = make_chat(ADA.chat), make_chat(BOB.chat), make_chat(GROUP)
    for chat in (ada, bob, team):
        for text in ("one", "two"):
            outbox.tell(chat, text)
    soon = timezone.now() + timedelta(seconds=5)
    Delivery.objects.filter(chat=bob, text="one").update(next_try_at=soon)
    TelegramChat.objects.filter(pk=team.pk).update(not_before=soon)

    assert pending.chats_due() == [ada.pk]
    assert pending.chats_due(seconds=6) == [ada.pk, bob.pk, team.pk]
    assert [bool(pending.head(chat.pk)) for chat in (ada, bob, team)] == [True, False, False]


def test_what_waits_is_given_up_when_nobody_there_may_read_it_any_more() -> None:
    talk = make_talk()
    assert talk.conversation
    (secret,) = outbox.tell(talk.chat, "secret", talk=talk, message=say(talk.conversation))
    (line,) = outbox.tell(talk.chat, "I do not know you.")
    TelegramAccount.objects.update(allowed=False)

    job = pending.head(talk.chat.pk)

    assert job
    assert job.delivery == line
    assert state_of(secret) == DeliveryState.DEAD


def test_what_was_sent_long_ago_is_forgotten_and_open_questions_are_not() -> None:
    talk = make_talk()
    keyboard = keyboards.make(talk.chat, talk.user, Keyboard.Purpose.ANSWER, [[("Yes", "decision:yes")]])
    (old, asked, waiting, new) = (outbox.tell(talk.chat, text)[0] for text in ("old", "asked", "waiting", "new"))
    Delivery.objects.exclude(pk=waiting.pk).update(state=DeliveryState.SENT)
    Delivery.objects.exclude(pk=new.pk).update(created_at=timezone.now() - timedelta(days=91))
    Delivery.objects.filter(pk=asked.pk).update(keyboard=keyboard)

    pending.prune()

    assert list(Delivery.objects.order_by("pk")) == [asked, waiting, new]
    assert not Delivery.objects.filter(pk=old.pk).exists()
