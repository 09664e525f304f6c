"""The people of a scenario: their accounts, logins, devices and lines, before the first step."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from fynix_cli.line_proxy import Proxy
from fynix_cli.scenario.model.document import Actor
from fynix_cli.scenario.model.script import Step
from fynix_cli.scenario.model.values import is_reference
from fynix_cli.scenario.model.watching_steps import RESTART_NODE, Fault
from fynix_cli.scenario.playing.calls import Answer, Call, ask
from fynix_cli.scenario.playing.device import Device, Login, session_of
from fynix_cli.scenario.playing.failures import CannotPlay
from fynix_cli.scenario.playing.frame_buffer import Arrival
from fynix_cli.scenario.playing.greeting import resume
from fynix_cli.scenario.playing.live_line import LineRefused
from fynix_cli.scenario.playing.person import Person
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.steps.faults import needs_proxy
from fynix_cli.scenario.playing.steps.lines import comes_back, open_device
from fynix_cli.session import rest_client

JOIN_SECONDS = 30.0
TOGETHER = 8
"""Accounts made at once: hashing passwords is work."""
FORBIDDEN, NOT_FOUND, UNAUTHORIZED = 403, 404, 401


async def assemble(play: Play) -> None:
    """Everybody is there, and hears what happens from now on.

    Raises: CannotPlay, AssertionMissed.
    """
    actors = play.script.document.actors
    limit = asyncio.Semaphore(TOGETHER)

    async def join(index: int, name: str, actor: Actor) -> Person:
        async with limit:
            return await _join(play, index, name, actor)

    joining = [
        asyncio.create_task(join(index, name, play.scope.filled_in(actor)))
        for index, (name, actor) in enumerate(actors.items())
    ]
    try:
        joined = await asyncio.gather(*joining)
    finally:
        for task in joining:
            task.cancel()
        await asyncio.gather(*joining, return_exceptions=True)
    for person in joined:
        play.people[person.name] = person
        play.scope.set(person.name, person.as_variables())
        _note_joined(play, person)


def _note_joined(play: Play, person: Person) -> None:
    play.journal.note(
        "joined",
        person.username,
        who=person.first_device.who,
        user_id=person.user_id,
        username=person.username,
        instance=play.instance_of(person.first_device),
        sessions={name: it.login.session_id for name, it in person.devices.items()},
    )


async def _join(play: Play, index: int, name: str, actor: Actor) -> Person:
    instance = actor.instance if actor.instance is not None else index % len(play.world.urls)
    if not 0 <= instance < len(play.world.urls):
        raise CannotPlay(f"{name} wants instance {instance}: there are {len(play.world.urls)}")
    account = _Account(play, instance, name, actor)
    person = await account.open()
    for device in person.devices.values():
        device.on_resume = partial(_note_resume, play, device)
        device.may_break = actor.reconnects or _breaks_servers(play.script.steps)
        if _may_break(play.script.steps, name, device.name, actor):
            device.may_break = True
            parts = urlsplit(device.url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            device.proxy = Proxy(port, host=parts.hostname or "127.0.0.1")
            await device.proxy.start()
    if actor.reconnects:
        for device in person.devices.values():
            device.on_lost = partial(comes_back, play, device)
    if actor.connect:
        await asyncio.gather(*(_connect(play, it, actor) for it in person.devices.values()))
    return person


def _note_resume(play: Play, device: Device, cursors: dict[str, int]) -> None:
    play.journal.note("line", "resume", who=device.who, cursors=cursors)


async def _connect(play: Play, device: Device, actor: Actor) -> None:
    is_plain = actor.protocol == "plain"
    try:
        await open_device(play, device, JOIN_SECONDS, is_plain=is_plain)
    except LineRefused as refused:
        raise CannotPlay(f"{device.owner}.{device.name} cannot connect: {refused}") from refused
    if not is_plain:
        await resume(device, {}, JOIN_SECONDS)


class _Account:
    """Opens the account of one actor: made, or logged in to."""

    def __init__(self, play: Play, instance: int, name: str, actor: Actor) -> None:
        self._play = play
        self._url = play.world.urls[instance]
        self._http = play.https[instance]
        self._name = name
        self._actor = actor

    async def open(self) -> Person:
        if self._actor.login is not None:
            return await self._of_profile()
        if self._actor.username is not None:
            body = {"username": self._actor.username, "password": self._actor.password}
            first = await self._tokens("/api/auth/login", body)
        else:
            body = {"username": self._new_username(), "password": secrets.token_urlsafe(18)}
            extra = {"display_name": self._actor.display_name} if self._actor.display_name else {}
            first = await self._tokens("/api/auth/register", body | extra)
        person = Person(
            self._name, first["user"]["username"], first["user"]["id"], body["password"]
        )
        for device in self._actor.devices:
            # The first has the login that there is already; each other gets one of its own.
            tokens = first if not person.devices else await self._tokens("/api/auth/login", body)
            person.devices[device] = self._device(device, tokens)
        return person

    async def _of_profile(self) -> Person:
        """A login of `fynix login`, which its owner goes on using."""
        rest = rest_client(self._actor.login, None)
        async with rest:
            if rest.http.server != self._url:
                raise CannotPlay(
                    f"{self._actor.login} is logged in at {rest.http.server}, not at {self._url}"
                )
            me = await rest.me()
            pair = rest.http.current_tokens()
        person = Person(self._name, me.username, str(me.id), None)
        for device in self._actor.devices:
            login = Login(pair.access_token, None, session_of(pair.access_token))
            person.devices[device] = Device(self._name, device, self._url, login, self._arrived)
        return person

    async def _tokens(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await ask(self._http, Call("POST", path, body), None, JOIN_SECONDS)
        if not answer.is_success:
            raise CannotPlay(f"{self._name} cannot join: {_told(answer)}", hint=_mend(answer))
        tokens: dict[str, Any] = answer.body
        return tokens

    def _device(self, name: str, tokens: dict[str, Any]) -> Device:
        token = str(tokens["access_token"])
        login = Login(token, str(tokens["refresh_token"]), session_of(token))
        return Device(self._name, name, self._url, login, self._arrived)

    def _arrived(self, device: Device, arrival: Arrival) -> None:
        self._play.ledger.note_frame(arrival, is_replayed=device.is_replaying)
        frame = arrival.frame
        kind = str(frame.get("type"))
        self._play.journal.note("arrived", kind, who=device.who, frame=frame)

    def _new_username(self) -> str:
        if self._play.world.is_private:
            return self._name.ljust(3, "_")[:32]
        # On a server that others use too, and that keeps the people of earlier runs.
        return f"{self._name[:20]}_{secrets.token_hex(5)}"


def _may_break(steps: Sequence[Step], name: str, device: str, actor: Actor) -> bool:
    """Whether some step may break the line of a device."""
    for step in _all(steps):
        if needs_proxy(step) and step.name.actor == name:
            whose = step.name.device or actor.devices[0]
            if whose == device:
                return True
    return False


def _breaks_servers(steps: Sequence[Step]) -> bool:
    """Whether some step kills a server, or may: what breaks may show only when it is done."""
    kinds = [it.args.type for it in _all(steps) if isinstance(it.args, Fault)]
    return any(it == RESTART_NODE or is_reference(it) for it in kinds)


def _all(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        for block in step.blocks.values():
            yield from _all(block)


def _told(answer: Answer) -> str:
    detail = answer.body.get("detail") if isinstance(answer.body, dict) else None
    return f"{answer.status} {detail or ''}".strip()


def _mend(answer: Answer) -> str | None:
    if answer.status == FORBIDDEN:
        return "registration is closed there: give the actor a username and a password, or a login"
    if answer.status == UNAUTHORIZED:
        return "check the actor's username and password"
    if answer.status == NOT_FOUND:
        return "is it a Fynix server?"
    return None
