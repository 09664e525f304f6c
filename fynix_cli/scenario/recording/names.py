"""Names in a recorded scenario: of people, and of what steps save."""

import re
from collections.abc import Iterable

from fynix_cli.scenario.model.catalogue import RESERVED


class Names:
    """Gives out names, none of them twice: people and saved things share one set of names."""

    def __init__(self) -> None:
        self._taken = set(RESERVED)

    def for_people(self, usernames: Iterable[str]) -> list[str]:
        """Usernames as names of actors, in the order given."""
        return [self._unique(actor_name(it)) for it in usernames]

    def for_thing(self, kind: str) -> str:
        """`dm`, then `dm2` …"""
        return self._unique(kind)

    def for_message(self, number: int) -> str:
        return self._unique(f"m{number}")

    def _unique(self, wanted: str) -> str:
        name, number = wanted, 2
        while name in self._taken:
            # `m1` becomes `m1_2`, not `m12`, which is another message.
            name = f"{wanted}_{number}" if wanted[-1].isdecimal() else f"{wanted}{number}"
            number += 1
        self._taken.add(name)
        return name


def actor_name(username: str) -> str:
    """A username as small letters, digits and `_`, beginning with a letter."""
    plain = re.sub(r"[^a-z0-9_]", "_", username.lower())
    return plain if plain[:1].isalpha() else f"u_{plain.lstrip('_')}"
