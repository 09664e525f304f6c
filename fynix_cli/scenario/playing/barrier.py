"""Certainty without waiting: letting everything through that a server had to deliver.

Numbered events are certain by their numbers: the server says how far each conversation has come,
and a device that has seen that number has nothing more to get. Events without a number (typing,
read) are certain by an echo: two people of the run's own type to each other on every instance.
What they say takes the same way as, and after, all that happened before; once it has come out
everywhere, so has the rest.
"""

import asyncio
import itertools
import json
import secrets
from collections.abc import Iterator
from typing import Any

from fynix_cli.scenario.playing.calls import Answer, Call, ask
from fynix_cli.scenario.playing.device import Device, Login
from fynix_cli.scenario.playing.failures import CannotPlay
from fynix_cli.scenario.playing.play import Play

PAGE_SIZE = 100
NUMBERED = frozenset(
    {
        "new_message",
        "message_updated",
        "message_deleted",
        "conversation_created",
        "conversation_updated",
        "participant_added",
        "participant_updated",
        "participant_removed",
    }
)


async def standing(play: Play, device: Device, within: float) -> dict[str, dict[str, Any]]:
    """The conversations of a device's person as the server has them now, by id.

    Raises: CannotPlay.
    """
    found: dict[str, dict[str, Any]] = {}
    for page in itertools.count(1):
        call = Call("GET", f"/api/conversations?page={page}&page_size={PAGE_SIZE}")
        http = play.https[play.instance_of(device)]
        answer = await ask(http, call, device.login.access_token, within)
        if not answer.is_success:
            raise CannotPlay(f"the conversations of {device.owner} cannot be read: {_why(answer)}")
        for conversation in answer.body["conversations"]:
            found[conversation["id"]] = conversation
        if not answer.body["has_next"]:
            return found
    raise AssertionError("the loop ends by returning")


async def numbered_have_arrived(play: Play, device: Device, within: float) -> list[str]:
    """Wait until every numbered event up to now has reached the device. What is still missing
    when the time is up, in words; empty: nothing. Of a line that is gone nothing is awaited."""
    if not device.is_connected:
        return []
    conversations = await standing(play, device, within)
    wanted = {it: _goal(device, conversation) for it, conversation in conversations.items()}

    def missing() -> Iterator[str]:
        for conversation_id, goal in wanted.items():
            reached = _reached(device, conversation_id)
            if reached < goal:
                yield f"conversation {conversation_id}: {reached} of {goal}"

    def are_there() -> bool:
        return not device.is_connected or next(missing(), None) is None

    await device.buffer.until(are_there, within)
    return list(missing()) if device.is_connected else []


def _goal(device: Device, conversation: dict[str, Any]) -> int:
    if not device.is_plain:
        return int(conversation["last_seq"])
    message = conversation["last_message"]
    return int(message["seq"]) if message is not None else 0


def _reached(device: Device, conversation_id: str) -> int:
    if device.record.is_counting:
        return device.record.spans[-1].reached(conversation_id)
    reached = device.plain_standing.get(conversation_id, 0)
    for arrival in device.buffer.arrivals:
        frame = arrival.frame
        if frame.get("type") == "new_message" and frame["conversation_id"] == conversation_id:
            reached = max(reached, frame["seq"])
    return reached


async def all_have_arrived(play: Play, device: Device, within: float) -> list[str]:
    """The same of every event, with a number or without."""
    # What people have sent over their lines is done when their pings are answered.
    lines = [it for person in play.people.values() for it in person.devices.values()]
    connected = [it for it in lines if it.is_connected]
    flushed = await asyncio.gather(*(it.flush(within) for it in connected))
    missing = await numbered_have_arrived(play, device, within)
    missing += [
        f"{it.owner}.{it.name} got no answer to a ping"
        for it, is_flushed in zip(connected, flushed, strict=True)
        if not is_flushed and it.is_connected
    ]
    if play.echo is None:
        play.echo = await TypingEcho.open(play, within)
    await play.echo.goes_round(within)
    if not await device.flush(within) and device.is_connected:
        missing.append(f"{device.owner}.{device.name} got no answer to a ping")
    return missing


class TypingEcho:
    """Two people of the run's own, each with a line to every instance."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._speakers: list[Device] = []
        self._listeners: list[Device] = []
        self._conversation_id = ""

    @classmethod
    async def open(cls, play: Play, within: float) -> "TypingEcho":
        """Raises: CannotPlay."""
        echo = cls(play)
        speaker, _ = await echo._account(within)
        listener, listener_id = await echo._account(within)
        call = Call("POST", f"/api/conversations/dm/{listener_id}")
        made = await ask(play.https[0], call, speaker.access_token, within)
        if not made.is_success:
            raise CannotPlay(f"an echo cannot be made: {_why(made)}")
        echo._conversation_id = made.body["id"]
        for url in play.world.urls:
            for login, lines in ((speaker, echo._speakers), (listener, echo._listeners)):
                line = Device("echo", str(len(lines)), url, login, lambda device, arrival: None)
                await line.connect(within, is_plain=True)
                await line.flush(within)  # known to the instance, not just shaken hands with
                lines.append(line)
        return echo

    async def goes_round(self, within: float) -> None:
        """Return once what each instance is told has come out at every other.

        Raises: CannotPlay (it has not within the time).
        """
        for speaker in self._speakers:
            for is_typing in (True, False):
                frame = {
                    "type": "typing",
                    "conversation_id": self._conversation_id,
                    "is_typing": is_typing,
                }
                await speaker.send(json.dumps(frame))
            for listener in self._listeners:
                await self._heard(listener, within)

    async def close(self) -> None:
        for line in (*self._speakers, *self._listeners):
            await line.disconnect()

    async def _heard(self, listener: Device, within: float) -> None:
        found = await listener.buffer.take(lambda it: it.get("type") == "typing", 2, within)
        if len(found) < 2:
            raise CannotPlay(
                f"an echo did not come back within {within:g} s, so nothing is certain",
                hint="is an instance cut off from Redis?",
            )

    async def _account(self, within: float) -> tuple[Login, str]:
        body = {"username": f"echo_{secrets.token_hex(6)}", "password": secrets.token_urlsafe(24)}
        made = await ask(
            self._play.https[0], Call("POST", "/api/auth/register", body), None, within
        )
        if not made.is_success:
            raise CannotPlay(f"an echo cannot be made: {_why(made)}")
        return Login(made.body["access_token"], None, None), made.body["user"]["id"]


def _why(answer: Answer) -> str:
    detail = answer.body.get("detail") if isinstance(answer.body, dict) else None
    return f"{answer.status} {detail or ''}".strip()
