"""Credentials: given on a page of their own, used by tools alone, written down nowhere."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model

from agentron.masking import MaskedFormatter
from chat.fragments import entry_html
from chat.models import Message
from chat.schemas import MessageOut
from tests.factories import make_agent, make_conversation, make_question, make_turn, make_user
from tests.fakes.script import last_result, scripted
from tests.workflows import toolbox
from workflows import engine
from workflows.concealing import conceal, concealed
from workflows.errors import InvalidError
from workflows.models import Agent, HelpRequest, RunStatus, Secret
from workflows.policy import Verdict, decide

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]

Use = Callable[[Model], Model]
Drain = Callable[[], None]
VALUE = "hunter2/Ümlaut+"
ASK: Any = [("request_user_help", '{"kind": "credentials", "question": "The password of the wiki?"}', "c1")]


def signing_in(how: str = "") -> Callable[[list[ModelMessage]], Any]:
    """A reply that uses the credential which the last call gave."""
    return lambda messages: [("sign_in", json.dumps({"password": last_result(messages), "how": how}), "c2")]


@pytest.fixture(autouse=True)
def _assistant() -> Agent:
    return Agent.objects.filter(is_default=True).first() or make_agent(is_default=True)


def give(request: HelpRequest, value: str = VALUE, **more: str) -> Any:
    """What the page answers to the owner's credential."""
    browser = Client()
    browser.force_login(request.run.owner)
    return browser.post(f"/help/{request.pk}/credentials/", {"value": value, **more})


def approve() -> None:
    request = HelpRequest.objects.open().get(kind="approval")
    engine.respond(request, by=request.run.owner, via=Message.Via.WEB, decision="approve")


def whole_database(capsys: pytest.CaptureFixture[str]) -> str:
    """Everything that is stored, but for the encrypted values themselves."""
    call_command("dumpdata", "workflows", "chat", exclude=["workflows.secret"])
    return capsys.readouterr().out


@pytest.mark.parametrize("how", ["", "refuse", "break"])
def test_a_tool_gets_the_value_and_nothing_else_does(
    how: str, model: Use, drain: Drain, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    script: Any = model(scripted(ASK, signing_in(how), "done"))
    run = make_turn()
    drain()
    give(HelpRequest.objects.get())
    drain()
    assert toolbox.calls == []

    approve()
    drain()

    run.refresh_from_db()
    assert (run.status, toolbox.calls) == (RunStatus.SUCCEEDED, [("sign_in", VALUE)])
    written = whole_database(capsys) + caplog.text + str(script.heard)
    assert "hunter2" not in written
    assert f"secret:{HelpRequest.objects.get(kind='credentials').response.removeprefix('secret:')}" in written


def test_it_is_stored_encrypted_and_gone_when_the_run_ends(model: Use, drain: Drain) -> None:
    from django.db import connection

    model(scripted(ASK, "done"))
    make_turn()
    drain()
    give(HelpRequest.objects.get())
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM workflows_secret")
        stored = cursor.fetchone()[0]

    drain()

    assert "hunter2" not in stored
    assert not Secret.objects.exists()


def test_the_model_is_told_a_reference(model: Use, drain: Drain) -> None:
    model(scripted(ASK, last_result))
    run = make_turn()
    drain()

    give(HelpRequest.objects.get())
    secret = Secret.objects.get()
    drain()

    run.refresh_from_db()
    assert str(run.output).strip() == secret.reference


def test_a_credential_of_another_run_is_none(model: Use, drain: Drain) -> None:
    others = make_question(make_conversation())
    secret = Secret.objects.create(run=others.run, label="theirs", value=VALUE)
    model(scripted([("sign_in", json.dumps({"password": secret.reference}), "c1")], last_result))
    run = make_turn()
    drain()

    approve()
    drain()

    run.refresh_from_db()
    assert "no credential of this run" in str(run.output)
    assert toolbox.calls == []


def test_a_plain_value_is_not_taken_for_a_credential(model: Use, drain: Drain) -> None:
    model(scripted([("sign_in", '{"password": "guessed"}', "c1")], last_result))
    run = make_turn()
    drain()

    approve()
    drain()

    run.refresh_from_db()
    assert "pass on the secret:ID" in str(run.output)


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        ({}, Verdict.ASK),
        ({"sign_in": "allow"}, Verdict.ASK),
        ({"*": {"default": "allow"}}, Verdict.ASK),
        ({"sign_in": "deny"}, Verdict.DENY),
        ({"sign_in": {"rules": [{"argument": "how", "matches": "here", "then": "allow"}]}}, Verdict.ALLOW),
    ],
)
def test_only_a_rule_lets_a_call_take_a_credential_unasked(policy: dict[str, Any], verdict: Verdict) -> None:
    assert decide(policy, toolbox.TOOLS["sign_in"], {"password": "secret:1", "how": "here"}) == verdict


