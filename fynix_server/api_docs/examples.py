"""An example of every shape, made of its schema."""

import json
from typing import Any

from fynix_server.api_docs.wording import Schema, resolve

_BY_FORMAT = {
    "uuid": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
    "date-time": "2026-01-01T12:00:00Z",
}
_BY_TYPE = {"integer": 1, "number": 1.0, "boolean": True, "null": None}
# What a string says depends on its name more than on its type.
_BY_NAME = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9…",
    "content": "Hello, world!",
    "description": "Where the team talks.",
    "detail": "What is wrong, in words.",
    "display_name": "Alice",
    "expires_in": 1800,
    "name": "The team",
    "password": "correct horse battery staple",
    "refresh_token": "kN0v…",
    "sender_username": "alice",
    "username": "alice",
}


def example_json(document: Schema, schema: Schema) -> str:
    """An example of `schema`, as indented JSON."""
    return json.dumps(_example(document, schema, ""), indent=2, ensure_ascii=False)


def _example(document: Schema, schema: Schema, name: str) -> Any:
    schema = resolve(document, schema)
    for kind in schema.get("anyOf", [])[:1]:
        # An optional value is best shown as the value it may have.
        return _example(document, kind, name)
    if "const" in schema:
        return schema["const"]
    for source in ("examples", "enum"):
        if source in schema:
            return schema[source][0]
    if "properties" in schema:
        fields = schema["properties"].items()
        return {field: _example(document, it, field) for field, it in fields}
    if schema.get("type") == "array":
        return [_example(document, schema.get("items", {}), name)]
    return _example_of_scalar(schema, name)


def _example_of_scalar(schema: Schema, name: str) -> Any:
    if schema.get("type") == "object":
        return {}
    if schema.get("format") in _BY_FORMAT:
        return _BY_FORMAT[schema["format"]]
    if name in _BY_NAME:
        return _BY_NAME[name]
    if schema.get("default") is not None:
        return schema["default"]
    return _BY_TYPE.get(schema.get("type", ""), name or "text")
