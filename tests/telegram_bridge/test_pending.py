"""The outbox as rows: what goes next to a chat, and what is forgotten."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from telegram_bridge import keyboards, outbox, pending
from telegram_bridge.bot import NeverSentError, RejectedError, ServerError, UncertainError, UnreachableError, WaitError
from telegram_bridge.fates import decide
from telegram_bridge.models import Delivery, DeliveryState, Keyboard, TelegramAccount, TelegramChat, TelegramState
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


@pytest.mark.parametrize("talking", [True, False])
def test_what_is_said_of_a_conversation_does_not_arrive_once_it_is_deleted(talking: bool) -> None:
    talk = make_talk()
    assert talk.conversation
    told = outbox.tell(talk.chat, "secret", talk=talk if talking else None, message=say(talk.conversation))
    talk.conversation.delete()

    assert pending.head(talk.chat.pk) is None
    assert state_of(told[0]) == DeliveryState.DEAD


def test_who_is_not_served_any_more_gets_no_list_either() -> None:
    talk = make_talk()
    (told,) = outbox.tell(talk.chat, "what is scheduled", talk=talk)
    User.objects.update(is_active=False)

    assert pending.head(talk.chat.pk) is None
    assert state_of(told) == DeliveryState.DEAD


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


def begun(chat: TelegramChat) -> pending.Job:
    """The next delivery, at the point where Telegram is called."""
    job = pending.head(chat.pk)
    assert job
    assert pending.take(job)
    return job


def taken_over() -> None:
    """Another process has the lease."""
    TelegramState.objects.update(leased_by="there:1")


def test_what_comes_late_of_an_earlier_call_changes_nothing() -> None:
    chat = make_chat()
    (delivery,) = outbox.tell(chat, "hello")
    early = begun(chat)
    pending.sent(begun(chat), 77)

    for error in (UncertainError("late"), WaitError(3600), UnreachableError("late"), RejectedError("late")):
        pending.failed(early, decide(error, early.delivery))
    pending.sent(early, 78)

    chat.refresh_from_db()
    assert (state_of(delivery), delivery.telegram_id, chat.not_before, chat.unreachable_since) == (DeliveryState.SENT, 77, None, None)


def test_without_the_lease_nothing_is_sent_and_no_failure_counts() -> None:
    chat = make_chat()
    (delivery,) = outbox.tell(chat, "hello")
    waiting = pending.head(chat.pk)
    job = begun(chat)
    taken_over()

    pending.failed(job, decide(WaitError(3600), job.delivery))

    assert waiting
    assert (pending.take(waiting), pending.head(chat.pk)) == (False, None)
    chat.refresh_from_db()
    assert (chat.not_before, state_of(delivery), delivery.uncertain) == (None, DeliveryState.PENDING, 1)

    pending.sent(job, 77)

    assert (state_of(delivery), delivery.telegram_id, delivery.uncertain) == (DeliveryState.SENT, 77, 0)


def test_a_process_that_dies_in_the_middle_of_a_call_sends_it_once_more_at_most() -> None:
    chat = make_chat()
    (delivery,) = outbox.tell(chat, "hello")

    doubtful = [begun(chat).doubtful for _ in range(2)]

    assert doubtful == [False, True]
    assert pending.head(chat.pk) is None
    assert state_of(delivery) == DeliveryState.DEAD
    assert "may have arrived" in TelegramState.now().send_error


def test_what_telegram_refused_was_not_carried_out() -> None:
    chat = make_chat()
    (delivery,) = outbox.tell(chat, "hello")

    for error in (ServerError("own trouble"), NeverSentError("no network"), ServerError("own trouble")):
        Delivery.objects.update(next_try_at=None)
        job = begun(chat)
        pending.failed(job, decide(error, job.delivery))

    assert (state_of(delivery), delivery.uncertain, delivery.attempts, delivery.taken) == (DeliveryState.FAILED, 0, 3, 3)
