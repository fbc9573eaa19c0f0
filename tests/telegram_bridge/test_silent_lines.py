"""What is said in one silent line beside the work: how a message was taken, and where one speaks now."""

import pytest

from tasks.models import Task
from telegram_bridge import speaking, talks
from telegram_bridge.models import Delivery, Shown, TelegramChat
from tests.factories import make_conversation, make_task, make_workflow, say
from tests.telegram_bridge.phone import GROUP, Phone, conversation, handle, let_in, newest, talk
from tests.telegram_bridge.test_answers import APPROVAL, FORWARD, OPEN, asked, begun, state
from tests.telegram_bridge.test_commands import talk_user
from workflows.models import Run

pytestmark = pytest.mark.django_db


def test_with_two_questions_a_plain_message_is_told_that_it_answers_neither() -> None:
    phone = begun()
    first, _ = asked(phone)
    asked(phone, **APPROVAL)
    line = "2 questions are open: reply to the one you mean, or press its button."

    phone.say("The blue one")
    phone.say("The blue one", **FORWARD)

    assert state(first) == OPEN
    assert phone.told().count(line) == 1


def test_with_two_questions_that_words_do_not_answer_nothing_is_said_of_them() -> None:
    phone = begun()
    for _ in range(2):
        asked(phone, **APPROVAL)

    phone.say("yes")

    assert not any("questions are open" in text for text in phone.told())


@pytest.mark.parametrize("text", ["every 1 second ping", "every 5 seconds ping"])
def test_a_schedule_that_would_flood_the_chat_is_refused(text: str) -> None:
    phone = begun()

    phone.say(f"/schedule {text}")
    phone.say("/schedule every 10 minutes ping")

    assert "is too often: every 10 seconds is the most" in phone.told()[0]
    assert Task.objects.get().schedule == "every 10 minutes"


def test_a_number_means_the_list_that_was_shown_without_the_conversation_one_is_in() -> None:
    phone = begun()
    tea, coffee = (make_conversation(talk(phone).user, title=title) for title in ("tea", "coffee"))
    phone.say("/resume")
    shown = newest(phone)
    say(tea, "the newest by now")

    phone.say("/resume 1")
    assert conversation(phone) == coffee
    phone.say("/resume 2")

    assert conversation(phone) == tea
    assert shown.text.endswith("1. coffee\n2. tea")


def test_a_number_means_the_list_whose_button_was_pressed_not_an_older_one() -> None:
    phone = begun()
    make_conversation(talk(phone).user, title="tea")
    phone.say("/resume")
    coffee = make_conversation(talk(phone).user, title="coffee")
    phone.say("/resume")
    phone.press(newest(phone), "tea")

    phone.say("/resume 1")

    assert conversation(phone) == coffee


def test_a_number_without_a_list_leaves_the_conversation_one_is_in() -> None:
    phone = begun()
    before = conversation(phone)
    phone.say("/new again")

    phone.say("/resume 1")

    assert conversation(phone) == before


def test_going_on_where_one_is_leaves_out_nothing_that_is_still_to_be_told() -> None:
    phone = begun()
    here = talk(phone)

    talks.turn_to(here, conversation(phone))

    assert talk(phone).delivered_seq == here.delivered_seq == 0


def test_another_clock_says_which_tasks_keep_the_old_one() -> None:
    phone = begun()
    phone.say("/timezone Europe/Berlin")
    phone.say("/schedule every day at 9 stretch")

    phone.say("/timezone Asia/Tokyo")
    phone.say("/timezone")

    assert phone.told()[-2].endswith("now. Tasks made before stay in Europe/Berlin.")
    assert "Tasks made before" not in phone.told()[0] + phone.told()[-1]


def test_whoever_edits_a_message_hears_once_that_it_changes_nothing() -> None:
    phone = begun()
    question, _ = asked(phone)
    number = Shown.objects.earliest("pk").telegram_id
    command = phone.body("/status")

    for text in ("hello, you", "hello, all of you"):
        handle({"edited_message": {**phone.body(text), "message_id": number}})
    handle({"edited_message": command})
    handle({"edited_message": phone.body("", location={"latitude": 1})})

    lines = Delivery.objects.filter(text=speaking.KEPT)
    assert [(line.reply_to, line.silent) for line in lines.order_by("pk")] == [(number, True), (command["message_id"], True)]
    assert state(question) == OPEN
    assert Run.objects.filter(trigger="telegram").count() == 1


