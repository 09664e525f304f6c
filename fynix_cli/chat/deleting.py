"""Deleting a message: find it, say which, ask, and only then delete."""

from dataclasses import dataclass
from uuid import UUID

from fynix_cli.chat.targets import conversation_to_look_at, message_id_of
from fynix_cli.client.rest import RestClient
from fynix_cli.confirming import confirm_yes
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import local_time, talk
from fynix_server.protocol.fields import MAX_PAGE_SIZE
from fynix_server.protocol.messages import MessageResponse


@dataclass(frozen=True)
class Deletion:
    """Which message to delete. `is_dry_run`: only say which; `is_confirmed`: do not ask."""

    target: str
    message_id: str
    is_dry_run: bool
    is_confirmed: bool


async def delete_message(rest: RestClient, deletion: Deletion) -> None:
    """Raises: CommandError (not found, nobody to ask, or the answer was no)."""
    wanted = message_id_of(deletion.message_id)
    async with rest:
        conversation = await conversation_to_look_at(rest, deletion.target)
        if deletion.is_dry_run or not deletion.is_confirmed:
            what = _described(await _find(rest, conversation.id, wanted))
            if deletion.is_dry_run:
                talk(f"Would delete {what}")
                return
            confirm_yes("deleting", f"Delete for everybody {what}")
        await rest.delete_message(conversation.id, wanted)
    talk(f"Deleted message {wanted}.")


async def _find(rest: RestClient, conversation_id: UUID, message_id: UUID) -> MessageResponse:
    before_seq: int | None = None
    while True:
        page = await rest.messages(conversation_id, MAX_PAGE_SIZE, before_seq)
        for message in page.messages:
            if message.id == message_id:
                return message
        if not page.has_next or not page.messages:
            break
        before_seq = page.messages[-1].seq
    raise CommandError(
        f"there is no message {message_id} in this conversation",
        hint="fynix messages shows the ids",
        exit_code=ExitCode.NOT_FOUND,
    )


def _described(message: MessageResponse) -> str:
    when = local_time(message.created_at)
    return f"message {message.seq} of {message.sender_username}, {when}: {message.content}"
