"""Three people, their programs, and the tailer's end."""

import asyncio
from collections.abc import Iterator

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from chat import tail
from chat.models import ApiToken, Conversation
from tests.factories import make_conversation, make_user


@pytest.fixture
def owner(db: None) -> User:
    return make_user("owner")


@pytest.fixture
def colleague(db: None) -> User:
    return make_user("colleague")


@pytest.fixture
def stranger(db: None) -> User:
    return make_user("stranger")


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return make_conversation(owner)


@pytest.fixture
def token(owner: User) -> str:
    return ApiToken.issue(owner, "tests")[1]


@pytest.fixture
def api(token: str) -> Client:
    """A program with the owner's token."""
    return api_of(token)


@pytest.fixture
def as_stranger(stranger: User) -> Client:
    return api_of(ApiToken.issue(stranger, "tests")[1])


def api_of(token: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=False)


@pytest.fixture(scope="session", autouse=True)
def _tailer_ends(django_db_setup: None) -> Iterator[None]:
    """Its connection, and that of the sockets' thread, must be closed before the test database can be dropped."""
    yield
    tail.stop()
    asyncio.run(sync_to_async(connections.close_all)())
