"""The terminal's way to say something."""

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import OutputWrapper
from django.db import connection

from chat import log, terminal
from chat.models import Conversation, Draft, Message, new_id
from tests.factories import make_conversation
from workflows.ledger import end_run, run_message
from workflows.models import Run, RunStatus

pytestmark = pytest.mark.django_db(transaction=True)


def ask(*arguments: str) -> tuple[int, str, str]:
    """The status, output and errors of `agentron ask`."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("ask", *arguments, stdout=out, stderr=err)
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else 1, out.getvalue(), err.getvalue() + str(exc.code)
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Run], Any]], None]:
    """Call it with what a worker shall do with the run that is asked for, in another thread, once it is followed."""

    def use(work: Callable[[Run], Any]) -> None:
        follow = terminal.Terminal.follow

        def followed(self: terminal.Terminal, conversation_id: Any, run_id: Any, seq: int) -> terminal.Ended:
            def drive() -> None:
                Run.objects.filter(pk=run_id).update(status=RunStatus.RUNNING, fence=1)
                work(Run.objects.get(pk=run_id))
                connection.close()

            thread = threading.Thread(target=drive)
            thread.start()
            try:
                return follow(self, conversation_id, run_id, seq)
            finally:
                thread.join()

        monkeypatch.setattr(terminal.Terminal, "follow", followed)

    return use


def answer(run: Run, text: str) -> None:
    end_run(run.pk, RunStatus.SUCCEEDED, spoken=[run_message(run.pk, None, Message.Kind.MESSAGE, text)])


def test_it_shows_the_answer_and_leaves_with_0(owner: User, worker: Callable[..., None]) -> None:
    worker(lambda run: answer(run, "Good morning."))

    assert ask("hello", "--user", "owner") == (0, "Good morning.\n", "")
    assert Message.objects.get(seq=1).via == "cli"


def test_it_goes_on_where_it_was_spoken_last(owner: User, worker: Callable[..., None]) -> None:
    assert "leave --continue out" in ask("hello", "--continue", "--user", "owner")[2]
    worker(lambda run: answer(run, "Good morning."))
    ask("hello", "--user", "owner")

    ask("and now?", "--continue", "--user", "owner")

    assert [said.text for said in Message.objects.filter(author="user").order_by("seq")] == ["hello", "and now?"]
    assert Conversation.objects.count() == 1


def test_it_streams_what_is_new(owner: User, worker: Callable[..., None]) -> None:
    def work(run: Run) -> None:
        Draft.objects.create(step_run_id=new_id(), conversation=run.conversation, run_id=run.pk, step="turn", text="Good ", version=1)
        log.post(run.conversation_id, run_message(run.pk, None, Message.Kind.TOOL_USE, name="current_time"))
        answer(run, "Good morning.\x1b[2J")

    worker(work)

    status, out, err = ask("hello", "--user", "owner")

    assert (status, "current_time" in err) == (0, True)
    assert out.endswith("morning.[2J\n")


def test_a_failed_turn_leaves_with_1_and_says_why(owner: User, worker: Callable[..., None]) -> None:
    worker(lambda run: end_run(run.pk, RunStatus.FAILED, error="The model is away: try again."))

    status, out, err = ask("hello", "--user", "owner")

    assert (status, out) == (1, "")
    assert "The model is away" in err


def test_a_question_is_shown_with_its_id(owner: User, worker: Callable[..., None]) -> None:
    def work(run: Run) -> None:
        question: dict[str, Any] = {"request_id": "the-id", "question": "Which one?", "options": ["red", "blue"]}
        waits = run_message(run.pk, None, Message.Kind.STATUS, status="waiting_for_user")
        log.post(run.conversation_id, run_message(run.pk, None, Message.Kind.HELP_REQUEST, **question), waits)

    worker(work)

    status, out, _ = ask("hello", "--user", "owner")

    assert status == 0
    assert out.splitlines() == ["Which one?", "  - red", "  - blue", 'Answer with: agentron runs respond the-id "TEXT"']


def test_without_a_worker_it_says_so_and_waits_on(owner: User, worker: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "PATIENCE_SECONDS", 0)
    told = threading.Event()
    write = OutputWrapper.write

    def watch(self: Any, msg: str = "", *rest: Any, **more: Any) -> None:
        write(self, msg, *rest, **more)
        if "worker" in msg:
            told.set()

    monkeypatch.setattr(OutputWrapper, "write", watch)

    def work(run: Run) -> None:
        told.wait(20)
        answer(run, "Late.")

    worker(work)

    status, out, err = ask("hello", "--user", "owner")

    assert (status, out) == (0, "Late.\n")
    assert "is stored and waits for a worker" in err


@pytest.mark.parametrize("arguments", [("hello", "--user", "nobody"), ("  ", "--user", "owner")])
def test_what_cannot_be_asked_is_refused_in_a_line(owner: User, arguments: tuple[str, ...]) -> None:
    status, out, err = ask(*arguments)

    assert (status, out, err.count("\n")) == (1, "", 0)
    assert err.startswith("agentron: ")


def test_it_speaks_into_ones_own_conversations_only(owner: User, stranger: User, worker: Callable[..., None]) -> None:
    mine, foreign = make_conversation(owner), make_conversation(stranger)
    worker(lambda run: answer(run, "Yes."))

    assert ask("hello", "--user", "owner", "--conversation", str(foreign.pk))[0] == 1
    assert ask("hello", "--user", "owner", "--conversation", str(mine.pk))[0] == 0
    assert list(Conversation.objects.filter(last_seq__gt=0)) == [mine]


def test_what_is_refused_leaves_no_conversation(owner: User) -> None:
    ask("  ", "--user", owner.username)

    assert not Conversation.objects.exists()


def test_what_comes_later_is_shown_under_what_it_answers(owner: User, worker: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    def later(self: terminal.Terminal, conversation_id: Any, seconds: float) -> None:
        due = {"task_id": new_id(), "via": "schedule", "reply_to": 2}
        log.post(conversation_id, Message(author="user", text="Check the PR", **due), Message(author="assistant", text="Merged.", **due))
        stay(self, conversation_id, seconds)

    stay = terminal.Terminal.stay
    monkeypatch.setattr(terminal.Terminal, "stay", later)
    worker(lambda run: answer(run, "I will look again."))

    status, out, err = ask("check the PR", "--user", "owner", "--follow", "0.2")

    assert (status, out) == (0, "I will look again.\nMerged.\n")
    assert err == "· now due: Check the PR\n> I will look again.\n"
