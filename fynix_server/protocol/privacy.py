"""What exporting and erasing a person are asked for, and what they answer."""

from typing import Literal
from uuid import UUID

from pydantic import Field, StrictBool

from fynix_server.protocol.fields import Shape, Timestamp
from fynix_server.protocol.moderation import ActRequest

EXPORT_FORMAT = "fynix-export"
CERTIFICATE_FORMAT = "fynix-erasure-certificate"
FORMAT_VERSION = 1


class ExportPlanResponse(Shape):
    """What an export would hold at most; a dry run answers it in place of the archive."""

    dry_run: Literal[True] = True
    user_id: UUID
    username: str
    conversations: int
    messages_at_most: int


class ExportedFile(Shape):
    """One file of an archive. `sha256`: of its bytes, in hex."""

    rows: int
    bytes: int
    sha256: str


class ExportManifest(Shape):
    """The last file of an archive, `manifest.json`: an archive without it is not whole."""

    format: Literal["fynix-export"] = "fynix-export"
    format_version: int
    user_id: UUID
    username: str
    requested_by: Literal["self", "admin"]
    begun_at: Timestamp
    finished_at: Timestamp
    server_version: str
    files: dict[str, ExportedFile]


class EraseRequest(ActRequest):
    """`vacuum`: have SQLite write its whole file anew, during which nobody can send."""

    vacuum: StrictBool = False


class KeptRows(Shape):
    """What an erasure has left. `why`: `open_case`, `acts_of_theirs`."""

    table: str
    rows: int
    why: str


class ErasureCertificate(Shape):
    """What was erased, by whom, and what was kept and why. It holds nothing of what was erased.

    `hash`: SHA-256, in hex, of the other fields as JSON with sorted keys and no white space.
    """

    format: Literal["fynix-erasure-certificate"] = "fynix-erasure-certificate"
    format_version: int
    erasure_id: UUID
    user_id: UUID
    actor_kind: str
    actor_id: str
    audit_seq: int
    begun_at: Timestamp
    finished_at: Timestamp
    counts: dict[str, int]
    kept: list[KeptRows]
    database: Literal["sqlite", "postgresql"]
    is_log_emptied: bool | None
    is_vacuumed: bool | None
    hash: str


class EraseResponse(Shape):
    """How far an erasure has come. Not finished: ask again, until it is.

    `conversations_left` and `messages_left`: what is left to look through, others' among it.
    A dry run tells in `counts` what is there to erase.
    """

    dry_run: bool
    user_id: UUID
    is_finished: bool
    conversations_left: int
    messages_left: int
    counts: dict[str, int]
    certificate: ErasureCertificate | None


class ErasureResponse(Shape):
    """An entry of the journal. Not finished: neither moment nor certificate."""

    id: UUID
    user_id: UUID
    begun_at: Timestamp
    finished_at: Timestamp | None
    certificate: ErasureCertificate | None


class ErasuresQuery(Shape):
    limit: int = Field(50, ge=1, le=100)
    after: UUID | None = Field(None, description="The last id of the page before.")


class ErasureListResponse(Shape):
    """In the order in which they were begun. `next_after` is null on the last page."""

    erasures: list[ErasureResponse]
    next_after: UUID | None
