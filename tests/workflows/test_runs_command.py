"""`agentron runs` on the command line."""

import io
import json
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from tests.agentron.test_api_runs import make_question
from tests.factories import make_conversation, make_run, make_turn, make_user
from workflows.models import Run, RunStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user("owner")


@pytest.fixture
def run(owner: User) -> Run:
    return make_turn(make_conversation(owner), "Plan my week")


def runs(*arguments: str, user: str = "owner") -> str:
    """What `agentron runs` prints; a refusal is a SystemExit with its line."""
    out = io.StringIO()
    call_command("runs", *arguments, "--user", user, stdout=out)
    return out.getvalue()


def test_runs_are_listed_for_people_and_programs(run: Run) -> None:
    assert str(run.pk) in runs("list")
    assert "Plan my week" in runs("list")
    assert [item["id"] for item in json.loads(runs("list", "--json", "--status", "queued"))] == [str(run.pk)]
    assert json.loads(runs("list", "--json", "--status", "failed")) == []


def test_a_run_is_shown_with_its_steps_and_questions(run: Run) -> None:
    make_question(run)

    text = runs("show", str(run.pk))

    assert all(
        word in text for word in ("Waiting for an answer", "Plan my week", "Ask you: waits for the answer", "Which?", "runs respond")
    )
    assert not any(word in text for word in ("waiting_for_user", "step", "intended"))
    assert json.loads(runs("show", str(run.pk), "--json"))["id"] == str(run.pk)


def test_whoever_answers_is_told_what_comes_next_or_why_not(run: Run) -> None:
    questions = [make_question(run), make_question(run)]

    with pytest.raises(SystemExit, match="several open questions: answer each by its id"):
        runs("respond", str(run.pk), "The second")
    assert "the run waits for 1 more" in runs("respond", str(questions[0].pk), "The second")
    assert "the run goes on" in runs("respond", str(run.pk), "The first")
    with pytest.raises(SystemExit, match=r"no open question: .*pending-help"):
        runs("respond", str(run.pk), "Again")
    with pytest.raises(SystemExit, match="already answered by owner"):
        runs("respond", str(questions[0].pk), "Again")


def test_a_run_is_cancelled_once_and_retried(run: Run) -> None:
    assert "Cancelled" in runs("cancel", str(run.pk))
    with pytest.raises(SystemExit, match="cancelled already"):
        runs("cancel", str(run.pk))
    assert json.loads(runs("retry", str(run.pk), "--json"))["retry_of"] == str(run.pk)


@pytest.mark.parametrize("by_run", [True, False])
def test_a_question_is_answered_by_its_id_or_its_runs(run: Run, by_run: bool) -> None:
    question = make_question(run)
    assert str(question.pk) in runs("pending-help")
    assert [item["id"] for item in json.loads(runs("pending-help", "--json"))] == [str(question.pk)]

    runs("respond", str(run.pk if by_run else question.pk), "The second")

    question.refresh_from_db()
    run.refresh_from_db()
    assert (question.response, question.answered_via, run.status) == ("The second", "cli", RunStatus.QUEUED)


def test_somebody_elses_runs_are_missing(run: Run) -> None:
    make_user("stranger")
    make_question(run)

    for verb in ("show", "cancel", "retry", "respond"):
        with pytest.raises(SystemExit, match="There is no run"):
            runs(verb, str(run.pk), user="stranger")
    assert json.loads(runs("list", "--json", user="stranger")) == []
    assert json.loads(runs("pending-help", "--json", user="stranger")) == []


def test_a_run_is_found_by_the_end_of_its_id(run: Run) -> None:
    assert str(run.pk) in runs("show", str(run.pk)[-8:].upper())


@pytest.mark.parametrize(
    ("ending", "told"),
    [("abcdef", "Several runs have ids that end in abcdef"), ("00000000", "There is no run whose id ends in"), ("zzz", "is no run's id")],
)
def test_the_end_of_an_id_that_finds_no_run_is_refused(owner: User, ending: str, told: str) -> None:
    conversation = make_conversation(owner)
    for first in "12":
        make_run(conversation, id=UUID(f"{first}1111111-1111-7111-8111-111111abcdef"))

    with pytest.raises(SystemExit, match=told):
        runs("show", ending)
