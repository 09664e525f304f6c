"""The work behind `fynix export` and `fynix user export`."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from fynix_cli.client.admin import LONG_WORK_SECONDS, AdminClient
from fynix_cli.client.http import Call
from fynix_cli.moderating.people import Caller, find_user
from fynix_cli.output import OutputFormat, print_object, talk
from fynix_cli.privacy.downloading import download_archive
from fynix_cli.privacy.saving import require_free
from fynix_cli.session import rest_client
from fynix_server.protocol.privacy import ExportManifest, ExportPlanResponse


@dataclass(frozen=True)
class Exporting:
    """Why, and whether only to tell how much it would be."""

    reason: str
    is_dry_run: bool = False


def export_own(caller: Caller, path: Path | None, output: OutputFormat) -> None:
    """Save one's own archive, and tell what is in it."""

    async def run() -> tuple[ExportManifest, Path]:
        async with rest_client(caller.profile, caller.server) as rest:
            target = path or Path(f"fynix-{(await rest.me()).username}.zip")
            require_free(target)
            call = Call(
                "GET",
                "/api/users/me/export",
                is_repeatable=False,
                patience_seconds=LONG_WORK_SECONDS,
                is_streamed=True,
            )
            return await download_archive(rest.http, call, target), target

    _tell(*asyncio.run(run()), output)


def export_person(
    caller: Caller, name: str, path: Path | None, wanted: Exporting, output: OutputFormat
) -> None:
    """Save somebody's archive, or (a dry run) tell how much it would be."""

    async def run() -> tuple[ExportManifest, Path] | ExportPlanResponse:
        async with rest_client(caller.profile, caller.server) as rest:
            admin = AdminClient(rest.http)
            person = await find_user(admin, name)
            target = path or Path(f"fynix-{person.username}.zip")
            require_free(target)
            body = {"reason": wanted.reason, "dry_run": wanted.is_dry_run}
            if wanted.is_dry_run:
                return await admin.plan_export(person.id, body)
            call = Call(
                "POST",
                f"/api/admin/users/{person.id}/export",
                body=body,
                is_repeatable=False,
                patience_seconds=LONG_WORK_SECONDS,
                is_streamed=True,
            )
            return await download_archive(rest.http, call, target), target

    done = asyncio.run(run())
    if isinstance(done, ExportPlanResponse):
        talk(f"Would export {done.username}.")
        print_object(done.model_dump(mode="json"), output)
    else:
        _tell(*done, output)


def _tell(manifest: ExportManifest, path: Path, output: OutputFormat) -> None:
    talk(f"Saved {path}: everything of {manifest.username}.")
    if output is OutputFormat.table:
        print_object({name: told.rows for name, told in manifest.files.items()}, output)
    else:
        print_object({"path": str(path), **manifest.model_dump(mode="json")}, output)
