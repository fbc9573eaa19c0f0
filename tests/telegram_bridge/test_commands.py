"""The commands of contract §8 on the phone: each answers with a sentence, and refuses with one."""

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from chat.models import Conversation, Message, Profile
from tasks import planning
from tasks.models import Task
from telegram_bridge.commands import COMMANDS, MENU
from telegram_bridge.models import Delivery, Keyboard, TelegramChat
from telegram_bridge.planning import plan
from tests.factories import make_conversation, make_question, make_task, make_user, make_workflow, say, start_run
from tests.telegram_bridge.phone import GROUP, Phone, conversation, let_in, newest, said, talk
from workflows.models import Heartbeat, Run

pytestmark = pytest.mark.django_db
CASES = json.loads((Path(__file__).parent.parent / "cases" / "oneshot.json").read_text())["telegram_schedule"]
CONTRACT = [
    "start",
    "help",
    "new",
    "resume",
    "tasks",
    "scheduled",
    "schedule",
    "workflows",
    "run",
    "runs",
    "pending",
    "stop",
    "status",
    "timezone",
]


def phone_of(name: str = "", zone: str = "Europe/Berlin") -> Phone:
    user, phone = let_in(make_user(name))
    Profile.objects.create(user=user, time_zone=zone)
    return phone


def test_all_commands_of_the_contract_are_there_and_in_the_menu() -> None:
    assert sorted(COMMANDS) == sorted(CONTRACT)
    assert {one["command"] for one in MENU} == {*CONTRACT} - {"start", "tasks"}
    # Telegram's limits (setMyCommands).
    assert all(3 <= len(one["description"]) <= 256 and len(one["command"]) <= 32 for one in MENU)


def test_every_command_answers_somebody_who_has_nothing_yet() -> None:
    phone = phone_of()

    for number, name in enumerate(CONTRACT, 1):
        phone.say(f"/{name}")
        assert len(phone.told()) == number

    assert not any("\\" in text for text in phone.told())


def test_no_command_does_anything_for_a_stranger() -> None:
    phone = Phone(6666)

    for name in CONTRACT:
        phone.say(f"/{name} 10m x")

    assert len(phone.told()) == 1
    assert not Task.objects.exists()
    assert not Conversation.objects.exists()


def test_help_names_every_command() -> None:
    phone = phone_of()

    phone.say("/help")

    assert all(f"/{name}" in phone.told()[0] for name in CONTRACT)


def test_in_a_group_help_tells_how_one_speaks_there_and_of_nothing_that_is_refused() -> None:
    phone = phone_of()
    TelegramChat.objects.create(chat_id=GROUP["id"], type="group", allowed=True)
    phone.chat = GROUP

    phone.say("/help")

    assert "mentions me" in phone.told()[0]
    assert "/new [TEXT]" in phone.told()[0]
    assert "/scheduled" not in phone.told()[0]


def test_an_unknown_command_is_told_and_said_to_nobody() -> None:
    phone = phone_of()

    phone.say("/frobnicate now")

    assert "There is no command /frobnicate" in phone.told()[0]
    assert not Message.objects.exists()


def test_in_a_group_an_unknown_command_without_our_name_is_for_others() -> None:
    phone = phone_of()
    TelegramChat.objects.create(chat_id=GROUP["id"], type="group", allowed=True)
    phone.chat = GROUP

    phone.say("/frobnicate")
    phone.say("/STATUS@Agentron_Test_Bot")

    assert len(phone.told()) == 1
    assert "Conversation" in phone.told()[0]


def test_schedule_takes_every_line_that_the_table_accepts() -> None:
    phone = phone_of()

    for number, text in enumerate(CASES["accepted"], 1):
        phone.say(f"/schedule {text}")
        task = Task.objects.order_by("created_at").last()
        assert task
        assert (Task.objects.count(), task.text, task.mode) == (number, text.split()[-1], "notify"), text
        assert task.run_at, text
        assert f"Scheduled: {task.title}" in phone.told()[-1]
        assert "Europe/Berlin" in phone.told()[-1]


def test_schedule_refuses_every_line_that_the_table_refuses() -> None:
    phone = phone_of()

    for number, text in enumerate(CASES["refused"], 1):
        phone.say(f"/schedule {text}")
        assert len(phone.told()) == number, text
        assert not Task.objects.exists(), text

    assert not Message.objects.exists()


