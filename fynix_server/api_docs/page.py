"""The page for people: the OpenAPI document, arranged for reading and rendered by Jinja."""

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from fynix_server.api_docs.examples import example_json
from fynix_server.api_docs.wording import (
    Schema,
    constraints_of,
    resolve,
    shape_name,
    type_of,
)


@dataclass(frozen=True)
class Row:
    """A parameter or a field: what it is called, what it holds, and what it must obey."""

    name: str
    type: Markup
    is_required: bool
    place: str
    notes: str


@dataclass(frozen=True)
class Answer:
    """One status that an operation may answer with."""

    status: str
    description: str
    type: Markup | None


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    tag: str
    method: str
    path: str
    summary: str
    description: str
    is_open: bool
    parameters: list[Row]
    body: str | None
    body_rows: list[Row]
    request_example: str | None
    answers: list[Answer]
    refusals: list[Answer]
    answer_example: str | None

    @property
    def anchor(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", f"{self.method} {self.path}".lower()).strip("-")


@dataclass(frozen=True)
class Shape:
    """A named shape with its fields."""

    name: str
    description: str
    rows: list[Row]


def render_page(document: Schema, templates: Path) -> str:
    """The whole page as HTML. It refers to nothing but its own style sheet."""
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    environment.filters["breakable"] = _breakable
    operations = [
        _operation(document, path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    operations.sort(key=lambda it: it.tag)
    websocket = document["x-websocket"]
    return environment.get_template("docs.html").render(
        info=document["info"],
        groups=[(tag, list(it)) for tag, it in groupby(operations, key=lambda it: it.tag)],
        refusals=[
            _answer(document, name.removeprefix("Refused"), it)
            for name, it in document["components"]["responses"].items()
        ],
        shapes=[_shape(name, it) for name, it in document["components"]["schemas"].items()],
        websocket=websocket,
        client_frames=[shape_name(it) for it in websocket["from_client"]],
        server_frames=[shape_name(it) for it in websocket["from_server"]],
    )


def prose(text: str) -> Markup:
    """Docstring text as HTML: paragraphs, and `code` between backticks."""
    paragraphs = []
    for paragraph in filter(None, text.strip().split("\n\n")):
        words = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(paragraph)))
        paragraphs.append(f"<p>{words}</p>")
    return Markup("".join(paragraphs))  # noqa: S704 (escaped above, but for our own tags)


def _breakable(path: str) -> Markup:
    return Markup("/<wbr>").join(path.split("/"))


def _operation(document: Schema, path: str, method: str, operation: Schema) -> Operation:
    body = _json_schema(operation.get("requestBody", {}))
    responses = operation["responses"]
    own = {status: it for status, it in responses.items() if "$ref" not in it}
    success = next((_json_schema(it) for status, it in own.items() if status < "3"), None)
    return Operation(
        tag=operation["tags"][0],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation["description"],
        is_open=not operation.get("security"),
        parameters=[
            _row(it["name"], it, it["schema"], bool(it.get("required")))
            for it in operation["parameters"]
        ],
        body=shape_name(body) if body else None,
        body_rows=_rows(resolve(document, body)) if body else [],
        request_example=example_json(document, body) if body else None,
        answers=[_answer(document, status, it) for status, it in own.items()],
        refusals=[
            _answer(document, status, it) for status, it in responses.items() if status not in own
        ],
        answer_example=example_json(document, success) if success else None,
    )


def _answer(document: Schema, status: str, response: Schema) -> Answer:
    response = resolve(document, response)
    schema = _json_schema(response)
    first_paragraph = response["description"].split("\n\n")[0]
    return Answer(status, first_paragraph, type_of(schema) if schema else None)


def _json_schema(part: Schema) -> Schema | None:
    schema: Schema | None = part.get("content", {}).get("application/json", {}).get("schema")
    return schema


def _shape(name: str, schema: Schema) -> Shape:
    return Shape(name, schema.get("description", ""), _rows(schema))


def _rows(schema: Schema) -> list[Row]:
    required = schema.get("required", [])
    return [
        _row(name, field, field, name in required)
        for name, field in schema.get("properties", {}).items()
    ]


def _row(name: str, said: dict[str, Any], schema: Schema, is_required: bool) -> Row:
    notes = [said.get("description", "").rstrip("."), *constraints_of(schema)]
    return Row(
        name=name,
        type=type_of(schema),
        is_required=is_required,
        place=said.get("in", "body"),
        notes="; ".join(filter(None, notes)),
    )
