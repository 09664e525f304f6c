"""Regular expressions by RE2: all of them in one pass over a text, in linear time."""

from collections.abc import Iterable, Iterator
from typing import Any

import re2

from fynix_server.errors import InvalidInput
from fynix_server.policy.content_filter.rules import Hit

# What a text can cost at worst grows with these (ADR 0036): RE2's instructions of one regular
# expression, and of all of a filter.
MAX_INSTRUCTIONS = 1_000
MAX_INSTRUCTIONS_OF_ALL = 30_000
# What RE2 may take to compile one of unknown size: one made for the worst is refused after 20 ms,
# where the 8 MiB that it takes by itself let it work for more than a second. Several times what
# MAX_INSTRUCTIONS need.
_MAX_UNCHECKED_BYTES = 1024 * 1024
# For the states that RE2 keeps: a set that takes more is tried one by one.
_MAX_MEMORY_BYTES = 64 * 1024 * 1024


class RegexSet:
    """The rules of the kind `regex`. Raises: InvalidInput (together they are too large)."""

    def __init__(
        self, patterns: Iterable[tuple[int, str]], max_memory_bytes: int = _MAX_MEMORY_BYTES
    ) -> None:
        self._regexes = [(rule, compile_regex(pattern)) for rule, pattern in patterns]
        size = sum(regex.programsize for _, regex in self._regexes)
        if size > MAX_INSTRUCTIONS_OF_ALL:
            raise InvalidInput(
                f"the regular expressions are too large together: {size:,} instructions of RE2, "
                f"where {MAX_INSTRUCTIONS_OF_ALL:,} are the most; drop some, or shorten their "
                "repetitions"
            )
        self._set = self._compiled(max_memory_bytes) if self._regexes else None

    def find(self, text: str) -> Iterator[Hit]:
        """Where they match, from left to right for each."""
        for rule, regex in self._matching(text):
            for found in regex.finditer(text):
                yield Hit(rule, *found.span())

    def _matching(self, text: str) -> list[tuple[int, Any]]:
        if self._set is None:
            return self._regexes
        numbers = self._set.Match(text)
        if not numbers:
            # The last of the set matches every text: it is missing where RE2 has run out of memory.
            return self._regexes
        return [self._regexes[number] for number in sorted(numbers) if number < len(self._regexes)]

    def _compiled(self, max_memory_bytes: int) -> Any:
        """None: RE2 has not memory enough for it."""
        compiled = re2.Set.SearchSet(_options(max_memory_bytes))
        for _, regex in self._regexes:
            compiled.Add(regex.pattern)
        compiled.Add("")
        try:
            compiled.Compile()
        except re2.error:
            return None
        return compiled


def compile_regex(pattern: str, *, is_checked: bool = True) -> Any:
    """`is_checked`: it was compiled before, so that its size is known to be fine.

    Raises: re2.error, whose first argument says why.
    """
    most_bytes = re2.Options().max_mem if is_checked else _MAX_UNCHECKED_BYTES
    return re2.compile(pattern, _options(most_bytes))


def _options(max_memory_bytes: int) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = max_memory_bytes
    return options
