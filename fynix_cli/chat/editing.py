"""Editing a message."""

from fynix_cli.chat.targets import conversation_to_look_at, message_id_of
from fynix_cli.client.rest import RestClient
from fynix_cli.output import OutputFormat, print_object, talk


async def edit_message(
    rest: RestClient, target: str, message_id: str, text: str, output: OutputFormat
) -> None:
    """`text` takes the place of what the message said. Raises: CommandError (not found)."""
    wanted = message_id_of(message_id)
    async with rest:
        conversation = await conversation_to_look_at(rest, target)
        edited = await rest.edit_message(conversation.id, wanted, text)
    if output is OutputFormat.table:
        talk(f"Edited message {wanted}.")
    else:
        print_object(edited.model_dump(mode="json"), output)
