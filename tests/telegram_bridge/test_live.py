"""What a phone shows while a turn works, against the Telegram server for tests."""

from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from chat import log
from chat.models import Draft, Message
from telegram_bridge import questions, working
from telegram_bridge.formatting import Chunk, render
from telegram_bridge.models import Delivery, DeliveryState, LiveMessage, Shown, TelegramSettings, TelegramTalk
from tests.factories import make_question, make_run, say
from tests.fakes.telegram import ADA, GROUP, Telegram
from tests.fakes.telegram_chats import Sent
from tests.fakes.telegram_faults import cut, late, refuse, wait
from tests.telegram_bridge.sending import make_talk, show
from workflows.models import Run, RunStatus

pytest_plugins = ["tests.fakes.telegram"]
pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


def begin(talk: TelegramTalk) -> Run:
    """A turn at work in the talk's conversation."""
    assert talk.conversation
    return make_run(talk.conversation, status=RunStatus.RUNNING)


def write(run: Run, text: str, version: int = 1) -> None:
    """The turn writes its answer."""
    fields: dict[str, Any] = {"conversation": run.conversation, "run_id": run.pk, "step": "turn", "text": text, "version": version}
    Draft.objects.update_or_create(step_run_id=run.pk, defaults=fields)


def post(run: Run, kind: Message.Kind, text: str = "", **payload: Any) -> Message:
    """The turn leaves something in the log."""
    message = Message(kind=kind, author=Message.Author.ASSISTANT, via=Message.Via.RUN, text=text, run_id=run.pk, payload=payload)
    log.post(run.conversation_id, message)
    return message


def call(run: Run, tool: str, number: str = "1", **arguments: Any) -> None:
    """The turn calls a tool."""
    post(run, Message.Kind.TOOL_USE, call_id=number, name=tool, args=arguments, reply=1)


def finish(run: Run, text: str, status: RunStatus = RunStatus.SUCCEEDED) -> None:
    """The turn ends with its answer."""
    Draft.objects.all().delete()
    Run.objects.filter(pk=run.pk).update(status=status)
    if text:
        post(run, Message.Kind.MESSAGE, text)


def only(telegram: Telegram) -> Sent | None:
    """What the phone shows, if it is one message."""
    found = telegram.sent(ADA.chat)
    return found[0] if len(found) == 1 else None


def reads(telegram: Telegram, *texts: str) -> bool:
    """Whether the phone shows just this."""
    return telegram.texts(ADA.chat) == list(texts)


def test_an_answer_grows_in_place_and_becomes_the_whole_one(telegram: Telegram) -> None:
    run = begin(make_talk())
    write(run, "Once **upon")
    show(until=lambda: reads(telegram, "Once **upon"))
    write(run, "Once **upon** a time", 2)
    show(until=lambda: reads(telegram, "Once upon a time"))

    finish(run, "Once **upon** a time there was.")
    show(until=lambda: reads(telegram, "Once upon a time there was."))

    assert len(telegram.calls("sendMessage")) == 1
    assert telegram.calls("sendChatAction")
    assert not LiveMessage.objects.exists()
    assert telegram.sent(ADA.chat)[0].silent is False


def test_in_a_group_the_answer_grows_below_the_question_of_whoever_asked(telegram: Telegram) -> None:
    talk = make_talk(chat=GROUP)
    assert talk.conversation
    said = telegram.say("hello", chat=GROUP)
    message = say(talk.conversation, "hello", via=Message.Via.TELEGRAM)
    Shown.objects.create(chat=talk.chat, telegram_id=said.id, message=message)
    run = Run.objects.get(conversation=talk.conversation)
    Run.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING)
    write(run, "Hi")
    show(until=lambda: telegram.texts(GROUP) == ["Hi"])

    finish(run, "Hi there.")
    show(until=lambda: telegram.texts(GROUP) == ["Hi there."])

    assert telegram.sent(GROUP)[0].reply_to == said.id
    assert len(telegram.calls("sendMessage")) == 1


def test_edits_are_far_enough_apart(telegram: Telegram) -> None:
    run = begin(make_talk())
    versions = iter(range(1, 10_000))

    def enough() -> bool:
        number = next(versions)
        write(run, f"text {number}", number)
        return len(telegram.calls("editMessageText")) == 3

    show(until=enough)

    times = [one.at for one in telegram.calls() if one.method in ("sendMessage", "editMessageText")]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 1.19


def test_tools_at_work_are_named_in_one_silent_line_that_goes_when_the_answer_begins(telegram: Telegram) -> None:
    run = begin(make_talk())
    call(run, "fetch_url", url="https://example.com/a_b")
    show(until=lambda: reads(telegram, "⏳ Read a web page https://example.com/a_b"))
    line = telegram.sent(ADA.chat)[0]
    post(run, Message.Kind.TOOL_RESULT, call_id="1", name="fetch_url", status="done", result="x", reply=1)
    call(run, "recall", "2")
    show(until=lambda: reads(telegram, "✅ Read a web page https://example.com/a_b\n⏳ Look into the memory"))

    write(run, "It says")
    show(until=lambda: reads(telegram, "It says"))
    finish(run, "It says hello.")
    show(until=lambda: reads(telegram, "It says hello."))

    assert line.silent
    assert line.deleted
    assert not telegram.sent(ADA.chat)[0].silent


