"""The work behind `fynix conversation`: each finds the group, does one thing, and tells of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fynix_cli.chat.targets import require_person
from fynix_cli.client.failures import ApiError
from fynix_cli.client.rest import RestClient
from fynix_cli.confirming import confirm_yes
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.groups.finding import find_group, find_member, title
from fynix_cli.output import OutputFormat, emit, local_time, print_object, print_rows, talk
from fynix_server.protocol.conversations import (
    ConversationResponse,
    ParticipantResponse,
    ParticipantRole,
)

MEMBER_COLUMNS = ("username", "role", "joined")
OWNER_MUST_TRANSFER = "owner_must_transfer"
IN_WORDS: Mapping[str, str] = {"owner": "the owner", "admin": "an admin", "member": "a member"}


@dataclass(frozen=True)
class Caution:
    """How careful to be. `is_dry_run`: the server tries it and takes it back; `is_confirmed`: do
    not ask."""

    is_dry_run: bool = False
    is_confirmed: bool = True


async def create_group(
    rest: RestClient, name: str, people: Sequence[str], output: OutputFormat
) -> None:
    """`people`: whom to take in, by username or user id."""
    async with rest:
        # All are found before anything is made.
        ids = [str((await require_person(rest, person)).id) for person in people]
        group = await rest.create_group({"name": name, "participant_ids": ids})
    _print_unless_table(group.model_dump(mode="json"), output)
    if output is OutputFormat.table:
        others = [it.username for it in group.participants if it.role != "owner"]
        talk(f"Began {title(group)} with {', '.join(others) or 'nobody else yet'}.")
        emit(str(group.id))


async def show_members(rest: RestClient, group: str, output: OutputFormat) -> None:
    """Those there longest first, as the server has them."""
    async with rest:
        people = (await find_group(rest, group)).participants
    rows = [_member_row(person, output) for person in people]
    print_rows(rows, MEMBER_COLUMNS, output, "Nobody is in it.")


async def change_group(
    rest: RestClient, group: str, changes: Mapping[str, str], output: OutputFormat
) -> None:
    """`changes`: its new `name` or `description`."""
    async with rest:
        before = await find_group(rest, group)
        after = await rest.update_group(before.id, changes)
    talk(f"{title(before)} is called {title(after)}: {after.description or 'no description'}")
    _print_unless_table(after.model_dump(mode="json"), output)


async def add_member(rest: RestClient, group: str, name: str, output: OutputFormat) -> None:
    async with rest:
        found = await find_group(rest, group)
        person = await require_person(rest, name)
        added = await rest.add_participant(found.id, person.id)
    talk(f"{added.username} is in {title(found)}.")
    _print_unless_table(added.model_dump(mode="json"), output)


async def remove_member(rest: RestClient, group: str, name: str, caution: Caution) -> None:
    """Raises: CommandError (they are not in it, or the answer was no)."""
    async with rest:
        found = await find_group(rest, group)
        person = find_member(found, name)
        what = f"remove {person.username} from {title(found)}"
        _ask("removing", what, caution)
        await rest.remove_participant(found.id, person.user_id, is_dry_run=caution.is_dry_run)
    _tell(what, caution)


async def leave_group(rest: RestClient, group: str, caution: Caution) -> None:
    """Raises: CommandError (the answer was no)."""
    async with rest:
        found = await find_group(rest, group)
        own_id = (await rest.me()).id
        what = f"leave {title(found)}{_inheriting(found, own_id)}"
        _ask("leaving", what, caution)
        await rest.remove_participant(found.id, own_id, is_dry_run=caution.is_dry_run)
    _tell(what, caution)


async def give_role(
    rest: RestClient,
    place: tuple[str, str],
    role: ParticipantRole,
    caution: Caution,
    output: OutputFormat,
) -> None:
    """`place`: the group, and who in it is to have the role.

    Raises: CommandError (they are not in it, they have the role already, or the answer was no).
    """
    async with rest:
        group = await find_group(rest, place[0])
        person = find_member(group, place[1])
        what = f"make {person.username} {IN_WORDS[role]} of {title(group)}"
        if role == "owner":
            _ask("transferring", f"{what}, and yourself an admin", caution)
        after = await _change_role(rest, group, person, role, caution)
    if person.role == role:
        raise CommandError(
            f"{person.username} is {IN_WORDS[role]} already", exit_code=ExitCode.CONFLICT
        )
    _tell(what, caution)
    _print_unless_table(after.model_dump(mode="json"), output)


async def _change_role(
    rest: RestClient,
    group: ConversationResponse,
    person: ParticipantResponse,
    role: ParticipantRole,
    caution: Caution,
) -> ParticipantResponse:
    try:
        return await rest.change_role(group.id, person.user_id, role, is_dry_run=caution.is_dry_run)
    except ApiError as error:
        if error.code != OWNER_MUST_TRANSFER:
            raise
        raise CommandError(
            "a group has one owner, and you are it",
            hint=f"hand it on with: fynix conversation transfer {group.id} USER",
            exit_code=error.exit_code,
        ) from error


def _inheriting(group: ConversationResponse, own_id: Any) -> str:
    """What becomes of a group that its owner leaves, in words; empty: nothing, it is another's."""
    own = [it for it in group.participants if it.user_id == own_id]
    if not own or own[0].role != "owner":
        return ""
    if len(group.participants) == 1:
        return ", which then has nobody"
    return ", which goes to the admin there longest, or else the member"


def _ask(doing: str, what: str, caution: Caution) -> None:
    if not (caution.is_dry_run or caution.is_confirmed):
        confirm_yes(doing, what[0].upper() + what[1:])


def _tell(what: str, caution: Caution) -> None:
    talk(f"{'Would' if caution.is_dry_run else 'Done:'} {what}.")


def _print_unless_table(item: Mapping[str, Any], output: OutputFormat) -> None:
    if output is not OutputFormat.table:
        print_object(item, output)


def _member_row(person: ParticipantResponse, output: OutputFormat) -> dict[str, Any]:
    row = person.model_dump(mode="json")
    if output is OutputFormat.table:
        row["joined"] = local_time(person.joined_at)
    return row
