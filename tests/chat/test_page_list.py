"""The list of conversations as HTML, and what is done with one; tests/e2e has it in a browser."""

import json
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chat import log
from chat.conversations import LIST_SIZE, listed
from chat.models import Conversation, Message
from chat.search import MOST_FOUND, search
from tests.factories import make_conversation, make_task, make_turn

HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(owner: User, client: Client) -> Client:
    client.force_login(owner)
    return client


def answer(conversation: Conversation, text: str) -> Message:
    """What an assistant says."""
    message = Message(author=Message.Author.ASSISTANT, text=text, via=Message.Via.RUN)
    log.post(conversation.pk, message)
    return message


@pytest.mark.parametrize("verb", ["rename", "archive", "delete"])
def test_a_stranger_cannot_touch_it(client: Client, stranger: User, conversation: Conversation, verb: str) -> None:
    client.force_login(stranger)

    assert client.post(f"/chats/{conversation.pk}/{verb}/", {"title": "x", "seq": "1"}).status_code == 404
    assert client.post(f"/chats/{uuid4()}/{verb}/").status_code == 404
    assert client.get(f"/chats/{conversation.pk}/deletion/").status_code == 404


@pytest.mark.parametrize("address", ["/chats/search/?q=a", "/chats/archived/"])
def test_whoever_is_not_signed_in_is_sent_to_the_sign_in(client: Client, db: None, address: str) -> None:
    assert client.get(address).headers["Location"].startswith("/login/?next=")


@pytest.mark.parametrize(("part", "address"), [("conversations", "/chats/"), ("waiting", "/questions/badge/")])
def test_a_poll_of_somebody_signed_out_ends_and_takes_nobody_away(client: Client, db: None, part: str, address: str) -> None:
    response = client.get(address, headers={**HTMX, "HX-Trigger": part})

    assert (response.status_code, response.content) == (286, b"")


def test_the_address_of_the_list_leads_to_the_chat_where_it_is_typed(browser: Client) -> None:
    assert browser.get("/chats/", headers={"Sec-Fetch-Dest": "document"}).headers["Location"] == "/chat/"


def test_a_list_that_was_seen_is_not_sent_again(browser: Client, conversation: Conversation) -> None:
    seen = listed(conversation.owner).version

    assert browser.get(f"/chats/?seen={seen}").status_code == 204
    answer(conversation, "news")
    assert browser.get(f"/chats/?seen={seen}").status_code == 200


def test_the_list_goes_on_where_its_page_ended(browser: Client, owner: User) -> None:
    for number in range(LIST_SIZE + 3):
        make_conversation(owner, title=f"Talk {number}")
    first = listed(owner)

    rest = browser.get(f"/chats/?before={first.next}").content.decode()

    assert [number for number in range(LIST_SIZE + 3) if f">Talk {number}<" in rest] == [0, 1, 2]
    assert 'class="further"' not in rest


@pytest.mark.parametrize("address", ["/chats/?before=x", "/chats/search/?q=a&before=x"])
def test_a_bad_cursor_is_refused_with_a_sentence(browser: Client, address: str) -> None:
    response = browser.get(address)

    assert response.status_code == 400
    assert b"before is the cursor" in response.content


def test_a_title_is_one_line(browser: Client, conversation: Conversation) -> None:
    browser.post(f"/chats/{conversation.pk}/rename/", {"title": " two\n lines "}, headers=HTMX)

    conversation.refresh_from_db()
    assert conversation.title == "two lines"


@pytest.mark.parametrize(("title", "sentence"), [("", "empty"), ("x" * 201, "at most 200"), ("a\0b", "cannot be stored")])
def test_a_title_that_cannot_be_read_is_refused_with_a_sentence(
    browser: Client, conversation: Conversation, title: str, sentence: str
) -> None:
    response = browser.post(f"/chats/{conversation.pk}/rename/", {"title": title}, headers=HTMX)

    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_archiving_takes_it_off_the_list_and_back(browser: Client, conversation: Conversation) -> None:
    browser.post(f"/chats/{conversation.pk}/archive/", headers=HTMX)
    assert listed(conversation.owner).rows == []
    assert listed(conversation.owner, archived=True).rows == [conversation]

    browser.post(f"/chats/{conversation.pk}/archive/", {"archived": "no"})
    assert listed(conversation.owner).rows == [conversation]


def test_archiving_from_the_list_can_be_undone(browser: Client, conversation: Conversation) -> None:
    put_away = browser.post(f"/chats/{conversation.pk}/archive/", headers=HTMX)
    back = browser.post(f"/chats/{conversation.pk}/archive/", {"archived": "no"}, headers=HTMX)

    assert json.loads(put_away.headers["HX-Trigger"])["put-away"] == {"talk": str(conversation.pk), "title": str(conversation)}
    assert "put-away" not in back.headers["HX-Trigger"]


def test_the_question_before_deleting_counts_what_goes_with_it(browser: Client, conversation: Conversation) -> None:
    assert browser.get(f"/chats/{conversation.pk}/deletion/").content.decode() == f"Delete “{conversation}”? This cannot be undone."
    make_turn(conversation, "Plan")
    answer(conversation, "Done.")
    make_task(conversation.owner, conversation=conversation.pk)

    question = browser.get(f"/chats/{conversation.pk}/deletion/").content.decode()

    assert question == "Delete “Plan” with its 3 messages, 1 task and 1 run? This cannot be undone."


