"""Whether a send is a retry of what is stored under its key, or another message."""

import hashlib
from typing import NamedTuple
from uuid import UUID

from fynix_server.protocol.messages import MessageResponse


class Known(NamedTuple):
    """What is stored under a key. `sent_digest`: of its first text, where that was replaced.

    `released_from`: the id that it had while a moderator looked at it, of which its digest is.
    """

    message: MessageResponse
    sent_digest: str | None = None
    released_from: UUID | None = None

    def was_sent_as(self, content: str, content_type: str) -> bool:
        """Whether this is what was sent then: only such a send is a retry of it."""
        if self.message.content_type != content_type:
            return False
        if self.sent_digest is None:
            return self.message.content == content
        return self.sent_digest == digest_of(self.released_from or self.message.id, content)


def digest_of(message_id: UUID, content: str) -> str:
    """32 hex digits that stand for the text of that message.

    An edit keeps these in the place of the text it replaces. Whoever can read the database can
    try guesses against them, as against the text of any other message there.
    """
    return hashlib.blake2b(content.encode(), digest_size=16, key=message_id.bytes).hexdigest()