@pytest.mark.parametrize(("text", "schedule"), [("every weekday at 9 look", "weekly@1,2,3,4,5@09:00"), ("daily@09:00 look", "daily@09:00")])
def test_schedule_takes_what_recurs_in_the_words_of_the_other_faces(text: str, schedule: str) -> None:
    phone = phone_of()

    phone.say(f"/schedule {text}")

    assert Task.objects.get().schedule == schedule


def test_the_promise_of_a_reminder_is_what_the_reminder_will_answer() -> None:
    phone = phone_of()
    phone.say("/schedule 10m check the oven")

    promise = Message.objects.get(seq=Task.objects.get().anchor or 0)
    plan(talk(phone).pk)

    assert Delivery.objects.get().message == promise
    assert conversation(phone).title == "check the oven"


def test_the_very_same_is_not_scheduled_twice() -> None:
    phone = phone_of()
    for _ in range(2):
        phone.say("/schedule 2030-06-15T09:30:00+00:00 check")

    assert Task.objects.count() == 1
    assert "scheduled already" in phone.told()[-1]


def test_whoever_chose_no_zone_hears_which_one_was_taken() -> None:
    _, phone = let_in()

    phone.say("/schedule tomorrow 9am check")

    assert "I took UTC for your time zone" in phone.told()[0]


@pytest.mark.parametrize("command", ["/scheduled", "/tasks"])
def test_what_is_scheduled_is_numbered_and_can_be_cancelled_line_by_line(command: str) -> None:
    phone = phone_of()
    user = talk_user(phone)
    tasks = [make_task(user, text=f"thing {number}", delay_hours=number) for number in (1, 2, 3)]
    make_task(text="of somebody else")
    phone.say(command)
    delivery = newest(phone, Keyboard.Purpose.CANCEL_TASK)

    reply = phone.press(delivery, "Cancel 2")

    assert [f"{number}. thing {number}" in delivery.text for number in (1, 2, 3)] == [True] * 3
    assert "somebody else" not in delivery.text
    assert reply.toast == "Cancelled: thing 2"
    assert [Task.objects.get(pk=task.pk).status for task in tasks] == ["pending", "cancelled", "pending"]


def talk_user(phone: Phone) -> User:
    return User.objects.get(username=phone.name)


def test_the_list_changes_in_its_place_and_its_old_buttons_do_nothing() -> None:
    phone = phone_of()
    for number in (1, 2):
        make_task(talk_user(phone), text=f"thing {number}", delay_hours=number)
    phone.say("/scheduled")
    first = newest(phone)
    phone.press(first, "Cancel 1")
    second = newest(phone)

    stale = phone.press(first, "Cancel 2")
    assert Task.objects.filter(status="pending").count() == 1
    # On the phone it is one and the same message.
    second.telegram_id = first.telegram_id
    last = phone.press(second, "Cancel 1")

    assert (second.kind, second.edits) == ("edit", first)
    assert stale.toast.startswith("This button means nothing any more.")
    assert last.toast == "Cancelled: thing 2"
    assert newest(phone).text.startswith("Nothing is scheduled.")


def test_cancelling_what_is_over_is_refused_with_a_sentence() -> None:
    phone = phone_of()
    task = make_task(talk_user(phone), text="thing")
    phone.say("/scheduled")
    planning.cancel(task, by=task.owner)

    reply = phone.press(newest(phone), "Cancel 1")

    assert "been cancelled already" in reply.toast


def test_new_begins_another_conversation_at_once_with_a_text() -> None:
    phone = phone_of()
    phone.say("one")
    first = conversation(phone)

    phone.say("/new")
    assert talk(phone).conversation is None
    phone.say("/new two")

    assert conversation(phone) != first
    assert conversation(phone).messages.get().text == "two"


def test_resume_offers_the_last_conversations_and_goes_on_with_the_chosen_one() -> None:
    phone = phone_of()
    user = talk_user(phone)
    for text in ("about tea", "about coffee"):
        say(make_conversation(user), text)
    say(make_conversation(), "about gold")

    phone.say("/resume")
    delivery = newest(phone, Keyboard.Purpose.RESUME)
    reply = phone.press(delivery, "about tea")

    assert "gold" not in delivery.text
    assert "You are in “about tea” now." in reply.toast
    assert (conversation(phone).title, talk(phone).delivered_seq) == ("about tea", 1)


@pytest.mark.parametrize(("reference", "title"), [("1", "about coffee"), ("TEA", "about tea")])
def test_resume_takes_a_number_or_a_title(reference: str, title: str) -> None:
    phone = phone_of()
    for text in ("about tea", "about coffee"):
        say(make_conversation(talk_user(phone)), text)

    phone.say(f"/resume {reference}")

    assert conversation(phone).title == title


