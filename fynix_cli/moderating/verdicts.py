"""What the content filter says of a text, so that one sees why."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from fynix_cli.client.filtering import FilterClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.marking import underlined
from fynix_cli.moderating.people import Caller
from fynix_cli.output import OutputFormat, emit, print_object, visible
from fynix_cli.session import rest_client
from fynix_server.protocol.filtering import FilterTestResponse, RuleMatchResponse

_WORDS = {
    "allow": "allowed",
    "mask": "masked",
    "hold": "held for a moderator",
    "reject": "rejected",
}


def show_verdict(caller: Caller, wanted: Mapping[str, Any], output: OutputFormat) -> ExitCode:
    """Tell what would become of the text; the exit code tells it to scripts."""
    text = wanted["text"]

    async def ask() -> FilterTestResponse:
        async with rest_client(caller.profile, caller.server) as rest:
            return await FilterClient(rest.http).test(wanted)

    told = asyncio.run(ask())
    if output is OutputFormat.table:
        for line in lines_of(text, told):
            emit(line)
    else:
        print_object(told.model_dump(mode="json"), output)
    return ExitCode.OK if told.verdict == "allow" else ExitCode.ASSERTIONS_FAILED


def lines_of(text: str, told: FilterTestResponse) -> Sequence[str]:
    """What is shown: the verdict, and each match with a mark under it."""
    lines = [f"It would be {_WORDS[told.verdict]}."]
    if told.stored_text is not None and told.stored_text != text:
        lines.append(f"Stored as: {visible(told.stored_text)}")
    for match in told.matches:
        lines += ["", *_lines_of(text, match)]
    for match in told.shadow_matches:
        lines += ["", *_lines_of(text, match, " (in shadow: changes nothing)")]
    return lines


def _lines_of(text: str, match: RuleMatchResponse, note: str = "") -> Sequence[str]:
    shown, marks = underlined(text, match.start, match.end)
    rule = f"{match.name}: {match.kind} {match.pattern} -> {match.verdict}"
    return [visible(rule) + note, f"  {shown}", f"  {marks}"]


def text_to_test(text: str) -> str:
    """`-`: all of stdin, without the line break at its end. Raises: CommandError."""
    try:
        if text == "-":
            text = sys.stdin.buffer.read().decode().removesuffix("\n")
        text.encode()  # bytes of the command line that are not UTF-8 come as lone surrogates
    except UnicodeError:
        raise CommandError("the text is not valid UTF-8", exit_code=ExitCode.USAGE) from None
    return text


def candidate(option: str, verdict: str) -> Mapping[str, str]:
    """A rule that is written `KIND:PATTERN`. Raises: CommandError."""
    kind, colon, pattern = option.partition(":")
    if not colon:
        raise CommandError(
            f"{option!r} is no rule",
            hint="write it like word:casino or regex:cas[i1]no",
            exit_code=ExitCode.USAGE,
        )
    return {"kind": kind, "pattern": pattern, "verdict": verdict}
