"""What must hold at the end of every scenario, whatever it was about."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from fynix_cli.scenario.matchers import shown
from fynix_cli.scenario.model.document import INVARIANTS
from fynix_cli.scenario.playing.answers import check_answer
from fynix_cli.scenario.playing.barrier import numbered_have_arrived, standing
from fynix_cli.scenario.playing.calls import Call, ask
from fynix_cli.scenario.playing.delivery_record import Delivered
from fynix_cli.scenario.playing.device import Device
from fynix_cli.scenario.playing.person import Person
from fynix_cli.scenario.playing.play import Play

SETTLE_SECONDS = 10.0
UNAUTHORIZED = 401
SHUT_OUT = "suspended"
"""What is answered to whoever a moderator has shut out, for a time or for good."""


async def broken_invariants(play: Play) -> dict[str, list[str]]:
    """By name, what is wrong, in words; none that hold or that the scenario leaves out."""
    wanted = play.script.document.invariants
    names = [name for name in INVARIANTS if wanted.get(name, True)]
    missing = await _let_everything_arrive(play) if "no_gaps" in names else []
    found = {}
    for name in names:
        wrong = await _CHECKS[name](play)
        if name == "no_gaps":
            wrong = [*missing, *wrong]
        if wrong:
            found[name] = wrong
    return found


async def _let_everything_arrive(play: Play) -> list[str]:
    missing = []
    for device in _devices(play):
        if device.record.is_counting and device.is_connected and await _is_let_in(play, device):
            late = await numbered_have_arrived(play, device, SETTLE_SECONDS)
            missing += [f"{device.owner}.{device.name} did not get all of {it}" for it in late]
    return missing


async def _is_let_in(play: Play, device: Device) -> bool:
    """Whether the device's login still holds: a scenario may have ended it.

    Raises: AssertionMissed (neither is what the server says).
    """
    http = play.https[play.instance_of(device)]
    answer = await ask(
        http, Call("GET", "/api/users/me"), device.login.access_token, SETTLE_SECONDS
    )
    if answer.status == UNAUTHORIZED or answer.code == SHUT_OUT:
        return False
    check_answer(answer, None, f"what {device.owner}'s login is worth")
    return True


async def _duplicates(play: Play) -> list[str]:
    return [
        f"{device.owner}.{device.name} got number {seq} of conversation {conversation_id} twice"
        for device in _devices(play)
        for conversation_id, numbers in _numbers_as_they_came(device)
        for seq in _twice(numbers)
    ]


def _numbers_as_they_came(device: Device) -> Iterator[tuple[str, list[int]]]:
    """By conversation; within each list none may stand twice."""
    for span in device.record.spans:
        for conversation_id, events in span.events.items():
            yield conversation_id, [it.seq for it in events]
    if not device.record.is_counting:
        # A plain line resumes nothing, and so repeats nothing.
        plain: dict[str, list[int]] = {}
        for arrival in device.buffer.arrivals:
            if arrival.frame.get("type") == "new_message":
                frame = arrival.frame
                plain.setdefault(str(frame["conversation_id"]), []).append(frame["seq"])
        yield from plain.items()


async def _gaps(play: Play) -> list[str]:
    wrong = []
    for device in _devices(play):
        for span in device.record.spans:
            for conversation_id, events in span.events.items():
                came = {it.seq for it in events}
                numbers = sorted(came | span.carried.get(conversation_id, set()))
                # Of a conversation that was joined later, the first that came is the first.
                first = span.begins.get(conversation_id, numbers[0] - 1) + 1
                holes = sorted(set(range(first, numbers[-1])) - set(numbers))
                me = play.people[device.owner].user_id
                is_new = span.names_all and conversation_id not in span.begins
                if is_new and not _begins(min(events, key=lambda it: it.seq), me):
                    holes.insert(0, min(numbers) - 1)
                holes = _without_absences(holes, [it.seq for it in events if it.joins == me])
                if holes:
                    wrong.append(
                        f"{device.owner}.{device.name} never got {_numbers(holes)} "
                        f"of conversation {conversation_id}"
                    )
    return wrong


def _begins(event: Delivered, user_id: str) -> bool:
    """Whether it is the first event of its conversation that somebody can get."""
    return event.identity == "conversation_created" or event.joins == user_id


def _without_absences(holes: list[int], joinings: list[int]) -> list[int]:
    """Without what ends right before somebody was taken in: they were not there for it."""
    left = set(holes)
    for seq in joinings:
        absent = seq - 1
        while absent in left:
            left.remove(absent)
            absent -= 1
    return sorted(left)


async def _order(play: Play) -> list[str]:
    wrong = []
    edited = {it.identity for _, _, it in _all_delivered(play) if it.edits}
    known: dict[tuple[str, int], tuple[str, Delivered]] = {}
    for device in _devices(play):
        for conversation_id, numbers in _numbers_as_they_came(device):
            if numbers != sorted(numbers):
                whose = f"{device.owner}.{device.name}"
                wrong.append(f"{whose} got conversation {conversation_id} as {numbers}")
    for whose, conversation_id, event in _all_delivered(play):
        other, first = known.setdefault((conversation_id, event.seq), (whose, event))
        difference = _difference(event, first, is_edited=event.identity in edited)
        if difference is not None:
            ours, theirs = difference
            wrong.append(
                f"number {event.seq} of conversation {conversation_id} is "
                f"{ours} to {whose} and {theirs} to {other}"
            )
    return wrong


def _all_delivered(play: Play) -> Iterator[tuple[str, str, Delivered]]:
    """Whose device it was, the conversation, and the event."""
    for device in _devices(play):
        for span in device.record.spans:
            for conversation_id, events in span.events.items():
                for event in events:
                    yield f"{device.owner}.{device.name}", conversation_id, event


def _difference(event: Delivered, first: Delivered, *, is_edited: bool) -> tuple[str, str] | None:
    """What two devices were told under one number, where it is not the same. An edited message
    may have been told as it was, or, to whoever missed it, as it is."""
    if event.identity != first.identity:
        return event.identity, first.identity
    if is_edited or event.says is None or first.says is None or event.says == first.says:
        return None
    return shown(event.says), shown(first.says)


async def _unread(play: Play) -> list[str]:
    wrong = []
    for person in play.people.values():
        device = person.first_device
        if not await _is_let_in(play, device):
            continue
        for conversation_id, told in (await standing(play, device, SETTLE_SECONDS)).items():
            key = person.user_id, conversation_id
            if conversation_id not in play.ledger.begun or key in play.ledger.unknown_markers:
                continue
            counted = await _count_unread(play, person, conversation_id)
            if counted != told["unread_count"]:
                wrong.append(
                    f"{person.name} has {counted} unread messages in conversation "
                    f"{conversation_id}, and the server says {told['unread_count']}"
                )
    return wrong


async def _count_unread(play: Play, person: Person, conversation_id: str) -> int:
    """Messages of others after what they have read, counted one by one."""
    device = person.first_device
    after, count, has_next = play.ledger.markers.get((person.user_id, conversation_id), 0), 0, True
    http = play.https[play.instance_of(device)]
    while has_next:
        path = f"/api/conversations/{conversation_id}/messages?after_seq={after}&limit=100"
        answer = await ask(http, Call("GET", path), device.login.access_token, SETTLE_SECONDS)
        check_answer(answer, None, "reading the messages")
        messages: list[dict[str, Any]] = answer.body["messages"]
        count += sum(it["sender_id"] != person.user_id for it in messages)
        after = messages[-1]["seq"] if messages else after
        has_next = bool(answer.body["has_next"]) and bool(messages)
    return count


async def _lost_lines(play: Play) -> list[str]:
    return [
        f"the line of {device.owner}.{device.name} ended with {frame.get('code')} "
        f"{frame.get('reason') or ''}".rstrip()
        for device in _devices(play)
        for frame in device.lost_lines()
    ]


async def _server_errors(play: Play) -> list[str]:
    odd = [
        f"{device.owner}.{device.name} got a frame that lacks what it should have: {shown(frame)}"
        for device in _devices(play)
        for frame in device.misunderstood
    ]
    return odd + [
        f"{error.what} was answered {error.status}"
        + (f" (request {error.request_id})" if error.request_id else "")
        for error in play.ledger.server_errors
    ]


_CHECKS: dict[str, Callable[[Play], Awaitable[list[str]]]] = {
    "no_duplicates": _duplicates,
    "no_gaps": _gaps,
    "same_order_for_all": _order,
    "unread_matches": _unread,
    "no_lost_lines": _lost_lines,
    "no_server_errors": _server_errors,
}


def _devices(play: Play) -> Iterator[Device]:
    for person in play.people.values():
        yield from person.devices.values()


def _twice(numbers: list[int]) -> list[int]:
    seen: set[int] = set()
    return sorted({it for it in numbers if it in seen or seen.add(it)})  # type: ignore[func-returns-value]


def _numbers(numbers: list[int]) -> str:
    shown = ", ".join(str(it) for it in numbers[:10])
    return f"number {shown}" + (f" and {len(numbers) - 10} more" if len(numbers) > 10 else "")
