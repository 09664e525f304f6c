"""A message before and after it is stored."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from fynix_server.errors import FynixError
from fynix_server.membership import NOBODY
from fynix_server.policy import HiddenBecause
from fynix_server.protocol.messages import ClientContentType, MessageResponse


@dataclass(slots=True)
class Draft:
    """A message that was let through to be stored.

    `sent_content`: as it was sent, where the content filter has masked something of `content`.
    `hidden_because`: only its sender is to see it; `rules`: of the filter, by name, that say so.
    `refusal`: why it may not be stored, where only a retry of what is stored is answered.
    """

    conversation_id: UUID
    sender_id: UUID
    sender_username: str
    content: str
    content_type: ClientContentType
    client_message_id: str | None
    sent_content: str | None = None
    hidden_because: HiddenBecause | None = None
    rules: tuple[str, ...] = ()
    refusal: FynixError | None = None

    @property
    def as_sent(self) -> str:
        """What a retry of it would say again."""
        return self.sent_content or self.content

    @property
    def key(self) -> tuple[UUID, UUID, str] | None:
        """What makes a retry the same message; None where the sender gave no key."""
        if self.client_message_id is None:
            return None
        return self.sender_id, self.conversation_id, self.client_message_id


@dataclass(frozen=True)
class Stored:
    """A committed message and whom it is for. `is_replay`: it was there already.

    `is_hidden`: of the recipients only its sender may read it. `blockers`: those of them who have
    blocked its sender.
    """

    message: MessageResponse
    recipients: tuple[UUID, ...]
    is_replay: bool
    is_hidden: bool = False
    blockers: frozenset[UUID] = NOBODY

    @cached_property
    def message_json(self) -> str:
        """The message as the wire shows it: encoded once, for its answer and for every socket."""
        return self.message.model_dump_json()


Outcome = Stored | FynixError