def test_what_was_said_before_a_tool_call_stays_and_the_line_comes_below(telegram: Telegram) -> None:
    run = begin(make_talk())
    write(run, "Let me see.")
    show(until=lambda: reads(telegram, "Let me see."))

    Draft.objects.all().delete()
    post(run, Message.Kind.MESSAGE, "Let me see.")
    call(run, "recall")
    show(until=lambda: reads(telegram, "Let me see.", "⏳ Look into the memory"))
    finish(run, "Nothing.")
    show(until=lambda: reads(telegram, "Let me see.", "Nothing."))


def test_a_question_takes_the_lines_place_with_its_buttons(telegram: Telegram) -> None:
    talk = make_talk()
    assert talk.conversation
    request = make_question(talk.conversation, options=["red"])
    Run.objects.filter(pk=request.run_id).update(status=RunStatus.RUNNING)
    call(request.run, "recall")
    show(until=lambda: bool(telegram.texts(ADA.chat)))

    message = post(request.run, Message.Kind.HELP_REQUEST, request.question, **request.body())
    type(request).objects.filter(pk=request.pk).update(message_seq=message.seq)
    Run.objects.filter(pk=request.run_id).update(status=RunStatus.WAITING_FOR_USER)
    show(until=lambda: (one := only(telegram)) is not None and one.buttons == ["1. red", "Other…", "Decline"])

    assert questions.asked(request).startswith("❓")
    assert not LiveMessage.objects.exists()


def test_a_turn_that_ends_without_a_word_leaves_nothing_behind(telegram: Telegram) -> None:
    run = begin(make_talk())
    call(run, "recall")
    show(until=lambda: bool(telegram.texts(ADA.chat)))

    finish(run, "", RunStatus.CANCELLED)
    show(until=lambda: reads(telegram) and not LiveMessage.objects.exists())


@pytest.mark.parametrize(("streaming", "expected"), [("off", []), ("status", ["⏳ Look into the memory"])])
def test_an_administrator_decides_what_is_shown(telegram: Telegram, streaming: str, expected: list[str]) -> None:
    TelegramSettings(streaming=streaming).save()
    run = begin(make_talk())
    call(run, "recall")
    write(run, "The answer so far")

    show(until=lambda: len(telegram.calls("sendChatAction")) == 1 and telegram.texts(ADA.chat) == expected)
    finish(run, "The answer.")
    show(until=lambda: reads(telegram, "The answer."))

    assert not telegram.calls("editMessageText")


def test_a_frame_that_may_have_arrived_is_not_repeated(telegram: Telegram) -> None:
    run = begin(make_talk())
    write(run, "Once")
    telegram.fault("sendMessage", cut())
    show(until=lambda: len(telegram.calls("sendChatAction")) == 2)

    assert len(telegram.calls("sendMessage")) == 1

    finish(run, "Once upon a time.")
    show(until=lambda: reads(telegram, "Once upon a time."))


def test_a_frame_gives_way_when_telegram_asks_to_wait(telegram: Telegram) -> None:
    run = begin(make_talk())
    write(run, "Once")
    show(until=lambda: reads(telegram, "Once"))
    telegram.fault("editMessageText", wait(3))
    write(run, "Once upon", 2)

    show(until=lambda: reads(telegram, "Once upon"))

    first, second = telegram.calls("editMessageText")
    assert second.at - first.at >= 3


def test_an_answer_whose_live_message_was_deleted_comes_as_a_new_one(telegram: Telegram) -> None:
    run = begin(make_talk())
    write(run, "Once")
    show(until=lambda: reads(telegram, "Once"))
    telegram.sent(ADA.chat)[0].deleted = True
    telegram.fault("deleteMessage", refuse("Bad Request: message to delete not found"))

    finish(run, "Once upon a time.")

    show(until=lambda: reads(telegram, "Once upon a time."))


def test_a_live_message_of_a_run_that_is_gone_is_taken_away(telegram: Telegram) -> None:
    talk = make_talk()
    run = begin(talk)
    call(run, "recall")
    show(until=lambda: bool(telegram.texts(ADA.chat)))
    LiveMessage.objects.update(run_id=uuid4())
    Run.objects.all().delete()

    show(until=lambda: reads(telegram))


def test_a_frame_of_a_long_answer_is_made_of_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    talk, text, lengths = make_talk(), "**Many** words. " * 2_000, []
    run = begin(talk)
    write(run, text)

    def rendered(markdown: str) -> list[Chunk]:
        lengths.append(len(markdown))
        return render(markdown)

    monkeypatch.setattr(working, "render", rendered)
    frame = working.frame(working.Work(talk, run), TelegramSettings.Streaming.TEXT)

    assert frame
    assert (frame.chunk.text, frame.chunk.entities) == (render(text)[0].text, render(text)[0].entities)
    assert lengths == [working.MOST_RENDERED]


def test_an_answer_is_noted_before_the_line_above_it_goes(telegram: Telegram) -> None:
    run, states = begin(make_talk()), []
    call(run, "recall")
    show(until=lambda: bool(telegram.sent(ADA.chat)))
    telegram.fault("deleteMessage", late(0.5))
    finish(run, "Done.")

    def gone() -> bool:
        if telegram.calls("deleteMessage"):
            states.append(Delivery.objects.get(text="Done.").state)
        return reads(telegram, "Done.")

    show(until=gone)

    assert states[0] == DeliveryState.SENT
    assert not LiveMessage.objects.exists()
