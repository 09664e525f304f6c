"""JSON Schema in words: what a value is, and what it must obey."""

import json
from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

Schema = dict[str, Any]


def shape_name(reference: Schema) -> str:
    """The name at the end of a `$ref`, or the title of a schema written out."""
    name: str = reference["$ref"] if "$ref" in reference else reference.get("title", "object")
    return name.rsplit("/", 1)[-1]


def resolve(document: Schema, part: Schema) -> Schema:
    """`part` itself, or what its `$ref` points at inside `document`."""
    if "$ref" not in part:
        return part
    target = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return target


def type_of(schema: Schema) -> Markup:
    """What a value is, with a link where it is a shape of its own."""
    if "$ref" in schema:
        name = shape_name(schema)
        return Markup('<a href="#shape-{}">{}</a>').format(name, name)
    kinds = schema.get("anyOf") or schema.get("oneOf")
    if kinds:
        return Markup(" or ").join(type_of(kind) for kind in kinds)
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if values:
        return Markup(" | ").join(Markup("<code>{}</code>").format(value) for value in values)
    if schema.get("type") == "array":
        return Markup("list of {}").format(type_of(schema.get("items", {})))
    if isinstance(schema.get("additionalProperties"), dict):
        return Markup("map to {}").format(type_of(schema["additionalProperties"]))
    return Markup("{}").format(schema.get("format") or schema.get("type") or "anything")


def constraints_of(schema: Schema) -> Iterator[str]:
    """Each rule that a value must obey, as a few words."""
    for kind in schema.get("anyOf", []):
        yield from constraints_of(kind)
    yield from _bounds(schema, "minLength", "maxLength", " characters")
    yield from _bounds(schema, "minItems", "maxItems", " items")
    yield from _bounds(schema, "minimum", "maximum", "")
    if "pattern" in schema:
        yield f"matches `{schema['pattern']}`"
    if schema.get("default") is not None and "const" not in schema:
        yield f"default `{json.dumps(schema['default'])}`"


def _bounds(schema: Schema, low: str, high: str, unit: str) -> Iterator[str]:
    least, most = schema.get(low), schema.get(high)
    if least is not None and most is not None:
        yield f"{least} to {most}{unit}"
    elif least is not None:
        yield f"at least {least}{unit}"
    elif most is not None:
        yield f"at most {most}{unit}"
