"""Steps as lines of YAML that read back as what they were, whatever people wrote in them."""

import json
import re
from typing import Any

_BARE = re.compile(r"[$A-Za-z_][\w.$]*|\d+s", re.ASCII)
_WORDS = frozenset({"true", "false", "null"})
# What YAML may not hold bare, and what reorders a line in an editor.
_HIDDEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\ufffb\ufffe\uffff]"
)


class Said(str):
    """A text that somebody wrote: always in quotes, and a `$` in it is no variable."""

    __slots__ = ()


def step_line(name: str, args: Any) -> str:
    return f"  - {name}: {flow(args)}"


def flow(value: Any) -> str:
    """`value` in YAML's flow style, on one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{key}: {flow(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(flow(it) for it in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Said):
        return quoted(value.replace("$", "$$"))
    if isinstance(value, str):
        is_bare = _BARE.fullmatch(value) is not None and value.lower() not in _WORDS
        return value if is_bare else quoted(value)
    return str(value)


def quoted(text: str) -> str:
    """In double quotes, whose escapes in YAML are those of JSON and more."""
    written = json.dumps(text, ensure_ascii=False)
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
