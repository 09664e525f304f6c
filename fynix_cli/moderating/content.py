"""The work behind `fynix moderation message` and `conversation`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fynix_cli.chat.targets import as_id
from fynix_cli.client.moderated_content import ModeratedContentClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.confirming import confirm_by_name
from fynix_cli.moderating.people import Caller
from fynix_cli.output import OutputFormat, print_object, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.moderated_content import MessageActResponse


@dataclass(frozen=True)
class ContentAct:
    """`verb` as the API calls it. `is_confirmed`: do not ask."""

    verb: str
    reason: str
    is_dry_run: bool = False
    is_confirmed: bool = True

    def body(self, *, is_dry_run: bool | None = None) -> Mapping[str, Any]:
        dry_run = self.is_dry_run if is_dry_run is None else is_dry_run
        return {"reason": self.reason, "dry_run": dry_run}


def id_of(text: str, what: str) -> UUID:
    """Raises: CommandError (it is no id)."""
    found = as_id(text)
    if found is None:
        raise CommandError(
            f"{text!r} is no id of a {what}",
            hint="reports and the audit log name the ids",
            exit_code=ExitCode.USAGE,
        )
    return found


def act_on_message(
    caller: Caller, conversation: str, message: str, act: ContentAct, output: OutputFormat
) -> None:
    """Do it, after asking, and tell which message it was; never what stood in it."""
    ids = id_of(conversation, "conversation"), id_of(message, "message")
    done = asyncio.run(_act_on_message(caller, ids, act))
    would = "Would " if act.is_dry_run else "Done: "
    talk(f"{would}{act.verb} message {done.seq} of {done.sender_username}.")
    if output is not OutputFormat.table:
        print_object(done.model_dump(mode="json"), output)


async def _act_on_message(
    caller: Caller, ids: tuple[UUID, UUID], act: ContentAct
) -> MessageActResponse:
    async with rest_client(caller.profile, caller.server) as rest:
        client = ModeratedContentClient(rest.http)
        if not act.is_dry_run and not act.is_confirmed:
            # Tried first: what would be refused need not be asked about.
            tried = await client.act_on_message(*ids, act.verb, act.body(is_dry_run=True))
            what = f"{act.verb} message {tried.seq} of {tried.sender_username} for everybody"
            confirm_by_name(what, tried.sender_username, is_confirmed=False)
        return await client.act_on_message(*ids, act.verb, act.body())


def act_on_conversation(
    caller: Caller, conversation: str, act: ContentAct, output: OutputFormat
) -> None:
    """Freeze a conversation, or let it go on."""
    conversation_id = id_of(conversation, "conversation")

    async def do() -> Mapping[str, Any]:
        async with rest_client(caller.profile, caller.server) as rest:
            client = ModeratedContentClient(rest.http)
            done = await client.act_on_conversation(conversation_id, act.verb, act.body())
            return done.model_dump(mode="json")

    done = asyncio.run(do())
    would = "Would " if act.is_dry_run else "Done: "
    kind = "group" if done["is_group"] else "conversation of two"
    talk(f"{would}{act.verb} a {kind}.")
    if output is not OutputFormat.table:
        print_object(done, output)
