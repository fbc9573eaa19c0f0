"""The inbox: what comes is stored once, handled once and in order, and what cannot be handled stops nobody."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from chat.models import Message
from telegram_bridge import handling, inbox, outbox, state, talks
from telegram_bridge.inbox import Fate, Unit
from telegram_bridge.models import Delivery, TelegramState, Update
from telegram_bridge.replies import Reply
from tests.telegram_bridge.phone import BOT, chat_of, let_in, newest, said, send_all

pytestmark = pytest.mark.django_db

NUMBERS = count(500)


def update(number: int, chat: int = 1001, **fields: Any) -> dict[str, Any]:
    """A message as Telegram sends it."""
    sender = {"id": chat, "is_bot": False, "first_name": "Ada"}
    message = {"message_id": next(NUMBERS), "from": sender, "chat": {"id": chat, "type": "private"}, "date": 1, "text": f"number {number}"}
    return {"update_id": number, "message": message | fields}


def unit(chat: int = 1001) -> Unit:
    """What comes next in a chat."""
    found = inbox.next_unit(BOT, chat)
    assert found
    return found


def handle(chat: int = 1001) -> Fate:
    """Handle what comes next in a chat."""
    found = unit(chat)
    try:
        inbox.carry_out(found, [])
    except KeyError as exc:
        inbox.fail(found, f"{type(exc).__name__}: {exc}")
    if (fate := inbox.fate(found)) == Fate.PARKED:
        inbox.apologise(found)
    return fate


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of updates that make handling fail, after it has written something."""
    numbers: list[int] = []
    real = handling.handle

    def handle(updates: Any, files: Any) -> Reply:
        found = real(updates, files)
        if updates[0].update_id in numbers:
            raise KeyError("what nobody thought of")
        return found

    monkeypatch.setattr(handling, "handle", handle)
    return numbers


def test_the_offset_moves_with_what_was_stored() -> None:
    state.meet(BOT)

    inbox.take_in(BOT, [update(8), update(7)])

    kept = TelegramState.now()
    assert (kept.offset, kept.poll_error, kept.polled_at is not None) == (9, "", True)
    assert list(Update.objects.order_by("update_id").values_list("update_id", flat=True)) == [7, 8]


def test_the_same_update_twice_is_one_row() -> None:
    inbox.take_in(BOT, [update(7), update(7)])
    inbox.take_in(BOT, [update(7), update(8)])

    assert Update.objects.count() == 2


def test_what_comes_late_does_not_move_the_offset_back() -> None:
    state.meet(BOT)
    inbox.take_in(BOT, [update(9)])
    inbox.take_in(BOT, [update(3)])

    assert TelegramState.now().offset == 10


def test_numbers_that_begin_anew_lower_are_followed_unless_somebody_has_moved_on() -> None:
    state.meet(BOT)
    state.move_offset(BOT, 900)

    assert inbox.take_in(BOT, [update(5), update(6)], 900) is True
    assert TelegramState.now().offset == 7
    inbox.take_in(BOT, [update(3)], 900)
    assert TelegramState.now().offset == 7


def test_a_poll_that_brings_no_update_counts_as_an_empty_one() -> None:
    state.meet(BOT)

    assert inbox.take_in(BOT, [{"update_id": "7"}, None]) is False


def test_another_bot_begins_at_its_own_beginning() -> None:
    state.meet(BOT)
    inbox.take_in(BOT, [update(9)])

    state.meet(BOT + 1)
    # A poll of the old bot that ends late.
    inbox.take_in(BOT, [update(10)])

    kept = TelegramState.now()
    assert (kept.bot_id, kept.offset, kept.polled_at) == (BOT + 1, 0, None)


def test_what_another_bot_brought_and_nobody_handled_is_given_up_visibly() -> None:
    state.meet(BOT)
    inbox.take_in(BOT, [update(9)])

    state.meet(BOT + 1)

    row = Update.objects.get()
    assert (row.parked_at is not None, row.error) == (True, state.OTHER_BOT)


