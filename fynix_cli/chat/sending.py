"""Sending: one message, stdin as one, or a file with one on each line."""

import asyncio
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from fynix_cli.chat.targets import conversation_to_write_to
from fynix_cli.client.failures import ApiError
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import OutputFormat, emit, print_json_line, progress, talk, to_json
from fynix_server.protocol.messages import MessageResponse

TOO_MANY_REQUESTS = 429


@dataclass(frozen=True)
class Outgoing:
    """What to send to whom. `waits`: past the rate limit wait, instead of failing."""

    target: str
    contents: list[str]
    waits: bool
    output: OutputFormat


def read_contents(text: str | None, file: Path | None) -> list[str]:
    """The messages that the command line asks for. Raises: CommandError."""
    if file is not None:
        contents = [line for line in _read_lines(file) if line.strip()]
        if not contents:
            raise CommandError(f"{file} has no line to send")
        return contents
    if text == "-":
        # The line break that `echo` and editors put at the end is not part of what was said.
        content = _decoded(sys.stdin.buffer.read(), "stdin").removesuffix("\n")
        return [content.removesuffix("\r")]
    return [_checked(text or "")]


async def send_all(rest: RestClient, outgoing: Outgoing) -> None:
    """Send each in turn, so that they stand in the order they were given in."""
    async with rest:
        conversation = await conversation_to_write_to(rest, outgoing.target)
        sent: list[MessageResponse] = []
        total = len(outgoing.contents)
        with progress("Sending", total, is_wanted=total > 1) as advance:
            for content in outgoing.contents:
                try:
                    message = await _send_patiently(rest, conversation.id, content, outgoing.waits)
                except CommandError as error:
                    raise _at_message(error, len(sent), total) from error
                except asyncio.CancelledError:
                    if total > 1:
                        talk(f"Interrupted: sent {len(sent)} of {total}, and maybe the one after.")
                    raise
                sent.append(message)
                advance(1)
                if outgoing.output is OutputFormat.jsonl:
                    print_json_line(message.model_dump(mode="json"))
    _report(outgoing, sent)


async def _send_patiently(
    rest: RestClient, conversation_id: UUID, content: str, waits: bool
) -> MessageResponse:
    # One key for all tries: if the first was stored after all, the next returns that message.
    key = str(uuid.uuid4())
    while True:
        try:
            return await rest.send_message(conversation_id, content, key)
        except ApiError as error:
            if error.status != TOO_MANY_REQUESTS or not waits:
                raise
            seconds = error.retry_after or 1.0
            talk(f"Rate limit reached: going on in {seconds:.0f} s (--no-wait: fail instead).")
            await asyncio.sleep(seconds)


def _at_message(error: CommandError, sent: int, total: int) -> CommandError:
    if total == 1:
        return error
    return CommandError(
        f"sent {sent} of {total}, then: {error.message}",
        hint=error.hint,
        exit_code=error.exit_code,
    )


def _report(outgoing: Outgoing, sent: list[MessageResponse]) -> None:
    if outgoing.output is OutputFormat.json:
        dumped = [message.model_dump(mode="json") for message in sent]
        emit(to_json(dumped if len(outgoing.contents) > 1 else dumped[0], indent=2))
    elif outgoing.output is OutputFormat.table:
        what = "1 message" if len(sent) == 1 else f"{len(sent)} messages"
        talk(f"Sent {what} to {outgoing.target}.")


def _read_lines(file: Path) -> list[str]:
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise CommandError(
            f"cannot read {file}: {error.strerror}", exit_code=ExitCode.USAGE
        ) from error
    # Not splitlines(): that also breaks at U+2028 and others, which may stand in a message.
    text = _decoded(data, str(file)).removeprefix("\ufeff")
    return [line.removesuffix("\r") for line in text.split("\n")]


def _decoded(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(
            f"{source} is not UTF-8 at byte {error.start}", exit_code=ExitCode.USAGE
        ) from None


def _checked(text: str) -> str:
    # Bytes of the command line that are not UTF-8 come as lone surrogates, which JSON cannot say.
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise CommandError("the text is not valid UTF-8", exit_code=ExitCode.USAGE) from None
    return text
