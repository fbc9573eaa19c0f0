"""The chat page as HTML; tests/e2e has it in a browser."""

from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chat import fragments, frames, log
from chat.models import Conversation, Message
from tests.factories import make_conversation, make_question, say
from workflows.models import HelpRequest

Kind, Author = Message.Kind, Message.Author


@pytest.fixture
def browser(owner: User, client: Client) -> Client:
    client.force_login(owner)
    return client


def entry(conversation: Conversation, kind: str = Kind.MESSAGE, text: str = "", author: str = Author.ASSISTANT, **payload: object) -> str:
    """A new message's entry in the log."""
    message = Message(kind=kind, author=author, text=text, payload=payload, via=Message.Via.RUN, run_id=uuid4())
    log.post(conversation.pk, message)
    return fragments.entry_html(frames.of_message(message).data)


def test_the_start_leads_to_the_newest_conversation(browser: Client, conversation: Conversation) -> None:
    assert browser.get("/chat/").headers["Location"] == f"/chats/{conversation.pk}/"


def test_htmx_sets_no_style_attributes_which_the_policy_forbids(browser: Client, conversation: Conversation) -> None:
    assert '"attributesToSettle": ["class"]' in browser.get(f"/chats/{conversation.pk}/").content.decode()


def test_the_first_visit_begins_a_conversation(browser: Client, owner: User) -> None:
    address = browser.get("/chat/").headers["Location"]

    assert address == f"/chats/{Conversation.objects.get(owner=owner).pk}/"


def test_new_twice_is_one_conversation(browser: Client, owner: User) -> None:
    browser.post("/chats/new/")
    browser.post("/chats/new/")

    assert Conversation.objects.filter(owner=owner).count() == 1


@pytest.mark.parametrize("part", ["", "earlier/?before=5"])
def test_a_stranger_gets_404(client: Client, stranger: User, conversation: Conversation, part: str) -> None:
    client.force_login(stranger)

    assert client.get(f"/chats/{conversation.pk}/{part}").status_code == 404
    assert client.get(f"/chats/{uuid4()}/{part}").status_code == 404


@pytest.mark.parametrize("address", ["/", "/chat/", "/chats/", f"/chats/{UUID(int=1)}/", f"/chats/{UUID(int=1)}/earlier/"])
def test_whoever_is_not_signed_in_is_sent_to_the_sign_in(client: Client, db: None, address: str) -> None:
    assert client.get(address).headers["Location"].startswith("/login/?next=")


def test_the_list_shows_only_ones_own(browser: Client, conversation: Conversation) -> None:
    make_conversation(title="Somebody else's secret")

    assert b"secret" not in browser.get(f"/chats/{conversation.pk}/").content


def test_the_page_shows_the_newest_hundred_and_loads_earlier_ones(browser: Client, conversation: Conversation) -> None:
    log.post(conversation.pk, *(Message(author=Author.ASSISTANT, text=f"number {n}", via=Message.Via.RUN) for n in range(1, 151)))

    page = browser.get(f"/chats/{conversation.pk}/").content.decode()
    earlier = browser.get(f"/chats/{conversation.pk}/earlier/?before=51").content.decode()

    assert "number 51<" in page
    assert "number 50<" not in page
    assert "?before=51" in page
    assert "number 50<" in earlier
    assert "Earlier messages" not in earlier


def test_an_open_question_is_seen_however_much_came_after_it(browser: Client, conversation: Conversation) -> None:
    question = make_question(conversation, message_seq=1)
    body = {**question.body(), "question": "Which one?"}
    log.post(
        conversation.pk, Message(kind=Kind.HELP_REQUEST, author=Author.ASSISTANT, text="Which one?", payload=body, via=Message.Via.RUN)
    )
    log.post(conversation.pk, *(Message(author=Author.ASSISTANT, text=f"number {n}", via=Message.Via.RUN) for n in range(120)))
    address = f"/chats/{conversation.pk}/"
    asked = browser.get(address).content.decode().split('id="asked"')[1]

    HelpRequest.objects.update(status="answered")

    assert f'data-request="{question.pk}"' in asked
    assert f'data-request="{question.pk}"' not in browser.get(address).content.decode()


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 12])
def test_a_bad_place_in_the_log_is_400(browser: Client, conversation: Conversation, before: str) -> None:
    assert browser.get(f"/chats/{conversation.pk}/earlier/?before={before}").status_code == 400


