"""The kinds of values in a scenario: times, shares, references, and names of people."""

import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from fynix_cli.scenario.matchers import check_matcher

NAME = r"[a-z][a-z0-9_]*"
DURATION = r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h)"
SECONDS_OF = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
RESOLVED = "resolved"
"""The context of validation once variables have been replaced."""
_REFERENCE = re.compile(r"\$(?!\$)")


class Args(BaseModel):
    """What is written behind a step's name. `shorthand`: the field that a bare value is for;
    `wraps`: the field that whatever is written is for."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    shorthand: ClassVar[str | None] = None
    wraps: ClassVar[str | None] = None

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if cls.wraps is not None:
            return {cls.wraps: value}
        if value is None:
            return {}
        if cls.shorthand is not None and not isinstance(value, dict):
            return {cls.shorthand: value}
        return value

    @classmethod
    def _written(cls, field: str) -> str:
        """A field's name as it stands in a file."""
        return cls.model_fields[field].alias or field

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core_schema))
        if cls.wraps is not None:
            field = schema["properties"][cls._written(cls.wraps)]
            return {**field, "description": schema["description"]}
        ways: list[JsonSchemaValue] = [schema]
        if cls.shorthand is not None:
            ways.append(schema["properties"][cls._written(cls.shorthand)])
        if not schema.get("required"):
            ways.append({"type": "null"})
        return schema if len(ways) == 1 else {"anyOf": ways, "description": schema["description"]}


def is_reference(value: Any) -> bool:
    """Whether it names variables, so that what it is shows only when the scenario runs."""
    return isinstance(value, str) and _REFERENCE.search(value) is not None


def seconds(text: Any) -> Any:
    """`2s`, `250ms`, `1.5m` and `1h` as seconds; a number is seconds already.

    Raises: ValueError.
    """
    if is_reference(text):
        return text
    if isinstance(text, int | float) and not isinstance(text, bool) and text >= 0:
        return text
    matched = re.fullmatch(DURATION, text) if isinstance(text, str) else None
    if matched is None:
        raise ValueError("must be a time, such as 500ms, 2s or 1m")
    return float(matched["number"]) * SECONDS_OF[matched["unit"]]


def share(text: Any) -> Any:
    """`20%` as 0.2; a number from 0 to 1 is one already.

    Raises: ValueError.
    """
    if is_reference(text):
        return text
    if isinstance(text, str) and re.fullmatch(r"\d+(\.\d+)?%", text):
        text = float(text[:-1]) / 100
    if isinstance(text, bool) or not isinstance(text, int | float) or not 0 <= text <= 1:
        raise ValueError("must be a share, such as 20% or 0.2")
    return float(text)


def _whole(value: Any) -> Any:
    if is_reference(value) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError("must be a whole number")


def _yes_or_no(value: Any) -> Any:
    if isinstance(value, bool) or is_reference(value):
        return value
    raise ValueError("must be true or false")


def _text(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str):
        return value
    # What variables hold is shown as text where a text is wanted.
    if info.context == RESOLVED and value is not None:
        return str(value) if isinstance(value, int | float) else value
    raise ValueError("must be a text; put it in quotes")


def _one_of(*choices: str) -> Callable[[Any, ValidationInfo], Any]:
    def check(value: Any, info: ValidationInfo) -> Any:
        if value in choices or (info.context != RESOLVED and is_reference(value)):
            return value
        *others, last = map(repr, choices)
        raise ValueError(f"must be {', '.join(others)} or {last}")

    return check


def _names(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _matcher(value: Any) -> Any:
    check_matcher(value)
    return value


_VARIABLE: dict[str, Any] = {"type": "string", "pattern": r"\$"}


def _or_variable(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [schema, _VARIABLE]})


Duration = Annotated[
    Any,
    BeforeValidator(seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h)$"},
                _VARIABLE,
            ]
        }
    ),
]
"""Seconds as a number once read; a text while it names variables."""

Share = Annotated[
    Any,
    BeforeValidator(share),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {"type": "string", "pattern": r"^\d+(\.\d+)?%$"},
                _VARIABLE,
            ]
        }
    ),
]
Whole = Annotated[Any, BeforeValidator(_whole), _or_variable(type="integer")]
Flag = Annotated[Any, BeforeValidator(_yes_or_no), _or_variable(type="boolean")]
Via = Annotated[Any, BeforeValidator(_one_of("rest", "live")), _or_variable(enum=["rest", "live"])]
"""By REST, or over the live line."""
Protocol = Annotated[
    Any, BeforeValidator(_one_of("fynix.v1", "plain")), _or_variable(enum=["fynix.v1", "plain"])
]
GroupRole = Annotated[
    Any,
    BeforeValidator(_one_of("owner", "admin", "member")),
    _or_variable(enum=["owner", "admin", "member"]),
]
Text = Annotated[Any, BeforeValidator(_text), WithJsonSchema({"type": "string"})]
Ref = Annotated[
    Any,
    BeforeValidator(_text),
    WithJsonSchema({"type": "string", "examples": ["$dm", "$message"]}),
]
"""A thing that a step saved, such as `$dm`, or its id."""
VariableName = Annotated[str, Field(pattern=rf"^{NAME}$")]
PersonName = Annotated[str, Field(pattern=rf"^({NAME}|\$.*)$")]
PersonNames = Annotated[
    list[PersonName],
    BeforeValidator(_names),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Matcher = Annotated[
    Any,
    AfterValidator(_matcher),
    Field(description="A value, or a matcher such as {gt: 3}."),
]
Steps = Annotated[
    list[Any],
    Field(min_length=1),
    WithJsonSchema({"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/step"}}),
]
"""Steps within a step: read by themselves, each at its own place."""