@pytest.mark.parametrize("reference", ["99", "nothing like it", "0"])
def test_resume_refuses_what_is_not_there_and_stays(reference: str) -> None:
    phone = phone_of()
    phone.say("one")
    before = conversation(phone)

    phone.say(f"/resume {reference}")

    assert conversation(phone) == before
    assert "/resume" in phone.told()[-1]


def test_stop_stops_the_turns_of_this_conversation() -> None:
    phone = phone_of()
    phone.say("work hard")

    phone.say("/stop")
    phone.say("/stop")

    assert Run.objects.get().status == "cancelled"
    assert phone.told()[0] == "Stopped."
    assert "Nothing is being done" in phone.told()[1]


def test_a_workflow_is_run_by_name_with_inputs_and_reports_here() -> None:
    phone = phone_of()
    phone.say("hello")
    user = talk_user(phone)
    make_workflow({"key": "write", "prompt": "about {{ input.topic }}"}, owner=user, name="Tea report", inputs=[{"name": "topic"}])

    phone.say("/workflows")
    phone.say("/run tea report topic=green tea, words=3")

    assert "Tea report" in phone.told()[0]
    run = Run.objects.get(lane="run")
    assert run.input == {"inputs": {"topic": "green tea", "words": "3"}}
    assert (run.trigger, run.conversation) == ("telegram", conversation(phone))


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [("Tea report", "needs topic=…"), ("Nothing", "There is no workflow “Nothing”"), ("topic=x", "Say which workflow first")],
)
def test_a_workflow_that_cannot_be_run_is_refused_with_a_sentence(rest: str, sentence: str) -> None:
    phone = phone_of()
    make_workflow({"key": "a", "prompt": "{{ input.topic }}"}, owner=talk_user(phone), name="Tea report", inputs=[{"name": "topic"}])

    phone.say(f"/run {rest}")

    assert sentence in phone.told()[0]
    assert not Run.objects.exists()


def test_nobody_elses_workflow_is_listed_or_run() -> None:
    phone = phone_of()
    theirs = make_workflow({"key": "a"}, name="Theirs")

    phone.say(f"/run {theirs.pk}")
    phone.say("/workflows")

    assert "There is no workflow" in phone.told()[0]
    assert "Theirs" not in phone.told()[1]


def test_runs_lists_how_the_last_ones_stand() -> None:
    phone = phone_of()
    start_run(make_workflow({"key": "a"}, owner=talk_user(phone), name="Tea *report*"))
    start_run(make_workflow({"key": "a"}, name="Theirs"))

    phone.say("/runs")

    assert "⏳ Tea *report*, queued, just now" in phone.told()[0]
    assert "Theirs" not in phone.told()[0]


def test_status_tells_where_one_is_and_what_waits() -> None:
    phone = phone_of()
    phone.say("tea, please")
    make_question(conversation(phone))
    make_task(talk_user(phone), text="check the oven")

    phone.say("/status")

    text = phone.told()[0]
    assert "Conversation: tea, please" in text
    assert "2 answers; 1 question for you in /pending" in text
    assert "Next: check the oven" in text
    assert "Europe/Berlin" in text


def test_status_tells_that_no_worker_runs() -> None:
    phone = phone_of()
    phone.say("/status")
    Heartbeat.beat(Heartbeat.Kind.WORKER, "one")

    phone.say("/status")

    assert ["no worker runs" in text for text in phone.told()] == [True, False]


@pytest.mark.parametrize(("said_", "zone"), [("Asia/Tokyo", "Asia/Tokyo"), ("new york", "America/New_York")])
def test_timezone_takes_a_zone_or_a_city(said_: str, zone: str) -> None:
    phone = phone_of()

    phone.say(f"/timezone {said_}")

    assert Profile.objects.get().time_zone == zone
    assert zone in phone.told()[0]


def test_timezone_refuses_what_is_none_and_keeps_the_old_one() -> None:
    phone = phone_of()

    phone.say("/timezone Atlantis")

    assert Profile.objects.get().time_zone == "Europe/Berlin"
    assert "“Atlantis” is not a time zone" in phone.told()[0]


def test_a_command_in_a_caption_is_no_command() -> None:
    phone = phone_of()

    phone.say("", caption="/new", video={"file_id": "x"})

    assert [message.text for message in said(talk_user(phone))] == ["/new"]
