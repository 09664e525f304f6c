"""`fynix tail` and `wait`: what happens, as it happens."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fynix_cli.event_types import EventType
from fynix_cli.options import ProfileOption, ServerOption
from fynix_cli.output import TailFormat

if TYPE_CHECKING:
    from fynix_cli.chat.sinks import Showing
    from fynix_cli.chat.tailing import TailRequest, TailStart
    from fynix_cli.profiles import Profile

# The work is imported within each function: `--help` then needs no HTTP client.

ConversationOption = Annotated[
    str | None,
    typer.Option(
        "--conversation",
        "-c",
        metavar="TARGET",
        show_default=False,
        help="Only this one: a username, a user id or a conversation id.",
    ),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="EXPR",
        show_default=False,
        help="Only frames of which this is true; repeated: all of it.",
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="WHEN",
        show_default=False,
        help="Begin in the past: 10m, 2h, 3d, 14:30, 2026-11-24, an RFC 3339 time, or all.",
    ),
]
CursorFileOption = Annotated[
    Path | None,
    typer.Option(
        "--cursor-file",
        metavar="FILE",
        show_default=False,
        help="Go on where the last one with this file stopped, and keep it up to date.",
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="TEMPLATE",
        show_default=False,
        help="Print this line, with fields in braces: '{message.content}'.",
    ),
]


def tail(
    conversation: ConversationOption = None,
    types: Annotated[
        list[EventType] | None,
        typer.Option(
            "--type",
            "-t",
            metavar="TYPE",
            show_default=False,
            help="Only frames of this type; may be repeated.",
        ),
    ] = None,
    where: WhereOption = None,
    since: SinceOption = None,
    cursor_file: CursorFileOption = None,
    count: Annotated[
        int | None,
        typer.Option("--count", "-n", min=1, show_default=False, help="End after so many frames."),
    ] = None,
    until: Annotated[
        list[str] | None,
        typer.Option(
            "--until",
            metavar="EXPR",
            show_default=False,
            help="End after the first frame of which this is true; repeated: all of it.",
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            min=0.1,
            show_default=False,
            help="End after so long; with 9 if --count or --until was not reached, else with 0.",
        ),
    ] = None,
    template: FormatOption = None,
    command: Annotated[
        str | None,
        typer.Option(
            "--exec",
            metavar="COMMAND",
            show_default=False,
            help="Print nothing; run this in the shell for each frame, whose JSON is its stdin.",
        ),
    ] = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: Annotated[
        TailFormat, typer.Option("--output", "-o", help="jsonl: the frames, one a line.")
    ] = TailFormat.text,
) -> None:
    """Print what happens from now on, as it happens, until Ctrl-C.

    When the line drops it connects anew and shows what was missed, each thing once and in order.
    It goes on as the same person even if somebody else logs in on this machine meanwhile.

    With --cursor-file FILE that also holds from one tail to the next: nothing between them is
    missed, and after an orderly end (Ctrl-C, SIGTERM, --count, …) nothing is printed twice. A
    line is printed first and noted in FILE afterwards, so after a kill -9 or a power cut the
    lines of the last moment may come twice. What --conversation, --type and --where leave out
    counts as seen. A FILE that is not there yet is made, and the tail begins now, or at --since;
    once it is there, it alone says where to begin. It is of one person at one server, and of one
    tail at a time (FILE.lock beside it sees to that).

    --since shows what happened since then in all your conversations, in order within each, and
    goes on live. Times without an offset are local. Edits, deletions and joinings say no time;
    those right before the first message shown are shown too. Of typing and message_read nothing
    is kept: these are live only. --:--:-- stands where it is not known when something happened.

    \b
    EXPR is about a field of the frame as -o jsonl shows it, dots between names:
      message.content=hello      is equal; != is not
      message.content~^deploy    the regular expression finds it; !~ does not
      seq>100                    a number; also >=, < and <=
      message.edited_at          is there, and not null, false, 0 or empty
      !message.edited_at         is not
    Spaces around the operator do not count, (?i) ignores capitals, null is for
    what is null. A field that no such frame has is refused. TEMPLATE names
    fields alike; {{ is a brace.

    \b
    Types: new_message, message_updated, message_deleted, message_read, typing,
    conversation_created, conversation_updated, participant_added, participant_updated,
    participant_removed, server_notice.

    --exec runs COMMAND for one frame after the other, as the same person (FYNIX_PROFILE,
    FYNIX_SERVER). Beside the JSON on stdin it finds FYNIX_EVENT_TYPE, FYNIX_EVENT_SEQ,
    FYNIX_EVENT_CONVERSATION_ID, FYNIX_EVENT_MESSAGE_ID, FYNIX_EVENT_SENDER (a username) and
    FYNIX_EVENT_CONTENT in its environment, empty where the frame has none. Others wrote what is
    in them: put them in double quotes, and never build a command of them. A COMMAND that fails
    ends the tail, and its frame does not count as seen; --timeout lets a running one finish.

    \b
    Examples:
      fynix tail
      fynix tail --conversation bob --type new_message
      fynix tail --since 2h
      fynix tail -o jsonl --since all | jq -r .message.content
      fynix tail -o jsonl --type new_message --cursor-file bot.cursors
      fynix tail -t new_message --where 'message.content~(?i)urgent' --until message.content=stop
      fynix tail -t new_message --format '{message.sender_username}: {message.content}' -n 10
      fynix tail -t new_message --where 'message.sender_username!=bot' --as bot \\
        --cursor-file bot.cursors --exec 'fynix send "$FYNIX_EVENT_CONVERSATION_ID" "thank you"'

    Exits 0 at --count or --until, 1 if FILE cannot be used or COMMAND failed, 2 if WHEN is no
    time or EXPR or TEMPLATE cannot be read, 4 if the login has ended, 7 if there is no server at
    the start, 9 if --timeout came before --count or --until, 130 at Ctrl-C or SIGTERM.
    """
    if sum((output is TailFormat.jsonl, template is not None, command is not None)) > 1:
        raise typer.BadParameter("give only one of these", param_hint="-o, --format, --exec")

    from fynix_cli.chat.sinks import showing
    from fynix_cli.chat.tailing import TailEnd, TailFilter, TailRequest
    from fynix_cli.matching.conditions import parse_conditions

    names = frozenset(types or [])
    wanted = TailFilter(conversation, names, parse_conditions(where or [], names))
    end = TailEnd(parse_conditions(until or [], names), count, timeout)
    request = TailRequest(wanted, _start(since, cursor_file), end)
    how = showing(names, output, template, command)
    _follow("fynix tail", _person(profile, server), request, how)


def wait(
    event: Annotated[EventType, typer.Argument(metavar="EVENT", help="A type of frame.")],
    conversation: ConversationOption = None,
    where: WhereOption = None,
    since: SinceOption = None,
    cursor_file: CursorFileOption = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            min=0.1,
            show_default=False,
            help="Exit with 9 if it did not come in so long. Default: wait for ever.",
        ),
    ] = None,
    template: FormatOption = None,
    profile: ProfileOption = None,
    server: ServerOption = None,
) -> None:
    """Wait for the first frame of a type, print it as a line of JSON, and exit. For scripts.

    EVENT is a type of frame; EXPR and TEMPLATE are as `fynix tail --help` tells.

    What happens before it has said "connected" on stderr is missed, unless you say where to
    begin: --since 10s looks back so long, and finds what came while it started. (Of typing and
    message_read nothing is kept; for these wait until it is connected.) With --cursor-file FILE
    it goes on right after what the last wait with FILE found, so that of several waits each
    gives the next one, and none is missed between them. The first one begins now, or at --since.

    \b
    Examples:
      fynix wait new_message --timeout 60 --where message.sender_username=bob
      fynix wait new_message -c bob --format '{message.content}' --cursor-file bob.cursors
      began=$(date -u +%FT%TZ); fynix send bot "status?"
      fynix wait new_message -c bot --since "$began" --where message.sender_username=bot

    Exits 0 once it came, 1 if FILE cannot be used, 2 if WHEN is no time or EXPR or TEMPLATE
    cannot be read, 4 if the login has ended, 7 if there is no server at the start, 9 if it did
    not come in time, 130 at Ctrl-C or SIGTERM.
    """
    from fynix_cli.chat.sinks import showing
    from fynix_cli.chat.tailing import TailEnd, TailFilter, TailRequest
    from fynix_cli.matching.conditions import parse_conditions

    names = frozenset({event})
    wanted = TailFilter(conversation, names, parse_conditions(where or [], names))
    end = TailEnd(count=1, seconds=timeout)
    request = TailRequest(wanted, _start(since, cursor_file), end)
    how = showing(names, TailFormat.jsonl, template)
    _follow("fynix wait", _person(profile, server), request, how)


def _start(since: str | None, cursor_file: Path | None) -> "TailStart":
    from datetime import UTC, datetime

    from fynix_cli.chat.moments import parse_since
    from fynix_cli.chat.tailing import TailStart

    moment = None if since is None else parse_since(since, datetime.now(UTC))
    return TailStart(cursor_file, is_since=since is not None, moment=moment)


def _person(profile: str | None, server: str | None) -> "Profile":
    from fynix_cli.profiles import Profiles
    from fynix_cli.session import matching_profile

    return matching_profile(Profiles(), profile, server)


def _follow(name: str, person: "Profile", request: "TailRequest", how: "Showing") -> None:
    import asyncio

    from fynix_cli.chat.reader import unless_reader_leaves
    from fynix_cli.chat.sinks import Eyes, chosen_sink
    from fynix_cli.chat.tailing import Tail
    from fynix_cli.client.cursor_file import Owner
    from fynix_cli.output import talk
    from fynix_cli.session import rest_client
    from fynix_cli.termination import end_like_ctrl_c

    rest = rest_client(person.name, person.server)
    sink = chosen_sink(how, rest, person)

    def tell(state: str) -> None:
        talk(f"{name}: {state}")
        if isinstance(sink, Eyes):
            # Until the line is there, and after it dropped, comes what was missed.
            sink.narrator.is_live = state == "connected"

    tail = Tail(rest, Owner(person.server, person.user_id), sink, tell)
    end_like_ctrl_c()
    # A command's output is its own: that nobody reads it may be all the same to it.
    following = tail.run(request)
    asyncio.run(following if how.command is not None else unless_reader_leaves(following))
