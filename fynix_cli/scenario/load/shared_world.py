"""One world for all virtual users: each plays as if it were alone with it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.servers.world import ServerSpec, World


class SharedWorld:
    """What is done to the server would be done to everybody, so it is refused. Not private: the
    people of many playings live here, so their usernames must differ."""

    is_private = False

    def __init__(self, world: World) -> None:
        self._world = world
        self.urls: Sequence[str] = world.urls

    async def advance(self, seconds: float) -> None:
        raise only_alone("clock.advance")

    async def set_redis(self, *, is_up: bool) -> None:
        raise only_alone("fault redis_down")

    async def kill_node(self, number: int) -> None:
        raise only_alone("fault restart_node")

    async def start_node(self, number: int) -> None:
        raise only_alone("fault restart_node")

    async def is_alive(self) -> bool:
        return await self._world.is_alive()

    def environment(self) -> dict[str, str]:
        return self._world.environment()

    def last_log_lines(self) -> list[str]:
        return self._world.last_log_lines()


class SharedMaker:
    """Gives every playing the same world."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self._world = SharedWorld(world)

    @asynccontextmanager
    async def world(self, spec: ServerSpec) -> AsyncIterator[World]:
        yield self._world


def only_alone(what: str) -> CommandError:
    return CommandError(
        f"{what} would hit all virtual users at once, so a load may not have it",
        hint="leave it out, or play the scenario with: fynix scenario run",
        exit_code=ExitCode.USAGE,
    )