def test_the_page_is_the_owners_alone_and_kept_nowhere() -> None:
    request = make_question(make_conversation(), kind="credentials")
    stranger, owner = Client(), Client()
    stranger.force_login(make_user(is_superuser=True))
    owner.force_login(request.run.owner)

    assert stranger.get(f"/help/{request.pk}/credentials/").status_code == 404
    assert "no-store" in owner.get(f"/help/{request.pk}/credentials/")["Cache-Control"]


def test_no_other_site_can_give_a_credential() -> None:
    request = make_question(make_conversation(), kind="credentials")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(request.run.owner)

    assert browser.post(f"/help/{request.pk}/credentials/", {"value": VALUE}).status_code == 403


def test_it_is_given_once() -> None:
    request = make_question(make_conversation(), kind="credentials")
    give(request)

    again = give(request, "another one")

    assert again.status_code == 422
    assert "already answered" in again.content.decode()
    assert [secret.value for secret in Secret.objects.all()] == [VALUE]


@pytest.mark.parametrize("value", ["", "abc", "two\nlines", "x" * 5_000])
def test_what_can_be_no_credential_is_refused_and_not_shown_again(value: str) -> None:
    request = make_question(make_conversation(), kind="credentials")

    answer = give(request, value)

    assert answer.status_code == 422
    assert not value or value not in answer.content.decode()


def test_it_can_be_declined_there() -> None:
    request = make_question(make_conversation(), kind="credentials")

    give(request, decline="1")

    request.refresh_from_db()
    assert (request.status, Secret.objects.count()) == ("declined", 0)


def test_no_other_way_takes_a_credential() -> None:
    request = make_question(make_conversation(), kind="credentials")

    with pytest.raises(InvalidError, match=f"/help/{request.pk}/credentials/"):
        engine.respond(request, by=request.run.owner, via=Message.Via.API, response=VALUE)


def test_the_card_in_the_chat_leads_to_the_page(model: Use, drain: Drain) -> None:
    model(scripted(ASK, "done"))
    make_turn()
    drain()
    message = Message.objects.get(kind=Message.Kind.HELP_REQUEST)

    html = entry_html(MessageOut.of(message).model_dump(mode="json") | message.payload)

    assert f'href="/help/{message.payload["request_id"]}/credentials/"' in html
    assert "<input" not in html


def test_what_an_earlier_call_sent_away_is_masked_when_it_comes_back(model: Use, drain: Drain) -> None:
    model(scripted(ASK, signing_in(), [("look", '{"what": "hunter2/Ümlaut+"}', "c3")], last_result))
    run = make_turn()
    drain()
    give(HelpRequest.objects.get())
    drain()

    approve()
    drain()

    run.refresh_from_db()
    assert str(run.output).strip() == "••• is green"


def test_a_log_line_written_meanwhile_is_masked() -> None:
    record = logging.LogRecord("library", logging.INFO, "", 0, "Authorization: %s", (VALUE,), None)

    with concealed([VALUE]):
        line = MaskedFormatter().format(record)

    assert line == "Authorization: •••"
    assert conceal(VALUE) == VALUE
