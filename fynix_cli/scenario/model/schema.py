"""The JSON Schema of scenario files: for editors that complete and check while one writes."""

from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from fynix_cli.scenario.model.catalogue import PERSONAL
from fynix_cli.scenario.model.document import Document
from fynix_cli.scenario.model.flow_steps import FLOW
from fynix_cli.scenario.model.values import NAME

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


def scenario_schema() -> dict[str, Any]:
    """The same shapes that `fynix scenario check` goes by."""
    shapes = {**PERSONAL, **FLOW}
    models: dict[type[BaseModel], None] = dict.fromkeys([Document, *shapes.values()])
    references, found = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/$defs/{model}"
    )
    definitions: dict[str, Any] = found["$defs"]
    by_model = {model: reference for (model, _), reference in references.items()}
    definitions["step"] = _step(by_model)
    document = definitions.pop("Document")
    return {
        "$schema": SCHEMA_ID,
        "title": "A Fynix scenario",
        **document,
        "$defs": dict(sorted(definitions.items())),
    }


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
    schema = TypeAdapter(shape).json_schema()
    ways = schema.get("anyOf", [schema])
    for way in ways:
        if "properties" in way:
            required = set(way.get("required", ()))
            properties: dict[str, dict[str, Any]] = way["properties"]
            return {
                name: {**field, "is_required": name in required}
                for name, field in properties.items()
            }
    return {}
