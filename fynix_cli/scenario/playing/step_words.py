"""A step in a few words, with its variables filled in, for those who watch."""

from typing import Any

from fynix_cli.scenario.model.script import Step
from fynix_cli.scenario.model.step_shapes import StepArgs

_LEFT_OUT = {"expect", "within", "save", "do", "steps", "then", "else", "as", "each"}
_SECRET = {"headers", "body", "raw", "password", "token"}
"""What may hold secrets, in words that nobody could find them in again."""
_REFERENCES = {"in", "message", "upto"}
"""What stands there is better known by the name that the file gives it."""
_TEXTS = {"text", "name", "description"}


def told(step: Step, args: StepArgs) -> str:
    """Such as `send "hello" in=$dm`."""
    written = step.args.model_dump(by_alias=True, exclude_unset=True)
    values = args.model_dump(by_alias=True, exclude_unset=True)
    words = {
        name: _word(name, written[name] if name in _REFERENCES else value)
        for name, value in values.items()
        if name not in _LEFT_OUT | _SECRET
    }
    # What is said first: there may be little room for the rest.
    ordered = sorted(words, key=lambda name: name not in _TEXTS)
    return " ".join([step.name.verb, *(words[name] for name in ordered)])


def _word(name: str, value: Any) -> str:
    if name in _TEXTS:
        return f'"{value}"'
    if name in ("with", "who", "type", "file", "command", "event"):
        return ", ".join(value) if isinstance(value, list) else str(value)
    return f"{name}={value}"
