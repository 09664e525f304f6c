"""Looking at conversations and messages, and marking them read."""

from typing import Any

from fynix_cli.chat.targets import conversation_to_look_at, message_id_of
from fynix_cli.client.rest import RestClient
from fynix_cli.output import OutputFormat, local_time, print_object, print_rows, talk
from fynix_server.protocol.conversations import ConversationResponse
from fynix_server.protocol.fields import MAX_PAGE_SIZE
from fynix_server.protocol.messages import MessageResponse

PREVIEW_CHARACTERS = 60


async def list_conversations(rest: RestClient, limit: int, output: OutputFormat) -> None:
    async with rest:
        own_name = (await rest.me()).username
        found = await rest.all_conversations(limit)
    rows = [_conversation_row(conversation, own_name, output) for conversation in found]
    columns = ("id", "with", "unread", "when", "last_message")
    print_rows(
        rows, columns, output, 'No conversations yet; begin one with: fynix send NAME "hello"'
    )


async def list_messages(
    rest: RestClient, target: str, limit: int, before_seq: int | None, output: OutputFormat
) -> None:
    """Print the newest `limit` messages before `before_seq`, the newest last, as one reads."""
    found: list[MessageResponse] = []
    async with rest:
        conversation = await conversation_to_look_at(rest, target)
        while len(found) < limit:
            wanted = min(limit - len(found), MAX_PAGE_SIZE)
            page = await rest.messages(conversation.id, wanted, before_seq)
            found += page.messages
            if not page.has_next or not page.messages:
                break
            before_seq = page.messages[-1].seq
    rows = [_message_row(message, output) for message in reversed(found)]
    columns = ("seq", "time", "from", "content", "id")
    print_rows(rows, columns, output, "No messages.")


async def mark_read(
    rest: RestClient, target: str, message_id: str | None, output: OutputFormat
) -> None:
    """Mark everything up to `message_id` (None: the newest) as read."""
    async with rest:
        conversation = await conversation_to_look_at(rest, target)
        if message_id is not None:
            wanted = message_id_of(message_id)
        elif conversation.last_message is None:
            talk("No messages to read.")
            return
        else:
            wanted = conversation.last_message.id
        marked = await rest.mark_read(conversation.id, wanted)
    if output is OutputFormat.table:
        talk(f"Read; {marked.unread_count} unread left.")
    else:
        print_object(marked.model_dump(mode="json"), output)


def title_of(conversation: ConversationResponse, own_name: str) -> str:
    """A group's name; of two people the other's."""
    if conversation.is_group:
        return conversation.name or "(group)"
    names = [person.username for person in conversation.participants]
    return next((name for name in names if name != own_name), own_name)


def _conversation_row(
    conversation: ConversationResponse, own_name: str, output: OutputFormat
) -> dict[str, Any]:
    if output is not OutputFormat.table:
        return conversation.model_dump(mode="json")
    last = conversation.last_message
    return {
        "id": conversation.id,
        "with": title_of(conversation, own_name),
        "unread": conversation.unread_count,
        "when": local_time(conversation.last_message_at),
        "last_message": f"{last.sender_username}: {_preview(last.content)}" if last else None,
    }


def _message_row(message: MessageResponse, output: OutputFormat) -> dict[str, Any]:
    if output is not OutputFormat.table:
        return message.model_dump(mode="json")
    return {
        "seq": message.seq,
        "time": local_time(message.created_at),
        "from": message.sender_username,
        "content": message.content,
        "id": message.id,
    }


def _preview(content: str) -> str:
    return content if len(content) <= PREVIEW_CHARACTERS else content[:PREVIEW_CHARACTERS] + "…"