def in_a_group() -> Phone:
    """The phone of somebody who speaks in a group."""
    phone = begun()
    TelegramChat.objects.create(chat_id=GROUP["id"], type="group", allowed=True)
    phone.chat = GROUP
    return phone


@pytest.mark.parametrize("command", ["pending", "scheduled", "tasks", "runs", "resume", "resume 1", "workflows"])
def test_in_a_group_nobodys_lists_are_shown(command: str) -> None:
    phone = in_a_group()

    phone.say(f"/{command}@agentron_test_bot")

    assert phone.told() == ["That would show your lists to everybody here: ask me in private."]


def test_in_a_group_other_commands_tell_of_no_list() -> None:
    phone = in_a_group()
    make_workflow({"key": "a"}, owner=talk_user(phone), name="Secret report")
    make_task(talk_user(phone), title="A secret")

    for command in ("run", "status", "new"):
        phone.say(f"/{command}")

    assert len(phone.told()) == 3
    assert not any("ecret" in text or "/resume" in text for text in phone.told())


def test_in_a_group_nothing_is_said_of_edits_that_are_for_others() -> None:
    phone = in_a_group()

    handle({"edited_message": phone.body("see you at 5")})

    assert not phone.told()


def test_declining_says_so() -> None:
    phone = begun()
    question, delivery = asked(phone)

    reply = phone.press(delivery, "Decline")

    assert reply.toast == "Declined."
    assert state(question) == ("declined", "", "decline")


def test_whoever_is_to_write_hears_whether_plain_words_do() -> None:
    phone = begun()
    first, delivery = asked(phone)

    phone.press(delivery, "Answer")
    assert phone.told()[-1] == "✏️ Write your answer: your next message is taken as it."
    asked(phone)
    phone.press(delivery, "Answer")
    assert phone.told()[-1] == "✏️ Write your answer as a reply to this message."
    phone.say("/new")
    phone.press(delivery, "Answer")
    assert phone.told()[-1] == "✏️ Write your answer as a reply to this message."

    assert state(first) == OPEN


def test_stop_names_the_workflows_that_go_on_and_cancels_them_one_by_one() -> None:
    phone = begun()
    user = talk(phone).user
    for name in ("Tea report", "Coffee report"):
        make_workflow({"key": "a"}, owner=user, name=name)
        phone.say(f"/run {name}")

    phone.say("/stop")
    first = newest(phone)
    reply = phone.press(first, "Tea report")
    second = newest(phone)
    stale = phone.press(first, "Coffee report")

    assert first.text.startswith("Stopped. These workflows go on unless you cancel them:\n\n1. Tea report, queued")
    assert reply.toast == "Cancelled: Tea report"
    assert "Cancelled: Tea report. These" in second.text
    assert "1. Coffee report" in second.text
    assert stale.toast.startswith("This button means nothing any more.")
    assert dict(Run.objects.filter(lane="run").values_list("workflow__name", "status")) == {
        "Tea report": "cancelled",
        "Coffee report": "queued",
    }


def test_a_run_that_has_ended_meanwhile_is_taken_off_the_list() -> None:
    phone = begun()
    make_workflow({"key": "a"}, owner=talk(phone).user, name="Tea report")
    phone.say("/run Tea report")
    phone.say("/stop")
    delivery = newest(phone)
    Run.objects.filter(lane="run").update(status="succeeded")

    reply = phone.press(delivery, "Tea report")

    assert reply.toast == "Has ended already: Tea report"
    assert newest(phone).text == "Has ended already: Tea report."


def test_nobody_cancels_the_runs_of_others() -> None:
    phone = begun()
    other = let_in(telegram_id=1002)[1]
    make_workflow({"key": "a"}, owner=talk(phone).user, name="Tea report")
    phone.say("/run Tea report")
    phone.say("/stop")
    delivery = newest(phone)
    other.chat = phone.place()

    reply = other.press(delivery, "Tea report")

    assert "somebody else" in reply.toast
    assert Run.objects.get(lane="run").status == "queued"
