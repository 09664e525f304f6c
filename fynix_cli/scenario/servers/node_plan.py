"""What nodes are told, and what they say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY, DONE, FAILED = "ready", "done", "failed"


_PLAIN_NAMES = (
    "DATABASE_URL",
    "REDIS_URL",
    "JWT_SECRET_KEY",
    "JWT_EXPIRE_MINUTES",
    "FRONTEND_ORIGIN",
)


def is_setting(name: str) -> bool:
    """Whether a variable of the environment is one of Fynix's: the shell's are about another
    server, and at worst about a real one's database."""
    return name.startswith("FYNIX_") or name in _PLAIN_NAMES


@dataclass(frozen=True)
class NodePlan:
    """What to run. `overrides`: settings by name; the environment's own count for nothing.

    `port` 0: a free one. `log`: the file that it writes all it says to.
    """

    overrides: dict[str, Any]
    port: int
    log: Path
