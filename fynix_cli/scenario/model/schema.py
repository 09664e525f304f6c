"""The JSON Schema of scenario files: for editors that complete and check while one writes."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from fynix_cli.scenario.model.catalogue import PERSONAL
from fynix_cli.scenario.model.document import Document
from fynix_cli.scenario.model.flow_steps import FLOW
from fynix_cli.scenario.model.values import NAME

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


def scenario_schema() -> dict[str, Any]:
    """The same shapes that `fynix scenario check` goes by."""
    by_model, definitions = _definitions()
    definitions["step"] = _step(by_model)
    document = definitions.pop("Document")
    return {
        "$schema": SCHEMA_ID,
        "title": "A Fynix scenario",
        **document,
        "$defs": dict(sorted(definitions.items())),
    }


def _definitions() -> tuple[dict[type[Any], dict[str, Any]], dict[str, Any]]:
    """A reference for each shape, and what they refer to, by name."""
    shapes = {**PERSONAL, **FLOW}
    models: dict[type[BaseModel], None] = dict.fromkeys([Document, *shapes.values()])
    references, found = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/$defs/{model}"
    )
    by_model: dict[type[Any], dict[str, Any]] = {
        model: reference for (model, _), reference in references.items()
    }
    return by_model, found["$defs"]


def _step(references: dict[Any, Any]) -> dict[str, Any]:
    """One name, and what belongs to it."""
    personal = {
        rf"^{NAME}(\.{NAME})?\.{verb}$": references[shape] for verb, shape in PERSONAL.items()
    }
    return {
        "description": "One step: its name, and what belongs to it.",
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {name: references[shape] for name, shape in FLOW.items()},
        "patternProperties": personal,
        "additionalProperties": False,
    }


def described_fields(shape: type[Any]) -> dict[str, dict[str, Any]]:
    """The fields of a step with their descriptions, as the schema has them, by name."""
    by_model, definitions = _definitions()
    found = dict(_described(definitions, by_model[shape]))
    return {name: found[name] for name in sorted(found, key=_is_of_many)}


_OF_MANY = ("expect", "save", "within")
"""What many steps have stands after what one is about."""


def _is_of_many(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in _OF_MANY


def _described(
    definitions: dict[str, Any], schema: dict[str, Any], inside: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those of a mapping within have their path for a name, such as expect.status."""
    model = schema.get("$ref", "").rpartition("/")[2]
    if model:
        yield from _described(definitions, definitions[model], inside)
    for way in schema.get("anyOf", ()):
        yield from _described(definitions, way, inside)
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        yield inside + name, {**field, "is_required": name in required}
        yield from _described(definitions, field, f"{inside}{name}.")