def test_a_number_of_another_bots_message_means_nothing() -> None:
    user, phone = let_in()
    state.meet(BOT)
    phone.say("hello")
    (told,) = outbox.tell(chat_of(phone), "an answer", message=said(user)[0], reply_to=5)
    send_all()
    state.meet(BOT)
    number = newest(phone).telegram_id
    assert talks.message_shown(chat_of(phone), number or 0)

    state.meet(BOT + 1)
    told.refresh_from_db()

    assert (talks.message_shown(chat_of(phone), number or 0), told.telegram_id, told.reply_to) == (None, None, None)


@pytest.mark.parametrize("payload", [None, 7, [], {}, {"update_id": "7"}, {"update_id": -1}, {"update_id": 2**64}, {"update_id": True}])
def test_what_is_no_update_is_left_out(payload: Any) -> None:
    assert inbox.store(BOT, [payload, update(7)]) != []
    assert Update.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"message": {"text": "a \0 b \ud800", "chat": {"id": 1001}}},
        {"message": None},
        {"message": {"chat": {"id": "x"}}},
        {"callback_query": {"message": 3}},
        {"poll": {"id": "1"}},
        {"message": {"chat": {"id": 2**70}, "media_group_id": "a" * 200}},
    ],
)
def test_every_update_can_be_stored(body: dict[str, Any]) -> None:
    inbox.store(BOT, [{"update_id": 7, **body}])

    assert Update.objects.get().update_id == 7


def test_a_button_belongs_to_the_chat_of_its_message() -> None:
    inbox.store(BOT, [{"update_id": 7, "callback_query": {"id": "q", "message": {"chat": {"id": -5}}}}])

    assert Update.objects.get().chat_id == -5


def test_a_chat_is_handled_in_the_order_of_its_updates() -> None:
    let_in()
    inbox.store(BOT, [update(9), update(7), update(8)])

    assert [handle() for _ in range(3)] == [Fate.HANDLED] * 3
    assert list(Message.objects.filter(author="user").order_by("seq").values_list("text", flat=True)) == [
        "number 7",
        "number 8",
        "number 9",
    ]


def test_what_was_handled_is_not_handled_again() -> None:
    let_in()
    inbox.store(BOT, [update(7)])
    found = unit()

    inbox.carry_out(found, [])

    assert inbox.carry_out(found, []) is None
    assert Message.objects.filter(author="user").count() == 1


def test_an_album_waits_until_it_is_whole_and_is_handled_as_one() -> None:
    inbox.store(BOT, [update(7, media_group_id="a"), update(8, media_group_id="a"), update(9)])
    settling = unit()

    Update.objects.update(received_at=timezone.now() - timedelta(seconds=2))
    settled = unit()

    assert 0 < settling.wait <= 1.5
    assert ([one.update_id for one in settled.updates], settled.wait) == ([7, 8], 0)


def test_a_failure_leaves_nothing_behind_and_is_tried_again(poison: list[int]) -> None:
    let_in()
    inbox.store(BOT, [update(7)])
    poison.append(7)

    fate = handle()

    row = Update.objects.get()
    assert (fate, row.failures, row.handled_at, row.error) == (Fate.OPEN, 1, None, "KeyError: 'what nobody thought of'")
    assert not Message.objects.exists()


def test_a_poison_update_is_parked_after_three_failures_and_the_next_is_served(poison: list[int]) -> None:
    let_in()
    inbox.store(BOT, [update(7), update(8)])
    poison.append(7)

    fates = [handle() for _ in range(4)]

    assert fates == [Fate.OPEN, Fate.OPEN, Fate.PARKED, Fate.HANDLED]
    assert Message.objects.get(author="user").text == "number 8"
    assert Delivery.objects.filter(text=inbox.SORRY).count() == 1


def test_a_stranger_is_told_nothing_of_failures(poison: list[int]) -> None:
    inbox.store(BOT, [update(7, chat=6666)])
    poison.append(7)

    fates = [handle(6666) for _ in range(3)]

    assert fates[-1] == Fate.PARKED
    assert not Delivery.objects.exists()


def test_what_was_handled_long_ago_is_forgotten() -> None:
    inbox.store(BOT, [update(7), update(8), update(9)])
    Update.objects.filter(update_id=7).update(handled_at=timezone.now() - timedelta(days=8))
    Update.objects.filter(update_id=8).update(handled_at=timezone.now() - timedelta(days=6))

    inbox.prune()

    assert set(Update.objects.values_list("update_id", flat=True)) == {8, 9}
