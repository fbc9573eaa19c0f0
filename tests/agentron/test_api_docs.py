"""The API's own description."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat.models import Profile

pytestmark = pytest.mark.django_db


def test_the_document_declares_problems_for_every_operation(client: Client) -> None:
    document = client.get("/api/openapi.json").json()

    for path, ways in document["paths"].items():
        for method, operation in ways.items():
            problems = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
            assert all("application/problem+json" in answer["content"] for answer in problems.values()), (method, path)
            assert "401" in problems or path.startswith(("/api/health", "/api/telegram"))
            assert "404" in problems or "{" not in path
    assert document["components"]["schemas"]["Problem"]


def test_every_operation_and_parameter_is_described(client: Client) -> None:
    document = client.get("/api/openapi.json").json()

    operations = [operation for ways in document["paths"].values() for operation in ways.values()]
    described = [*operations, *(parameter for operation in operations for parameter in operation.get("parameters", ()))]
    assert [one for one in described if not one.get("description")] == []


def test_its_page_needs_no_other_host(client: Client) -> None:
    response = client.get("/api/docs")

    assert response.status_code == 200
    assert not re.search(r'(src|href)="(https?:)?//', response.content.decode())
    for path in re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css))"', response.content.decode()):
        file = client.get(path)
        assert file.status_code == 200
        file.close()


def test_styles_in_attributes_are_let_through_on_that_page_alone(client: Client) -> None:
    assert "'unsafe-inline'" in client.get("/api/docs").headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in client.get("/api/nothing").headers["Content-Security-Policy"]
    assert "script-src 'self'" in client.get("/api/docs").headers["Content-Security-Policy"]


def test_its_page_is_as_dark_as_the_person_wants(client: Client, owner: User) -> None:
    Profile.objects.update_or_create(user=owner, defaults={"theme": "dark"})

    assert "data-theme" not in client.get("/api/docs").content.decode()
    client.force_login(owner)
    assert '<html lang="en" data-theme="dark">' in client.get("/api/docs").content.decode()
