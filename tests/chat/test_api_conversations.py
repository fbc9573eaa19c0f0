"""Conversations over HTTP."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chat import log
from chat.models import Conversation, Message
from tests.factories import make_agent, make_conversation, say
from workflows.models import Agent, Run, RunStatus


def test_saying_something_begins_a_conversation_and_a_run(api: Client, owner: User) -> None:
    response = api.post("/api/chat", {"text": "Plan my week"}, content_type="application/json")

    found = response.json()
    message = Message.objects.get(pk=found["message"]["id"])
    assert response.status_code == 202
    assert (message.text, message.via, message.owner, message.seq) == ("Plan my week", "api", owner, found["message"]["seq"])
    assert found["run_id"] == str(Run.objects.get(conversation=found["conversation_id"]).pk)


def test_a_message_can_go_into_an_existing_conversation(api: Client, conversation: Conversation) -> None:
    body = {"text": "hello", "conversation_id": str(conversation.pk)}

    assert api.post("/api/chat", body, content_type="application/json").json()["conversation_id"] == str(conversation.pk)


@pytest.mark.parametrize("named", [True, False])
def test_a_repeated_client_id_is_the_same_message(api: Client, conversation: Conversation, named: bool) -> None:
    body = {"text": "hello", "client_id": "c1"} | ({"conversation_id": str(conversation.pk)} if named else {})

    first, second = (api.post("/api/chat", body, content_type="application/json") for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()


def test_a_client_id_used_for_another_text_is_refused(api: Client) -> None:
    api.post("/api/chat", {"text": "hello", "client_id": "c1"}, content_type="application/json")

    response = api.post("/api/chat", {"text": "goodbye", "client_id": "c1"}, content_type="application/json")

    assert response.status_code == 422
    assert "client_id" in response.json()["errors"]


def test_a_conversation_is_shown_as_promised(api: Client, conversation: Conversation) -> None:
    say(conversation)

    found = api.get(f"/api/conversations/{conversation.pk}").json()

    assert {"id", "title", "agent", "archived", "last_seq", "unread", "created_at", "updated_at"} <= set(found)
    assert (found["title"], found["last_seq"], found["unread"]) == ("hello", 1, 0)


def test_the_list_is_cut_by_cursors_without_gap_or_double(api: Client, owner: User) -> None:
    made = [str(make_conversation(owner).pk) for _ in range(7)][::-1]

    seen, cursor = [], ""
    while True:
        answer = api.get(f"/api/conversations?limit=3{cursor}").json()
        seen.append([item["id"] for item in answer["items"]])
        if not answer["next"]:
            break
        cursor = f"&before={answer['next']}"

    assert seen == [made[:3], made[3:6], made[6:]]


def test_after_a_cursor_come_the_newer_ones(api: Client, owner: User) -> None:
    made = [str(make_conversation(owner).pk) for _ in range(5)][::-1]
    oldest_seen = api.get("/api/conversations?limit=4").json()["next"]

    answer = api.get(f"/api/conversations?limit=2&after={oldest_seen}").json()

    assert [item["id"] for item in answer["items"]] == made[1:3]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "before=nonsense", "after=YQ", "archived=7"])
def test_a_query_that_makes_no_sense_is_refused(api: Client, query: str) -> None:
    assert api.get(f"/api/conversations?{query}").status_code == 422


def test_a_wrong_cursor_is_refused_with_where_to_get_one(api: Client) -> None:
    told = api.get("/api/conversations?before=zzz").json()["errors"]

    assert told == {"before": "This is not a cursor: use the `next` of an earlier answer."}


def test_messages_come_in_order_from_either_end(api: Client, conversation: Conversation) -> None:
    for number in range(5):
        say(conversation, f"m{number + 1}", via=Message.Via.RUN)
    path = f"/api/conversations/{conversation.pk}/messages"

    def seqs(query: str) -> tuple[list[int], Any]:
        answer = api.get(f"{path}?{query}").json()
        return [item["seq"] for item in answer["items"]], answer["next"]

    assert seqs("") == ([1, 2, 3, 4, 5], None)
    assert seqs("after=1&limit=2") == ([2, 3], 3)
    assert seqs("after=3&limit=2") == ([4, 5], None)
    assert seqs("before=6&limit=2") == ([4, 5], 4)
    assert seqs("before=2") == ([1], None)
    assert seqs("after=1&before=4") == ([2, 3], None)
    assert api.get(f"{path}?after=-1").status_code == 422
    assert api.get(f"{path}?after=99999999999999999999").status_code == 422


def test_a_message_is_shown_as_promised(api: Client, conversation: Conversation) -> None:
    say(conversation)

    (found,) = api.get(f"/api/conversations/{conversation.pk}/messages").json()["items"]

    assert set(found) >= {"id", "seq", "kind", "author", "user", "text", "payload", "run_id", "task_id", "reply_to", "via", "at"}
    assert (found["user"], found["kind"], found["author"], found["task_id"]) == ("owner", "message", "user", None)
    assert found["at"].endswith("Z")


def test_what_is_given_is_changed_and_the_rest_stays(api: Client, conversation: Conversation) -> None:
    say(conversation)
    agent = make_agent(owner=conversation.owner, name="Poet")

    def patch(**body: Any) -> Any:
        return api.patch(f"/api/conversations/{conversation.pk}", body, content_type="application/json").json()

    assert patch(title="Plans", archived=True)["title"] == "Plans"
    assert patch(agent="Poet")["agent"] == str(agent.pk)
    assert patch(agent=str(agent.pk), read_seq=99)["unread"] == 0
    assert patch(agent=None)["agent"] is None
    assert patch()["archived"] is True


def test_what_others_said_is_unread_until_it_is_read(api: Client, conversation: Conversation) -> None:
    kind, author = Message.Kind, Message.Author
    steps = [Message(kind=one, author=author.ASSISTANT, via="run") for one in (kind.TOOL_USE, kind.TOOL_RESULT, kind.STATUS, kind.THOUGHT)]
    words = [Message(kind=one, author=author.ASSISTANT, via="run") for one in (kind.MESSAGE, kind.HELP_REQUEST, kind.ERROR, kind.FILE)]
    log.post(conversation.pk, *steps, *words, Message(author=author.USER, text="mine", via="web"))

    def unread(**body: Any) -> Any:
        return api.patch(f"/api/conversations/{conversation.pk}", body, content_type="application/json").json()["unread"]

    assert [unread(), unread(read_seq=6), unread(read_seq=5), unread(read_seq=99)] == [4, 2, 2, 0]


def test_a_conversations_agent_must_be_one_that_its_owner_may_use(api: Client, conversation: Conversation, stranger: User) -> None:
    agent = make_agent(owner=stranger, name="Spy")

    for reference in (str(agent.pk), "Spy", "nobody"):
        response = api.patch(f"/api/conversations/{conversation.pk}", {"agent": reference}, content_type="application/json")
        assert response.status_code == 422
    assert Agent.objects.filter(pk=agent.pk).exists()


def test_a_conversation_with_a_run_at_work_is_kept_and_the_run_is_named(api: Client, conversation: Conversation) -> None:
    run_id = say(conversation).run_id

    response = api.delete(f"/api/conversations/{conversation.pk}")

    assert (response.status_code, response.json()["run_id"]) == (409, str(run_id))
    assert str(run_id) in response.json()["detail"]


def test_a_conversation_at_rest_is_deleted_with_everything_in_it(api: Client, conversation: Conversation) -> None:
    say(conversation)
    Run.objects.update(status=RunStatus.SUCCEEDED)

    assert api.delete(f"/api/conversations/{conversation.pk}").status_code == 204
    assert not Message.objects.exists()
    assert api.delete(f"/api/conversations/{conversation.pk}").status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_lists_take_a_fixed_number_of_queries(
    api: Client, owner: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    conversation = make_conversation(owner)
    for _ in range(count):
        make_conversation(owner)
        say(conversation, via=Message.Via.RUN)
    api.get("/api/conversations")

    with django_assert_num_queries(2):
        api.get("/api/conversations")
    with django_assert_num_queries(3):
        api.get(f"/api/conversations/{conversation.pk}/messages")
