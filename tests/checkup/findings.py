"""What checks say, by the names of their lines."""

from fynix_cli.checkup.check import Check, Found
from fynix_cli.checkup.surroundings import Surroundings
from fynix_server.settings import Settings


async def findings(check: Check, settings: Settings) -> dict[str, Found]:
    """What `check` finds with usable settings."""
    return await findings_around(check, Surroundings(settings))


async def findings_around(check: Check, around: Surroundings) -> dict[str, Found]:
    found = [it async for it in check(around)]
    assert all(it.mend or it.state == "ok" for it in found)
    return {it.name: it for it in found}
