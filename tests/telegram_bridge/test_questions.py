"""Questions on the phone: how they read, their buttons, where they are shown, and how they are closed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chat import log
from chat.models import Message
from telegram_bridge import questions
from telegram_bridge.models import Delivery, Keyboard, TelegramAccount, TelegramSettings
from telegram_bridge.planning import behind, plan
from tests.factories import make_agent, make_conversation, make_question, make_task, make_user, make_workflow
from tests.fakes.telegram import GROUP
from tests.telegram_bridge.sending import make_chat, make_talk
from workflows import engine
from workflows.answers import answer_as
from workflows.ledger import close_questions
from workflows.models import HelpRequest, HelpStatus
from workflows.signals import help_requested

pytestmark = pytest.mark.django_db
Kind = HelpRequest.Kind


def ask(conversation: Any, **fields: Any) -> HelpRequest:
    """A question as a run asks it: its message, its row, its signal."""
    request = make_question(conversation, **fields)
    message = Message(
        kind=Message.Kind.HELP_REQUEST,
        author=Message.Author.ASSISTANT,
        text=request.question,
        payload=request.body(),
        run_id=request.run_id,
        via=Message.Via.RUN,
    )
    log.post(conversation.pk, message)
    request.message_seq = message.seq
    request.save(update_fields=["message_seq"])
    help_requested.send(sender=HelpRequest, help_request=request)
    return request


def texts() -> list[str]:
    """What is in the outbox, after what was said in the conversations."""
    for found in behind():
        plan(found)
    return list(Delivery.objects.order_by("pk").values_list("text", flat=True))


ROWS = [
    ({"kind": Kind.QUESTION}, [["Answer…", "Decline"]]),
    ({"kind": Kind.CHOICE, "options": ["red", "blue"]}, [["1. red"], ["2. blue"], ["Other…", "Decline"]]),
    ({"kind": Kind.APPROVAL, "tool": "send", "arguments": {}, "decisions": ["approve", "deny"]}, [["Approve", "Deny"]]),
    ({"kind": Kind.CONFIRMATION, "decisions": ["yes", "no"]}, [["Yes", "No"]]),
    ({"kind": Kind.CONFIRMATION, "decisions": ["done", "again", "stop"]}, [["Done", "Again", "Stop"]]),
    ({"kind": Kind.CREDENTIALS}, [["Decline"]]),
    ({"kind": Kind.APPROVAL, "tool": "send", "arguments": {"x": "y" * 13_000}, "decisions": ["approve", "deny"]}, []),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "rows"), ROWS, ids=range(len(ROWS)))
def test_a_question_has_a_button_for_each_way_to_answer_it(fields: dict[str, Any], rows: list[list[str]]) -> None:
    request = make_question(make_conversation(), **fields)

    assert [[text for text, _ in row] for row in questions.buttons(request)] == rows


def test_a_button_says_what_it_answers() -> None:
    request = make_question(make_conversation(), options=["response:x"], decisions=[])

    assert [questions.answer_of(value) for row in questions.buttons(request) for _, value in row] == [
        {"response": "response:x"},
        {},
        {"decision": "decline"},
    ]


def test_a_question_says_what_asks_unless_it_is_the_assistant() -> None:
    request = make_question(make_conversation())
    run, owner = request.run, request.run.owner
    heads = [questions.asked(request).splitlines()[0]]

    run.agent = make_agent(owner=owner, name="scout")
    heads.append(questions.asked(request).splitlines()[0])
    run.workflow = make_workflow({"key": "a"}, owner=owner, name="Tea *report*")
    heads.append(questions.asked(request).splitlines()[0])
    run.task_id = make_task(owner, title="Every morning").pk
    heads.append(questions.asked(request).splitlines()[0])

    assert heads == ["❓ **A question for you**", "❓ **scout** asks", r"❓ **Tea \*report\*** asks", "❓ **Every morning** asks"]


def test_an_approval_shows_the_tool_and_its_arguments() -> None:
    talk = make_talk()

    ask(talk.conversation, kind=Kind.APPROVAL, question="May it?", tool="send", arguments={"to": "```x"}, decisions=["approve", "deny"])

    assert texts() == ['🔐 A question for you\n\nMay it?\n\nsend would be called with:\n\n{\n  "to": "```x"\n}']
    assert Delivery.objects.get().entities[-1]["type"] == "pre"


def test_a_secret_is_asked_for_on_its_own_page(settings: Any) -> None:
    settings.AGENTRON_URL = "https://agentron.example.org"
    talk = make_talk()

    request = ask(talk.conversation, kind=Kind.CREDENTIALS, question="The password?")

    assert "Secrets are never sent through a chat" in texts()[0]
    (link,) = [one for one in Delivery.objects.get().entities if one["type"] == "text_link"]
    assert link["url"] == f"https://agentron.example.org/help/{request.pk}/credentials/"


def test_a_question_says_what_happens_without_an_answer() -> None:
    talk = make_talk()

    ask(talk.conversation, default="blue", expires_at=datetime(2031, 5, 6, 7, 8, tzinfo=UTC))

    assert texts()[0].endswith("Without an answer it goes on with “blue” at 07:08 on 6 May.")


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ({"response": "*blue*"}, "✅ Answered by ada on the page: *blue*"),
        ({"decision": "decline"}, "🚫 Declined by ada on the page."),
    ],
)
def test_an_answered_question_says_by_whom_and_loses_its_buttons(answer: dict[str, Any], line: str) -> None:
    talk = make_talk(make_user("ada"))
    request = ask(talk.conversation, options=["red", "blue"])
    (shown,) = texts()

    engine.respond(request, by=talk.user, via=Message.Via.WEB, **answer)

    changed = Delivery.objects.get(kind=Delivery.Kind.EDIT)
    assert changed.text == f"{shown}\n\n{line}"
    assert changed.edits == Delivery.objects.get(kind=Delivery.Kind.TEXT)
    assert changed.keyboard is None
    assert Keyboard.objects.get().closed_at


def test_a_confirmation_in_words_is_not_told_twice() -> None:
    talk = make_talk(make_user("ada"))
    request = ask(talk.conversation, kind=Kind.CONFIRMATION, decisions=["yes", "no"])
    texts()

    engine.respond(request, by=talk.user, via=Message.Via.TELEGRAM, response="Yes")

    assert Delivery.objects.get(kind=Delivery.Kind.EDIT).text.endswith("✅ Answered “yes” by ada on Telegram.")


def test_an_approval_says_who_approved() -> None:
    talk = make_talk(make_user("ada"))
    request = ask(talk.conversation, kind=Kind.APPROVAL, tool="send", arguments={}, decisions=["approve", "deny"])
    texts()

    engine.respond(request, by=talk.user, via=Message.Via.TELEGRAM, decision="approve")

    assert Delivery.objects.get(kind=Delivery.Kind.EDIT).text.endswith("✅ Approved by ada on Telegram.")


def test_a_question_that_nobody_answered_or_that_is_not_asked_any_more_says_so() -> None:
    talk = make_talk()
    late, gone = (ask(talk.conversation) for _ in range(2))
    texts()

    answer_as(late, HelpStatus.EXPIRED, by=None, via=Message.Via.RUN, response="blue")
    close_questions(gone.run)

    ends = [text.rpartition("\n\n")[2] for text in Delivery.objects.filter(kind="edit").order_by("pk").values_list("text", flat=True)]
    assert ends == ["⌛ No answer came in time: it goes on with “blue”.", "⏹ This is not asked any more."]


def test_a_question_that_was_closed_before_it_was_sent_has_no_buttons() -> None:
    talk = make_talk(make_user("ada"))
    request = ask(talk.conversation, options=["red"])
    engine.respond(request, by=talk.user, via=Message.Via.WEB, response="red")

    (shown,) = texts()

    assert shown.endswith("✅ Answered by ada on the page: red")
    assert not Keyboard.objects.exists()


def test_a_question_that_no_phone_of_its_owner_shows_is_put_to_them_in_private() -> None:
    talk = make_talk(make_user("ada"))
    elsewhere = make_conversation(talk.user, title="Nightly report")

    request = ask(elsewhere, options=["red"])
    engine.respond(request, by=talk.user, via=Message.Via.WEB, response="red")

    first, changed = Delivery.objects.order_by("pk")
    assert first.text.startswith("In “Nightly report”:\n\n❓ A question for you")
    assert (first.chat, first.keyboard and first.keyboard.user) == (talk.chat, talk.user)
    assert (changed.edits, changed.text.rpartition("\n")[2]) == (first, "✅ Answered by ada on the page: red")


def test_a_question_of_somebody_without_telegram_is_told_to_the_notification_chat() -> None:
    TelegramSettings(notification_chat=make_chat(GROUP)).save()

    ask(make_conversation(make_user("bob")), question="How?")

    assert texts() == ["❓ bob is asked something, and has no Telegram here. Only they can answer it: on the page, in their browser."]


def test_a_question_goes_to_nobody_who_is_not_served() -> None:
    talk = make_talk()
    TelegramAccount.objects.update(allowed=False)

    ask(talk.conversation)
    ask(make_conversation(talk.user))

    assert texts() == []


def test_other_asks_for_words_and_an_answer_to_that_belongs_to_the_question() -> None:
    talk = make_talk()
    request = ask(talk.conversation, options=["red"])
    texts()
    delivery = Delivery.objects.get()

    (prompt,) = questions.other(delivery)

    assert (prompt.force_reply, prompt.message) == (True, delivery.message)
    assert prompt.message
    assert prompt.message.seq == request.message_seq
