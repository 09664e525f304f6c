"""What the ids and names of a trace are called now."""

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_KEYS = frozenset({"client_message_id", "Idempotency-Key", "idempotency-key"})
_OWN_KEY = re.compile(r"[\x21-\x7e]{1,64}")
_IDENTIFYING = ("id", "user_id")


class Identities:
    """Learns, from what was answered then and now, which id stands for which."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}
        self._texts: dict[str, str] = {}

    def learn(self, then: str, now: str) -> None:
        """An id. What is known already stays."""
        self._now.setdefault(then, now)

    def learn_text(self, then: str, now: str) -> None:
        """A username, say: a text that counts only as a whole, or as a part of a path."""
        self._texts[then] = now

    def known(self, then: str) -> str | None:
        return self._now.get(then)

    def learn_from(self, then: Any, now: Any) -> None:
        """Every id at the same place in two values."""
        if isinstance(then, Mapping) and isinstance(now, Mapping):
            for name, value in then.items():
                self.learn_from(value, now.get(name))
        elif isinstance(then, list) and isinstance(now, list):
            for one, other in self.paired(then, now):
                self.learn_from(one, other)
        elif _is_uuid(then) and _is_uuid(now):
            self.learn(then, now)

    def paired(self, then: list[Any], now: list[Any]) -> Iterator[tuple[Any, Any]]:
        """The items that belong together: by their ids where these are known, else in order."""
        left = list(now)
        for one in then:
            known = self._id_now(one)
            same = [it for it in left if known is not None and _id_of(it) == known]
            other = same[0] if same else (left[0] if left else None)
            if other is not None:
                left.remove(other)
            yield one, other

    def translated(self, value: Any, key: str = "") -> Any:
        """`value` as it is to be said now: ids replaced, and keys of messages made new."""
        if isinstance(value, Mapping):
            return {
                self.translated(name): self.translated(item, str(name))
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self.translated(it) for it in value]
        if not isinstance(value, str):
            return value
        if key in _KEYS and _OWN_KEY.fullmatch(value) and value not in self._texts:
            self._texts[value] = f"replay-{secrets.token_hex(8)}"
        if value in self._texts:
            return self._texts[value]
        return UUID.sub(lambda found: self._now.get(found[0], found[0]), value)

    def _id_now(self, then: Any) -> str | None:
        own = _id_of(then)
        return None if own is None else self._now.get(own)


def _is_uuid(value: Any) -> bool:
    return isinstance(value, str) and UUID.fullmatch(value) is not None


def _id_of(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        found = (value.get(name) for name in _IDENTIFYING)
        return next((it for it in found if isinstance(it, str)), None)
    return None
