import logging
import sys

import pytest
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.log import log_response

from agentron.masking import MaskedFormatter, masked


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("GET /ws/chats/1/?after=3&token=agt_abc-DEF_1", "GET /ws/chats/1/?after=3&token=***"),
        ("Not Found: /sign-in/x7-_y/", "Not Found: /sign-in/***/"),
        ("sent Authorization: Bearer agt_xyz", "sent Authorization: Bearer ***"),
        ("the token agt_xyz123 failed", "the token agt_*** failed"),
        ("GET /api/tasks?status=open", "GET /api/tasks?status=open"),
    ],
)
def test_a_line_of_the_log_holds_no_secret(line: str, shown: str) -> None:
    assert masked(line) == shown


@pytest.mark.parametrize(("path", "kept"), [("/api/health/ready", False), ("/api/chat", True)])
def test_that_it_is_not_ready_is_no_error(path: str, kept: bool, caplog: pytest.LogCaptureFixture) -> None:
    response = HttpResponse(status=503)

    with caplog.at_level(logging.ERROR, "django.request"):
        log_response("Service Unavailable: %s", path, response=response, request=RequestFactory().get(path))

    assert bool(caplog.records) is kept


def test_what_was_refused_is_logged_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    request, refusal = RequestFactory().get("/runs/"), BadRequest("No such status.")

    log_response("Bad Request: %s", request.path, response=HttpResponse(status=400), request=request, exception=refusal)

    assert [record.exc_info for record in caplog.records] == [None]


def test_a_traceback_is_masked_too() -> None:
    try:
        raise ValueError("/sign-in/open-sesame/")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed", (), sys.exc_info())

    assert "open-sesame" not in MaskedFormatter().format(record)
