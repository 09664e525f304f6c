"""What happens while a scenario is played, told to whoever listens: columns, traces, reports."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "joined", "step", "request", "answer", "sent", "arrived", "line", "fault", "log", "failed"
]


@dataclass(frozen=True)
class Entry:
    """One thing that happened, `at` seconds after the scenario began. `text`: for eyes; `data`:
    for machines, as JSON can hold it; `actor` None: nobody's."""

    at: float
    kind: Kind
    actor: str | None
    device: str | None
    text: str
    data: dict[str, Any] = field(default_factory=dict)


Listener = Callable[[Entry], None]


class Journal:
    """Passes entries on as they are made."""

    def __init__(self, *listeners: Listener) -> None:
        self._began = time.monotonic()
        self._listeners = listeners

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def note(
        self,
        kind: Kind,
        text: str,
        *,
        who: tuple[str, str] | None = None,
        **data: Any,
    ) -> None:
        """`who`: an actor and their device."""
        if not self._listeners:
            return
        actor, device = who if who is not None else (None, None)
        entry = Entry(self.seconds, kind, actor, device, text, data)
        for listener in self._listeners:
            listener(entry)
