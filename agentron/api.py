"""The HTTP API: what the apps offer, put together under /api/."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from agentron import health
from chat import api as chat_api
from chat.http import mistakes, problems
from chat.http.auth import AUTH
from chat.http.bodies import JsonParser
from chat.http.openapi import Api
from tasks import api as tasks_api
from telegram_bridge import api as telegram_api
from workflows import api as workflows_api

DESCRIPTION = """\
Sign in with the session cookie (and `X-CSRFToken` for whatever changes something), or with
`Authorization: Bearer TOKEN`; `agentron tokens add NAME` makes one. What is refused is a problem document (RFC 9457).
Lists take `limit`, `before` and `after`, and answer `{items, next}`."""

# Swagger sets style attributes from its script; on this page alone they are let through.
docs_policy = csp_replace({"style-src": [SELF, UNSAFE_INLINE]})

api = Api(
    title="Agentron",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=AUTH,
    parser=JsonParser(),
    docs_decorator=docs_policy,
)
mistakes.install(api)
api.add_router("", chat_api.router)
api.add_router("", workflows_api.agents)
api.add_router("", workflows_api.workflows)
api.add_router("", workflows_api.runs)
api.add_router("", tasks_api.router)
api.add_router("/telegram", telegram_api.router)
api.add_router("/health", health.router)


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """The answer to addresses under /api/ that stand for nothing, whatever the method."""
    return problems.plain(404)
