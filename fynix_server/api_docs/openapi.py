"""The OpenAPI document: what quart-schema reads off the routes, made exact.

It adds what every route has in common and no route says: ids, refusals, who is let in, and the
frames of the WebSocket, which OpenAPI has no word for.
"""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from quart_schema.openapi import OpenAPIProvider
from werkzeug.routing import BaseConverter, Rule, UUIDConverter

from fynix_server.auth import access_of
from fynix_server.protocol.errors import ErrorResponse
from fynix_server.protocol.frames import SUBPROTOCOL, ClientFrame, ServerFrame

Document = dict[str, Any]

_REF = "#/components/schemas/{model}"
_RESPONSES = "#/components/responses/Refused"
_REFUSAL_TEXTS = {
    400: "Malformed; `errors` names the fields.",
    401: "No token, or one that does not hold.",
    403: "Not yours to see or to do.",
    404: "There is no such thing.",
    409: "It clashes with what is stored.",
    413: "The body is over 256 KiB.",
    429: "Too many requests; `Retry-After` says when to try again.",
    500: "The server failed.",
    503: "A part of the server is away; nothing was changed, try again.",
}
_RETRY_AFTER = {
    "Retry-After": {
        "description": "Whole seconds.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_PLAIN_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_ARCHIVE = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The header form of `client_message_id`: a retry with it sends nothing twice.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "pattern": r"^[\x21-\x7e]+$",
    },
}


class FynixOpenAPI(OpenAPIProvider):
    """quart-schema's provider, with Fynix' conventions."""

    def schema(self) -> Document:
        document: Document = super().schema()
        schemas = document["components"]["schemas"]
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                _complete_operation(path, method, operation, schemas)
        schemas.update(_shared_schemas())
        document["components"]["responses"] = {
            f"Refused{status}": _refusal(status) for status in _REFUSAL_TEXTS
        }
        document["x-websocket"] = _websocket(schemas)
        document["components"]["schemas"] = dict(sorted(schemas.items()))
        return document

    def generate_rules(self) -> Iterable[Rule]:
        rules = (rule for rule in super().generate_rules() if not rule.endpoint.endswith("static"))
        return sorted(rules, key=lambda rule: rule.rule)

    def build_paths(self, rule: Rule) -> tuple[Document, Document]:
        paths, components = super().build_paths(rule)
        access = access_of(self._app.view_functions[rule.endpoint])
        for methods in paths.values():
            for operation in methods.values():
                # Routes belong to a feature by their blueprint; none needs to say it again.
                operation.setdefault("tags", [rule.endpoint.split(".")[0]])
                operation["description"] = operation.get("description", "").strip()
                is_secured = access is not None and access.is_authenticated
                operation["security"] = [{"bearer": []}] if is_secured else []
        return paths, components

    def operation_id(self, method: str, path: str, func: Callable[..., Any]) -> str:
        return func.__name__

    def build_path_parameter(self, name: str, converter: BaseConverter) -> Document:
        parameter = super().build_path_parameter(name, converter)
        if isinstance(converter, UUIDConverter):
            parameter["schema"] = {"type": "string", "format": "uuid"}
        return parameter

    def build_querystring_parameters(self, model: type[Any]) -> tuple[list[Document], Document]:
        parameters, components = super().build_querystring_parameters(model)
        for parameter in parameters:
            parameter["schema"] = _without_null(parameter["schema"])
        return parameters, components


def _without_null(schema: Document) -> Document:
    """A query cannot say null: what may be left out is of its other type, or one of those."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind.get("type") != "null"]
    if not kinds:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**(kinds[0] if len(kinds) == 1 else {"anyOf": kinds}), **rest}


def _complete_operation(path: str, method: str, operation: Document, schemas: Document) -> None:
    body = operation.get("requestBody")
    if body is not None:
        body["required"] = True
        body["content"] = _named(body["content"], schemas)
    if (method, path.rsplit("/", 1)[-1]) == ("post", "messages"):
        operation["parameters"] = [*operation["parameters"], _IDEMPOTENCY_KEY]
    responses = {str(status): it for status, it in operation["responses"].items()}
    for status, response in responses.items():
        response["content"] = _named(response["content"], schemas)
        response["description"] = response["description"] or HTTPStatus(int(status)).phrase
    if path == "/metrics":
        responses["200"] = {
            "description": "Prometheus' text format.",
            "content": _PLAIN_TEXT,
        }
    elif path.endswith("/export"):
        archive = responses.setdefault("200", {"description": "A ZIP, streamed.", "content": {}})
        archive["content"] = {**archive["content"], **_ARCHIVE}
    elif not any(status.startswith("2") for status in responses):
        responses["204"] = {"description": "Done; nothing to say."}
    for status_code in _refusals(operation):
        responses.setdefault(str(status_code), {"$ref": f"{_RESPONSES}{status_code}"})
    operation["responses"] = dict(sorted(responses.items()))


def _refusals(operation: Document) -> set[int]:
    """What an operation may refuse with: what its docstring says, and what needs no saying."""
    said = f"{operation.get('summary', '')} {operation['description']}"
    statuses = {int(status) for status in re.findall(r"\b[45]\d\d\b", said)} | {500, 503}
    if operation["security"]:
        statuses |= {401, 403, 429}
    if operation["parameters"]:
        statuses |= {400}
    if "requestBody" in operation:
        statuses |= {400, 413}
    return statuses & _REFUSAL_TEXTS.keys()


def _refusal(status: int) -> Document:
    response: Document = {
        "description": _REFUSAL_TEXTS[status],
        "content": {"application/json": {"schema": {"$ref": _REF.format(model="ErrorResponse")}}},
    }
    if status in (429, 503):
        response["headers"] = _RETRY_AFTER
    return response


def _named(content: Document, schemas: Document) -> Document:
    """Move each shape that stands inside an operation to the components, under its name."""
    named = {}
    for media_type, media in content.items():
        schema = media["schema"]
        name = schema.get("title")
        # The same shape may differ by direction: defaults are optional to send, sure to arrive.
        if name is not None and schemas.setdefault(name, schema) == schema:
            schema = {"$ref": _REF.format(model=name)}
        named[media_type] = {**media, "schema": schema}
    return named


def _shared_schemas() -> Document:
    schema = ErrorResponse.model_json_schema(ref_template=_REF, mode="serialization")
    return {**schema.pop("$defs", {}), "ErrorResponse": schema}


def _websocket(schemas: Document) -> Document:
    """The frames of both directions, as names; their shapes go to the components."""
    return {
        "path": "/api/ws",
        "subprotocol": SUBPROTOCOL,
        "from_client": _frames(ClientFrame, schemas),
        "from_server": _frames(ServerFrame, schemas),
    }


def _frames(union: Any, schemas: Document) -> list[Document]:
    models: tuple[type[BaseModel], ...] = get_args(get_args(union)[0])
    for model in models:
        schema = TypeAdapter(model).json_schema(ref_template=_REF, mode="serialization")
        for name, definition in schema.pop("$defs", {}).items():
            schemas.setdefault(name, definition)
        schemas.setdefault(model.__name__, schema)
    return [{"$ref": _REF.format(model=model.__name__)} for model in models]
