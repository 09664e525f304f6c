"""What was answered then beside what is answered now."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fynix_cli.matching.fields import MISSING
from fynix_cli.scenario.matchers import shown
from fynix_cli.scenario.replaying.identities import UUID, Identities
from fynix_cli.scenario.reports.trace import REDACTED

_OWN_EACH_TIME = frozenset(
    {"connection_id", "request_id", "server_version", "timestamp", "user_agent"}
)
_SECONDS = frozenset({"expires_in", "retry_after"})


def differences(then: Any, now: Any, ids: Identities, path: str = "") -> Iterator[str]:
    """In words, with the path. Ids count as the same where they stand for the same; times and
    tokens where they are some."""
    name = path.rpartition(".")[2]
    if name in _OWN_EACH_TIME or then == REDACTED:
        return
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        called = {ids.translated(str(key)): key for key in then}
        for key in dict.fromkeys([*called, *now]):
            one = then[called[key]] if key in called else MISSING
            inner = f"{path}.{key}" if path else key
            yield from differences(one, now.get(key, MISSING), ids, inner)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for index, (one, other) in enumerate(ids.paired(then, now)):
            yield from differences(one, other, ids, f"{path}.{index}" if path else str(index))
    elif not _is_same(then, now, ids, name):
        yield f"{path or 'body'} was {shown(ids.translated(then))}, and is {shown(now)}"


def _is_same(then: Any, now: Any, ids: Identities, name: str) -> bool:
    if name in _SECONDS:
        return isinstance(then, int | float) == isinstance(now, int | float)
    if isinstance(then, str) and isinstance(now, str):
        if UUID.fullmatch(then) and ids.known(then) is None:
            return UUID.fullmatch(now) is not None
        if _is_time(then):
            return _is_time(now)
    return type(then) is type(now) and bool(ids.translated(then, name) == now)


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
