"""Blocking people, and seeing whom one has blocked."""

from fynix_cli.chat.targets import require_person
from fynix_cli.client.rest import RestClient
from fynix_cli.output import OutputFormat, local_time, print_rows, talk


async def block_person(rest: RestClient, name: str) -> None:
    """Raises: CommandError (there is nobody of that name) and what RestClient raises."""
    async with rest:
        made = await rest.block((await require_person(rest, name)).id)
    talk(f"Blocked {made.username}. They are not told; fynix unblock {made.username} ends it.")


async def unblock_person(rest: RestClient, name: str) -> None:
    """Raises: CommandError (nobody of that name, or not blocked) and what RestClient raises."""
    async with rest:
        person = await require_person(rest, name)
        await rest.unblock(person.id)
    talk(f"Unblocked {person.username}.")


async def list_blocks(rest: RestClient, output: OutputFormat) -> None:
    async with rest:
        found = await rest.blocks()
    rows = [it.model_dump(mode="json") for it in found]
    if output is OutputFormat.table:
        rows = [
            row | {"blocked_at": local_time(it.blocked_at)}
            for row, it in zip(rows, found, strict=True)
        ]
    print_rows(rows, ("username", "display_name", "blocked_at"), output, "Nobody is blocked.")
