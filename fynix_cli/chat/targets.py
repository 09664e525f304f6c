"""Whom or what a TARGET means: a username, a user id or a conversation id."""

import re
from uuid import UUID

from fynix_cli.client.failures import ApiError
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_server.protocol.accounts import UserResponse
from fynix_server.protocol.conversations import ConversationResponse

_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
NOT_FOUND = 404


async def conversation_to_write_to(rest: RestClient, target: str) -> ConversationResponse:
    """The conversation that `target` means; with a person it is made if there was none.

    Raises: CommandError (there is no such person or conversation) and what RestClient raises.
    """
    found = await _conversation_of_id(rest, target)
    if found is not None:
        return found
    user_id = as_id(target) or (await _person_to_talk_to(rest, target)).id
    return await rest.open_dm(user_id)


async def conversation_to_look_at(rest: RestClient, target: str) -> ConversationResponse:
    """The same, but makes none: looking must not announce a conversation to somebody."""
    found = await conversation_or_person(rest, target)
    if isinstance(found, ConversationResponse):
        return found
    raise CommandError(
        f"there is no conversation with {target} yet",
        hint=f'begin one with: fynix send {target} "hello"',
        exit_code=ExitCode.NOT_FOUND,
    )


async def conversation_or_person(
    rest: RestClient, target: str
) -> ConversationResponse | UserResponse:
    """The conversation that `target` means, or the person with whom there is none yet.

    Raises: CommandError (there is no such person or conversation) and what RestClient raises.
    """
    found = await _conversation_of_id(rest, target)
    if found is not None:
        return found
    person = await _person_to_talk_to(rest, target)
    for conversation in await rest.all_conversations():
        members = {participant.user_id for participant in conversation.participants}
        if not conversation.is_group and person.id in members:
            return conversation
    return person


def as_id(text: str) -> UUID | None:
    """A UUID with its dashes; without them, 32 hex digits may be somebody's name."""
    return UUID(text) if _ID.fullmatch(text) else None


def message_id_of(text: str) -> UUID:
    """Raises: CommandError (it is no id)."""
    message_id = as_id(text)
    if message_id is None:
        raise CommandError(
            f"{text!r} is not a message's id",
            hint="fynix messages shows the ids",
            exit_code=ExitCode.USAGE,
        )
    return message_id


async def _conversation_of_id(rest: RestClient, target: str) -> ConversationResponse | None:
    conversation_id = as_id(target)
    if conversation_id is None:
        return None
    try:
        return await rest.conversation(conversation_id)
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        return None


async def _person_to_talk_to(rest: RestClient, target: str) -> UserResponse:
    """As `require_person`. A group is not meant by its name here, which anybody may give to one,
    but whoever tries is told its id."""
    try:
        return await require_person(rest, target)
    except CommandError as error:
        own = await rest.all_conversations() if error.exit_code is ExitCode.NOT_FOUND else []
        group = next((it for it in own if it.is_group and it.name == target), None)
        if group is None:
            raise
        hint = f"the group of that name is {group.id}"
        raise CommandError(error.message, hint=hint, exit_code=ExitCode.NOT_FOUND) from None


async def require_person(rest: RestClient, target: str) -> UserResponse:
    """Whom a username or a user id means. Raises: CommandError (there is nobody)."""
    user_id = as_id(target)
    user = await rest.user_named(target) if user_id is None else await rest.user(user_id)
    if user is None:
        raise CommandError(f"there is nobody called {target}", exit_code=ExitCode.NOT_FOUND)
    return user
