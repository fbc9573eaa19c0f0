"""The OpenAPI document: what Ninja finds in the code, and what is true of every operation."""

from http import HTTPStatus
from typing import Any

from ninja import NinjaAPI, Schema
from ninja.openapi.schema import OpenAPISchema

from chat.http.problems import PROBLEM_JSON

# What means the same wherever it is asked for.
PARAMETERS = {
    "limit": "How many at most, from 1 to 100.",
    "after": "A seq: only what is later.",
    "before": "A seq: only what is earlier, the newest of it.",
    "archived": "Only those put away, or only the others; without it all.",
    "status": "Only those in this status.",
    "conversation_id": "The conversation's id.",
    "file_id": "The file's id.",
    "run_id": "The run's id.",
    "task_id": "The task's id.",
    "agent": "The agent's id or name.",
    "workflow": "The workflow's id or name.",
}


class Problem(Schema):
    """A problem document (RFC 9457). `errors` says by field what is wrong with it."""

    type: str
    title: str
    status: int
    detail: str
    errors: dict[str, str] | None = None


class Api(NinjaAPI):
    """A Ninja API whose document declares the problems that any operation may answer with."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> OpenAPISchema:
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                operation["responses"] |= {status: declared(status) for status in statuses(path, method, operation)}
                for parameter in operation.get("parameters", ()):
                    parameter.setdefault("description", parameter["schema"].get("description") or PARAMETERS.get(parameter["name"], ""))
        return document


def statuses(path: str, method: str, operation: dict[str, Any]) -> set[int]:
    """The problems that an operation may answer with, told from its form."""
    changes = method != "get"
    asked = bool(operation.get("parameters")) or "requestBody" in operation
    return {
        *(status for status in operation["responses"] if status >= 400),
        *((400, 503)),
        *((401,) if operation.get("security") else ()),
        *((403,) if operation.get("security") and changes else ()),
        *((404,) if "{" in path or "requestBody" in operation else ()),
        *((409,) if "{" in path and changes else ()),
        *((422,) if asked else ()),
        *((413, 415) if "requestBody" in operation else ()),
    }


def declared(status: int) -> dict[str, Any]:
    """How the document declares a problem."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": HTTPStatus(status).phrase, "content": {PROBLEM_JSON: {"schema": schema}}}
