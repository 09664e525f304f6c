"""Types of attachments: what a message says that it is, and the endings of the files it names."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from fynix_server.policy.content_filter.folding import is_invisible
from fynix_server.policy.content_filter.rules import Hit, Rule

_MOST_ENDINGS = 2  # tar.gz
_BEFORE_QUERY = re.compile(r"[^?#]*")


class AttachmentTypes:
    """The rules of the kind `attachment_type`."""

    def __init__(self, rules: Iterable[tuple[int, Rule]]) -> None:
        self._rules: dict[str, list[int]] = defaultdict(list)
        self._exceptions: set[int] = set()
        self._live_exceptions: set[int] = set()
        for number, rule in rules:
            self._rules[rule.pattern.strip().lower()].append(number)
            if rule.verdict == "allow":
                self._exceptions.add(number)
                self._live_exceptions |= set() if rule.is_shadow else {number}

    def find(self, text: str, content_type: str) -> Iterator[Hit]:
        """Which rules match a message of this type, of which the text names the files.

        `image` matches every image, `image:svg` those of which a file ends in `.svg`. What a live
        exception matches is looked at by no other rule.
        """
        if content_type == "text" or not self._rules:
            return
        found: set[int] = set()
        for name in _file_names(text) or [""]:
            of_name = self._of(content_type, name)
            is_allowed = not self._live_exceptions.isdisjoint(of_name)
            found |= of_name & self._exceptions if is_allowed else of_name
        for number in found:
            yield Hit(number, 0, len(text))

    def _of(self, content_type: str, name: str) -> set[int]:
        parts = name.split(".")[1:][-_MOST_ENDINGS:]
        endings = [".".join(parts[first:]) for first in range(len(parts))]
        patterns = [content_type, *(f"{content_type}:{ending}" for ending in endings)]
        return {number for pattern in patterns for number in self._rules.get(pattern, ())}


def _file_names(text: str) -> list[str]:
    """Last parts of paths with an ending, as a system takes them that saves the file."""
    paths = [found.group() for word in text.split() if (found := _BEFORE_QUERY.match(word))]
    return [name for name in map(_file_name, paths) if "." in name]


def _file_name(path: str) -> str:
    # Windows drops dots and spaces at the end: `setup.exe.` is saved as `setup.exe`.
    plain = unicodedata.normalize("NFKC", unquote(path)).rstrip(". ,;)>\"'")
    seen = "".join(char for char in plain if not is_invisible(char))
    return re.split(r"[/\\]", seen.rstrip(". "))[-1].lower()