def test_the_page_takes_a_fixed_number_of_queries(
    browser: Client, conversation: Conversation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(30):
        say(conversation, f"hello {n}")
        make_conversation(conversation.owner)

    with django_assert_max_num_queries(11):
        browser.get(f"/chats/{conversation.pk}/")


def test_the_policy_allows_no_inline_script_or_style(browser: Client, conversation: Conversation) -> None:
    response = browser.get(f"/chats/{conversation.pk}/")

    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert b"<style" not in response.content
    assert b" style=" not in response.content
    assert b" onclick=" not in response.content


def test_a_persons_words_are_shown_as_they_are(conversation: Conversation) -> None:
    html = entry(conversation, text="<b>*x*</b>", author=Author.USER)

    assert "&lt;b&gt;*x*&lt;/b&gt;" in html


def test_an_assistants_words_are_markdown(conversation: Conversation) -> None:
    assert "<em>x</em>" in entry(conversation, text="*x* <script>")


def test_the_socket_and_the_page_show_the_same(browser: Client, conversation: Conversation) -> None:
    message = say(conversation, "hello")

    fragment = fragments.message_html(frames.of_message(message).data)

    inner = fragment.removeprefix('<div hx-swap-oob="upsert:#log">').removesuffix("</div>")
    assert f'id="m-{message.pk}"' in inner
    assert inner in browser.get(f"/chats/{conversation.pk}/").content.decode()


@pytest.mark.parametrize("kind", Kind.values)
def test_every_kind_has_an_entry_with_its_seq_whatever_is_missing(conversation: Conversation, kind: str) -> None:
    assert 'data-seq="1"' in entry(conversation, kind)


def test_hostile_tool_data_is_text(conversation: Conversation) -> None:
    html = entry(conversation, Kind.TOOL_USE, name="<b>", args={"url": '"><img src=x>'}, call_id='"><img>', reply=1)
    html += entry(conversation, Kind.TOOL_RESULT, name="<b>", result={"<img>": "<img>"}, status="<img>", call_id="x", reply=1)

    assert "<img" not in html
    assert "<b>" not in html


def test_only_the_end_of_a_run_ends_it_on_the_page(conversation: Conversation) -> None:
    assert "data-ended" in entry(conversation, Kind.STATUS, status="succeeded")
    assert "data-ended" not in entry(conversation, Kind.STATUS, status="waiting_for_user")


def test_an_approval_has_no_field_for_free_text(conversation: Conversation) -> None:
    html = entry(
        conversation, Kind.HELP_REQUEST, request_id="1", question_kind="approval", decisions=["approve", "deny"], arguments={"a": 1}
    )

    assert 'value="approve"' in html
    assert "Your answer" not in html


def test_a_delta_replaces_the_draft_of_its_step() -> None:
    html = fragments.delta_html({"run_id": "r", "step": "turn", "text": "*so far*", "version": 7})

    assert 'hx-swap-oob="upsert:#drafts"' in html
    assert 'id="draft-r-turn"' in html
    assert 'data-version="7"' in html
    assert "<em>so far</em>" in html


def test_a_signal_carries_its_data_to_the_script() -> None:
    html = fragments.state_html("refused", {"client_id": "<1>", "detail": 'no "quotes"'})

    assert 'data-type="refused"' in html
    assert "<1>" not in html


def test_frames_that_the_page_does_not_show_are_empty() -> None:
    assert fragments.state_html("token_usage", {}) == ""
