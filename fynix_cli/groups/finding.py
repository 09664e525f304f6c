"""Which group, and whom in it, somebody means."""

from fynix_cli.chat.targets import as_id
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_server.protocol.conversations import ConversationResponse, ParticipantResponse

SHOW_IDS = "fynix conversations shows the ids"


async def find_group(rest: RestClient, text: str) -> ConversationResponse:
    """By its id, or one of one's own groups by its name, if no other is called the same.

    A conversation of two is found by its id as well: the server says what it is not.

    Raises: CommandError (there is none, or there are several) and what RestClient raises.
    """
    conversation_id = as_id(text)
    if conversation_id is not None:
        return await rest.conversation(conversation_id)
    own = await rest.all_conversations()
    found = [it for it in own if it.is_group and it.name == text]
    if not found:
        raise CommandError(
            f"you are in no group called {text}", hint=SHOW_IDS, exit_code=ExitCode.NOT_FOUND
        )
    if len(found) > 1:
        ids = ", ".join(str(it.id) for it in found)
        raise CommandError(
            f"you are in {len(found)} groups called {text}",
            hint=f"say which by its id: {ids}",
            exit_code=ExitCode.USAGE,
        )
    return found[0]


def find_member(group: ConversationResponse, name: str) -> ParticipantResponse:
    """Somebody who is in it, by username or id. Raises: CommandError (they are not)."""
    user_id, username = as_id(name), name.lower()
    for person in group.participants:
        if person.user_id == user_id or person.username == username:
            return person
    raise CommandError(
        f"{name} is not in {title(group)}",
        hint=f"fynix conversation members {group.id} shows who is",
        exit_code=ExitCode.NOT_FOUND,
    )


def title(group: ConversationResponse) -> str:
    """Not made visible: others named it."""
    return group.name or f"conversation {group.id}"