def test_one_that_a_task_needs_is_kept_with_a_sentence_that_names_it(browser: Client, conversation: Conversation) -> None:
    make_task(conversation.owner, conversation=conversation.pk, title="stand-up")

    response = browser.post(f"/chats/{conversation.pk}/delete/", headers=HTMX)

    assert (response.status_code, "“stand-up”" in response.content.decode()) == (409, True)


def test_deleting_the_one_that_is_open_leads_elsewhere(browser: Client, conversation: Conversation) -> None:
    here = {**HTMX, "HX-Current-URL": f"http://testserver/chats/{conversation.pk}/?at=1"}

    response = browser.post(f"/chats/{conversation.pk}/delete/", headers=here)

    assert response.headers["HX-Redirect"] == "/chat/"
    assert not Conversation.objects.filter(pk=conversation.pk).exists()


def test_one_with_something_at_work_is_kept(browser: Client, conversation: Conversation) -> None:
    make_turn(conversation)

    response = browser.post(f"/chats/{conversation.pk}/delete/", headers=HTMX)

    assert response.status_code == 409
    assert b"stop it first" in response.content


def test_what_was_seen_is_read(browser: Client, conversation: Conversation) -> None:
    answer(conversation, "news")

    browser.post(f"/chats/{conversation.pk}/read/", {"seq": "1"})

    assert not listed(conversation.owner).rows[0].unread


def test_what_was_seen_of_a_conversation_that_is_gone_or_somebody_elses_is_no_error(browser: Client, stranger: User) -> None:
    foreign = make_conversation(stranger)
    answer(foreign, "news")

    answers = [browser.post(f"/chats/{pk}/read/", {"seq": "1"}).status_code for pk in (foreign.pk, uuid4())]

    assert answers == [204, 204]
    assert listed(stranger).rows[0].unread


def test_a_search_finds_titles_and_the_newest_message_that_fits(owner: User, conversation: Conversation) -> None:
    titled = make_conversation(owner, title="Roast lamb")
    answer(conversation, "lamb, then roast it")
    newest = answer(conversation, "Roast the LAMB <b>slowly</b>")
    answer(conversation, "lamb alone")

    found = search(owner, "lamb roast").found

    assert [(one.conversation, one.message) for one in found] == [(titled, None), (conversation, newest)]
    assert found[1].excerpt == "<mark>Roast</mark> the <mark>LAMB</mark> &lt;b&gt;slowly&lt;/b&gt;"


@pytest.mark.parametrize(
    ("said", "excerpt"),
    [
        ("Here is **the lamb**, `slowly` [roasted](https://x.example)", "Here is the <mark>lamb</mark>, slowly roasted"),
        ("[this](https://lamb.example)", "[this](https://<mark>lamb</mark>.example)"),
    ],
)
def test_what_was_found_is_shown_without_the_marks_of_markdown(owner: User, conversation: Conversation, said: str, excerpt: str) -> None:
    answer(conversation, said)

    assert search(owner, "lamb").found[0].excerpt == excerpt


@pytest.mark.parametrize("text", ["über", "ÜBER", "%", "_", "\\", "a\0b", "[", "'"])
def test_a_search_takes_letters_and_marks_for_what_they_are(owner: User, conversation: Conversation, text: str) -> None:
    make_conversation(owner, title="nothing of it")
    answer(conversation, "Über 100% of a_b \\ [ ' a\ufffdb")

    assert [one.conversation for one in search(owner, text).found] == [conversation]


def test_a_search_goes_on_with_older_conversations(owner: User) -> None:
    for _ in range(MOST_FOUND + 2):
        answer(make_conversation(owner, title="-"), "lamb")

    first = search(owner, "lamb")
    rest = search(owner, "lamb", first.next)

    assert (len(first.found), len(rest.found), rest.next) == (MOST_FOUND, 2, None)


def test_a_search_sees_only_ones_own(owner: User) -> None:
    answer(make_conversation(), "lamb")

    assert search(owner, "lamb").found == []


def test_a_search_takes_a_fixed_number_of_queries(
    browser: Client, owner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        answer(make_conversation(owner), "lamb")

    with django_assert_max_num_queries(7):
        browser.get("/chats/search/?q=lamb")


def test_an_old_message_is_shown_among_its_neighbours(browser: Client, conversation: Conversation) -> None:
    log.post(conversation.pk, *(Message(author=Message.Author.ASSISTANT, text=f"number {n}", via=Message.Via.RUN) for n in range(1, 251)))

    page = browser.get(f"/chats/{conversation.pk}/?at=77").content.decode()
    later = browser.get(f"/chats/{conversation.pk}/later/?after=156").content.decode()

    assert "number 57<" in page
    assert "number 156<" in page
    assert "ws-connect" not in page
    assert "number 157<" in later
    assert 'class="later"' not in later


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("hello", "hello"),
        ("\n\n## A heading\nand more", "A heading"),
        ("Hi,\nhow are you?", "Hi"),
        ("Please summarise the following article for me, and make sure of it", "Please summarise the following article for me, and make…"),
        ("x" * 100, "x" * 60 + "…"),
        ("---", "---"),
    ],
)
def test_a_title_is_the_first_line_that_says_something(text: str, title: str) -> None:
    assert log.title_of(text) == title
