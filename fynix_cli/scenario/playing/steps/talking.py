"""Steps that ask the server something."""

import asyncio
from typing import Any

from fynix_cli.scenario.model import talking_steps as shapes
from fynix_cli.scenario.model.group_steps import Leave
from fynix_cli.scenario.model.script import Step
from fynix_cli.scenario.model.step_shapes import Asking
from fynix_cli.scenario.playing.answers import check_answer
from fynix_cli.scenario.playing.calls import Answer, Call
from fynix_cli.scenario.playing.device import Device
from fynix_cli.scenario.playing.failures import CannotPlay, NoAnswer
from fynix_cli.scenario.playing.frame_buffer import Frame
from fynix_cli.scenario.playing.naming import conversation_id, message_id
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.scope import Scope
from fynix_cli.scenario.playing.steps.requests import CONVERSATIONS, REQUESTS

CREATED = 201
RETRY_SECONDS = 0.025
RETRY_CAP_SECONDS = 1.0
"""Twice as long each time: five tries bridge a second and a half."""
_NO_ID = ""


async def ask(play: Play, step: Step, args: Asking, scope: Scope) -> None:
    """A step that is one request. Raises: AssertionMissed, CannotPlay."""
    device = play.device(step)
    call = REQUESTS[step.name.verb](play, args)
    _conclude(step, args, await play.ask(device, call, args.within), scope)


async def leave(play: Play, step: Step, args: Leave, scope: Scope) -> None:
    device = play.device(step)
    own_id = play.people[device.owner].user_id
    path = f"{CONVERSATIONS}/{conversation_id(args.in_)}/participants/{own_id}"
    _conclude(step, args, await play.ask(device, Call("DELETE", path), args.within), scope)


async def read(play: Play, step: Step, args: shapes.Read, scope: Scope) -> None:
    device, of = play.device(step), conversation_id(args.in_)
    if args.upto is not None:
        upto = message_id(args.upto)
    else:
        upto = await _newest(play, device, of, args.within)
    play.ledger.begins("message_read", play.people[device.owner].user_id, upto)
    if args.via == "live":
        frame = {"type": "mark_read", "conversation_id": of, "message_id": upto}
        await play.send_frame(device, frame)
        return
    call = Call("PATCH", f"{CONVERSATIONS}/{of}/read", {"message_id": upto})
    _conclude(step, args, await play.ask(device, call, args.within), scope)


async def type_(play: Play, step: Step, args: shapes.Typing, scope: Scope) -> None:
    device, of = play.device(step), conversation_id(args.in_)
    own_id = play.people[device.owner].user_id
    play.ledger.begins("typing", own_id, of, str(args.is_))
    frame = {"type": "typing", "conversation_id": of, "is_typing": args.is_}
    await play.send_frame(device, frame)


async def send(play: Play, step: Step, args: shapes.Send, scope: Scope) -> None:
    """Send a message, again and again under the same id while no answer comes, as far as wanted.

    An answer that was lost on purpose is no failure: there is then nothing to look at.
    """
    device = play.device(step)
    body = {"content": args.text, "content_type": args.content_type}
    own_key = args.id if args.id is not None else play.client_message_id(step)
    if own_key != _NO_ID:
        body["client_message_id"] = own_key
    play.ledger.begins("new_message", own_key)
    tries = 1 + (args.retry.max if args.retry is not None else 0)
    for attempt in range(1, tries + 1):
        try:
            answer = await _send_once(play, device, args, body)
        except NoAnswer as error:
            if attempt < tries:
                await asyncio.sleep(min(RETRY_SECONDS * 2**attempt, RETRY_CAP_SECONDS))
                continue
            if error.is_on_purpose:
                return
            raise
        _conclude(step, args, answer, scope)
        return


async def _send_once(play: Play, device: Device, args: shapes.Send, body: dict[str, Any]) -> Answer:
    of = conversation_id(args.in_)
    if args.via == "live":
        frame = {"type": "send_message", "conversation_id": of, **body}
        return await _send_live(play, device, frame, args.within)
    call = Call("POST", f"{CONVERSATIONS}/{of}/messages", body)
    return await play.ask(device, call, args.within, lost_share=args.lose_response)


async def _send_live(play: Play, device: Device, frame: Frame, within: float) -> Answer:
    """Over the line; its `ack` or `error` as an answer. Raises: NoAnswer, CannotPlay."""
    ref = play.next_ref()
    began = play.journal.seconds
    await play.send_frame(device, {**frame, "ref": ref})

    def answers(it: Frame) -> bool:
        return it.get("ref") == ref or it.get("type") == "closed"

    found = await device.buffer.take(answers, 1, within)
    answer = found[0].frame if found else {}
    seconds = play.journal.seconds - began
    if answer.get("type") == "ack":
        play.ledger.note_own_message(play.people[device.owner].user_id, answer["message"])
        return Answer(CREATED, {}, answer["message"], seconds)
    if answer.get("type") == "error":
        return Answer(answer["status_code"], {}, {**answer, "code": answer["error"]}, seconds)
    raise NoAnswer("send_message: the line closed" if found else f"no ack within {within:g} s")


async def log_in(play: Play, step: Step, args: shapes.Login, scope: Scope) -> None:
    device = play.device(step)
    person = play.people[device.owner]
    password = args.password if args.password is not None else person.password
    body = {"username": person.username, "password": password}
    await _take_tokens(play, step, args, scope, Call("POST", "/api/auth/login", body))


async def refresh(play: Play, step: Step, args: shapes.Refresh, scope: Scope) -> None:
    body = {"refresh_token": play.device(step).login.refresh_token}
    await _take_tokens(play, step, args, scope, Call("POST", "/api/auth/refresh", body))


async def log_out(play: Play, step: Step, args: shapes.Logout, scope: Scope) -> None:
    call = Call("POST", "/api/auth/logout")
    _conclude(step, args, await play.ask(play.device(step), call, args.within), scope)


async def _take_tokens(play: Play, step: Step, args: Asking, scope: Scope, call: Call) -> None:
    device = play.device(step)
    answer = await play.ask(device, call, args.within)
    if answer.is_success:
        device.take_tokens(answer.body)
        play.scope.set(device.owner, play.people[device.owner].as_variables())
    _conclude(step, args, answer, scope)


async def _newest(play: Play, device: Device, of: str, within: float) -> str:
    answer = await play.ask(device, Call("GET", f"{CONVERSATIONS}/{of}"), within)
    check_answer(answer, None, "reading the conversation")
    if not answer.body.get("last_message"):
        raise CannotPlay("there is no message to read")
    return str(answer.body["last_message"]["id"])


def _conclude(step: Step, args: Asking, answer: Answer, scope: Scope) -> None:
    check_answer(answer, args.expect, step.written)
    if args.save is not None:
        scope.set(args.save, answer.body)
