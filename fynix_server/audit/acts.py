"""What is written into the audit log: who did what, to whom, why, and what it changed."""

import getpass
import os
import socket
import sys
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

if sys.platform == "win32":
    _os_user = getpass.getuser
else:
    import pwd

    def _os_user() -> str:
        # Not `getuser`: it believes LOGNAME, which anybody may set.
        user_id = os.getuid()
        try:
            return pwd.getpwuid(user_id).pw_name
        except KeyError:  # a container's user without a name
            return f"uid-{user_id}"


ActorKind = Literal["user", "host", "server"]
Outcome = Literal["done", "refused"]
TargetKind = Literal[
    "user", "message", "conversation", "case", "rule", "session", "connection", "server", "audit"
]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user by id, somebody at the host by `name@machine`, or the server by itself."""

    kind: ActorKind
    id: str
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `before`, `after` and `reason` are its details, which erasing may remove; nothing
    else of it may name a person but by id, or hold what somebody wrote."""

    action: str
    target_kind: TargetKind | None = None
    target_id: str | None = None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    outcome: Outcome = "done"


SERVER = Actor("server", "fynix")
"""What the server does without being asked, such as measures against spam."""


def host_actor() -> Actor:
    """Whoever runs this process at the machine: for commands that act on the database."""
    return Actor("host", f"{_os_user()}@{socket.gethostname()}"[:100])
