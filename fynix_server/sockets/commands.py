"""What a client may say over its socket, and what is done about it."""

import asyncio
import json
from dataclasses import dataclass, field

from pydantic import ValidationError

from fynix_server.auth import Principal
from fynix_server.connections import Connection
from fynix_server.errors import FynixError, InvalidInput
from fynix_server.messages.reading import mark_read
from fynix_server.messages.service import Sending, send_message
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.protocol.frames import (
    ClientFrame,
    MarkReadCommand,
    Ping,
    Pong,
    ResumeCommand,
    SendMessageCommand,
    TypingCommand,
    client_frame_adapter,
)
from fynix_server.protocol.messages import MessageCreate
from fynix_server.resources import Resources
from fynix_server.sockets.close_codes import close_code_of, error_frame
from fynix_server.sockets.live import Live
from fynix_server.sockets.replay import resume
from fynix_server.sockets.typing import typing_recipients

MAX_BAD_FRAMES_IN_A_ROW = 5
MAX_UNANSWERED_SENDS = 64
_NOT_AN_OBJECT = ("json_invalid", "model_attributes_type", "dict_type")
_PONG = Pong().model_dump_json()


@dataclass(slots=True)
class Conversant:
    """One client and its socket, as its commands need it."""

    resources: Resources
    live: Live
    connection: Connection
    principal: Principal
    bad_frames: int = 0
    answers: set[asyncio.Task[None]] = field(default_factory=set)
    """Sends that wait for their commit, to be answered."""
    unanswered: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(MAX_UNANSWERED_SENDS)
    )


async def obey(client: Conversant, encoded: bytes) -> None:
    """Do what one frame says. A refusal becomes an error frame, or closes the socket."""
    try:
        frame = _parse(encoded)
    except _NotAnObject as error:
        client.connection.send(error_frame(error, None))
        client.connection.close(CloseCode.INVALID_FORMAT)
        return
    except InvalidInput as error:
        client.connection.send(error_frame(error, _ref_in(encoded)))
        client.bad_frames += 1
        if client.bad_frames >= MAX_BAD_FRAMES_IN_A_ROW:
            client.connection.close(CloseCode.INVALID_FORMAT)
        return
    client.bad_frames = 0
    try:
        await _do(client, frame)
    except FynixError as error:
        _refuse(client, error, getattr(frame, "ref", None))


def _refuse(client: Conversant, error: FynixError, ref: str | None) -> None:
    client.connection.send(error_frame(error, ref))
    code = close_code_of(error)
    if code is not None:
        client.connection.close(code)


class _NotAnObject(InvalidInput):
    """Text that is no JSON object: the peer does not speak this protocol at all."""

    code = "not_a_json_object"


def _parse(encoded: bytes) -> ClientFrame:
    try:
        return client_frame_adapter.validate_json(encoded)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["loc"] == () and first["type"] in _NOT_AN_OBJECT:
            raise _NotAnObject("A frame must be one JSON object.") from None
        where = ".".join(str(part) for part in first["loc"]) or "frame"
        raise InvalidInput(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None


def _ref_in(encoded: bytes) -> str | None:
    """The `ref` of a frame that is malformed otherwise, so that its sender learns which."""
    try:
        ref = json.loads(encoded).get("ref")
    except (ValueError, RecursionError, AttributeError):
        return None
    return ref if isinstance(ref, str) and 1 <= len(ref) <= 64 and ref.isprintable() else None


async def _do(client: Conversant, frame: ClientFrame) -> None:
    match frame:
        case Ping():
            client.connection.send(_PONG)
        case SendMessageCommand():
            await _send(client, frame)
        case TypingCommand():
            await _typing(client, frame)
        case MarkReadCommand():
            await mark_read(
                client.resources,
                client.principal,
                frame.conversation_id,
                frame.message_id,
            )
        case ResumeCommand():
            await resume(
                client.resources,
                client.live.delivery,
                client.connection,
                client.principal,
                frame,
            )


async def _send(client: Conversant, command: SendMessageCommand) -> None:
    """Begin the send here, so that a client's messages keep its order; answer when committed."""
    await client.unanswered.acquire()
    try:
        draft = MessageCreate.model_construct(
            content=command.content,
            content_type=command.content_type,
            client_message_id=command.client_message_id,
        )
        sending = await send_message(
            client.resources, client.principal, command.conversation_id, draft
        )
    except BaseException:
        client.unanswered.release()
        raise
    task = asyncio.create_task(_answer(client, sending, command.ref))
    client.answers.add(task)
    task.add_done_callback(client.answers.discard)


async def _answer(client: Conversant, sending: Sending, ref: str | None) -> None:
    try:
        sent = await sending.sent
        quoted = json.dumps(ref)
        client.connection.send(f'{{"type":"ack","ref":{quoted},"message":{sent.message_json}}}')
    except FynixError as error:
        _refuse(client, error, ref)
    finally:
        client.unanswered.release()


async def _typing(client: Conversant, command: TypingCommand) -> None:
    typing, user_id = client.live.typing, client.principal.user_id
    if not command.is_typing:
        # Checked all the same: a wrong id deserves its error, typing or not.
        await typing_recipients(client.resources, client.principal, command.conversation_id)
        typing.stop(user_id, command.conversation_id)
    elif typing.needs_recipients(user_id, command.conversation_id):
        await client.resources.limiter.consume("typing", str(user_id))
        recipients = await typing_recipients(
            client.resources, client.principal, command.conversation_id
        )
        typing.start(user_id, command.conversation_id, recipients)
    else:
        typing.prolong(user_id, command.conversation_id)
