"""The OpenAPI document: what the routes say, and what they all have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.errors import PROBLEM_JSON
from api.schemas.batch import BatchIn
from api.schemas.job import JobIn
from api.schemas.problem import MEANINGS, Problem

COMMON_PARAMETERS = {
    "limit": "at most so many on one page",
    "state": "in this state alone",
    "purpose": "with this purpose alone",
    "reference": "the client's id of the candidate or the session",
    "video_id": "of this recording alone",
    "endpoint_id": "to this endpoint alone",
    "job_id": "of this job alone",
    "action": "of this kind alone",
    "number": "of the moment in the result, from 0 on",
    "kind": "which artifact",
}
"""What a parameter says where a route says nothing."""

Document = dict[str, Any]

READ_BY_HANDLERS = (Problem, JobIn, BatchIn)
NO_TENANT = frozenset({"/healthz", "/readyz", "/v1/sessions"})
OPTIONAL_KEY = frozenset({"/metrics", "/upload"})
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
PATH_PARAMETERS: dict[str, tuple[str, str, str]] = {
    "job_id": ("the job", "job", "0193f2c4a5b67c8d9e0f1a2b3c4d5e6f"),
    "video_id": ("the recording", "vid", "0193f2c4a1b27c8d9e0f1a2b3c4d5e6f"),
    "batch_id": ("the batch", "bat", "0193f2c4b0a17c8d9e0f1a2b3c4d5e6f"),
    "upload_id": ("the upload", "upl", "0193f2c4a1b27c8d9e0f1a2b3c4d5e6f"),
    "endpoint_id": ("the endpoint", "whk", "0193f2c4a9b87c8d9e0f1a2b3c4d5e6f"),
    "delivery_id": ("the delivery", "dlv", "0193f2c4abc97c8d9e0f1a2b3c4d5e6f"),
    "workspace_id": ("the workspace", "wsp", "0193f2c4a0017c8d9e0f1a2b3c4d5e6f"),
    "key_id": ("the key", "key", "0193f2c4a0027c8d9e0f1a2b3c4d5e6f"),
}
"""What each id in an address names, the prefix of such ids, and the digits of an example."""


def name_of(route: APIRoute) -> str:
    """A stable name for clients that are generated."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


def describe(app: FastAPI) -> Document:
    """The document, made when it is first asked for."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
        )
        _add_schemas(document)
        for path, operation in _operations(document):
            _describe_parameters(operation)
            _describe_refusals(operation)
            _describe_access(path, operation)
        app.openapi_schema = document
    return app.openapi_schema


def methods_at(app: FastAPI, path: str) -> list[str]:
    """What the document has at an address; empty for one that it does not know."""
    for template, methods in describe(app)["paths"].items():
        pattern = PLACEHOLDER.sub("[^/]+", template.replace(".", r"\."))
        if re.fullmatch(pattern, path):
            return sorted(method.upper() for method in methods)
    return []


def _operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def _add_schemas(document: Document) -> None:
    """Shapes that handlers read by themselves, the way to authenticate, and an example of each page."""
    schemas = document["components"]["schemas"]
    for model in READ_BY_HANDLERS:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= {**schema.pop("$defs", {}), model.__name__: schema}
    for name in ("HTTPValidationError", "ValidationError"):  # errors here are problems, all of them
        schemas.pop(name, None)
    for schema in schemas.values():
        _show_page(schema, schemas)
    key = {"type": "http", "scheme": "bearer", "description": "`mien_…`, as `./mien keys create` prints it"}
    document["components"]["securitySchemes"] = {"key": key}
    document["security"] = [{"key": []}]


def _show_page(schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    item = schema.get("properties", {}).get("items", {}).get("items", {}).get("$ref", "").rsplit("/", 1)[-1]
    examples = schemas.get(item, {}).get("examples")
    if examples and "examples" not in schema:
        rest = {"next_cursor": None} if "next_cursor" in schema["properties"] else {}
        schema["examples"] = [{"items": examples[:1], **rest}]


def _describe_parameters(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        if "description" not in parameter and parameter["name"] in COMMON_PARAMETERS:
            parameter["description"] = COMMON_PARAMETERS[parameter["name"]]
        if parameter["in"] == "path" and parameter["name"] in PATH_PARAMETERS:
            what, prefix, digits = PATH_PARAMETERS[parameter["name"]]
            parameter["description"] = f"the id of {what}"
            parameter["schema"] = {"type": "string", "pattern": f"^{prefix}_[0-9a-f]{{32}}$"}
            parameter["example"] = f"{prefix}_{digits}"


def _describe_refusals(operation: dict[str, Any]) -> None:
    """A request that cannot be understood gets a problem as well."""
    refusal = operation["responses"].get("422")
    if refusal is not None:
        refusal["description"] = MEANINGS[422]
        refusal["content"] = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _describe_access(path: str, operation: dict[str, Any]) -> None:
    if path in NO_TENANT:
        operation["security"] = []
    elif path in OPTIONAL_KEY:
        operation["security"] = [{}, {"key": []}]
