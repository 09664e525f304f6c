"""The `fynix` command: finds the subcommand, and turns every failure into a line and a code."""

import errno
import os
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from fynix_cli.completing import SHELL_ASKS, prepare_to_complete
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.lazy_group import LazyCommand, lazy_group
from fynix_cli.output import emit, talk
from fynix_cli.server_failures import server_failure

COMMANDS = {
    "serve": LazyCommand("fynix_cli.commands.serve:serve", "Run the server."),
    "demo": LazyCommand("fynix_cli.commands.demo:demo", "Watch two people talk through a server."),
    "migrate": LazyCommand("fynix_cli.commands.database:migrate", "Bring the database up to date."),
    "seed": LazyCommand("fynix_cli.commands.seed:seed", "Fill the database with conversations."),
    "doctor": LazyCommand(
        "fynix_cli.commands.doctor:doctor", "Check everything, and mend the data."
    ),
    "bench": LazyCommand("fynix_cli.commands.bench:app", "Measure a server."),
    "user": LazyCommand("fynix_cli.commands.users:app", "Accounts: make, find, moderate."),
    "limits": LazyCommand("fynix_cli.commands.limits:app", "How often somebody may do something."),
    "session": LazyCommand("fynix_cli.commands.sessions:app", "Where somebody is logged in."),
    "connections": LazyCommand("fynix_cli.commands.connections:app", "Who is connected now."),
    "cleanup": LazyCommand("fynix_cli.commands.cleanup:app", "Remove what is not needed any more."),
    "retention": LazyCommand("fynix_cli.commands.retention:app", "For how long messages are kept."),
    "login": LazyCommand("fynix_cli.commands.account:login", "Log in, or register, and stay so."),
    "logout": LazyCommand("fynix_cli.commands.account:logout", "End a login."),
    "whoami": LazyCommand("fynix_cli.commands.account:whoami", "Show who you act as, and where."),
    "send": LazyCommand("fynix_cli.commands.chat:send", "Send a message, or a file of them."),
    "tail": LazyCommand("fynix_cli.commands.tail:tail", "Print what happens, as it happens."),
    "wait": LazyCommand("fynix_cli.commands.tail:wait", "Wait until something happens."),
    "chat": LazyCommand("fynix_cli.commands.chat_screen:chat", "Talk on a full screen."),
    "conversations": LazyCommand(
        "fynix_cli.commands.chat:conversations", "List your conversations."
    ),
    "conversation": LazyCommand(
        "fynix_cli.commands.conversation:app", "Groups: who is in them, and who may do what."
    ),
    "messages": LazyCommand("fynix_cli.commands.chat:messages", "Show the messages of one."),
    "read": LazyCommand("fynix_cli.commands.chat:read", "Mark messages as read."),
    "edit": LazyCommand("fynix_cli.commands.chat:edit", "Change a message of yours."),
    "delete": LazyCommand("fynix_cli.commands.chat:delete", "Delete a message of yours."),
    "block": LazyCommand("fynix_cli.commands.blocking:block", "Want nothing from somebody."),
    "unblock": LazyCommand("fynix_cli.commands.blocking:unblock", "Take a block back."),
    "blocks": LazyCommand("fynix_cli.commands.blocking:blocks", "List whom you have blocked."),
    "report": LazyCommand("fynix_cli.commands.reports:report", "Report a message or a person."),
    "reports": LazyCommand(
        "fynix_cli.commands.reports:reports", "List your reports and their outcome."
    ),
    "notices": LazyCommand("fynix_cli.commands.reports:notices", "List what the server told you."),
    "moderation": LazyCommand(
        "fynix_cli.commands.moderation:app", "Cases, content, the filter, spam."
    ),
    "audit": LazyCommand(
        "fynix_cli.commands.audit:app", "Read the audit log, and check that it is whole."
    ),
    "export": LazyCommand("fynix_cli.commands.privacy:export", "Save all your data in a file."),
    "privacy": LazyCommand("fynix_cli.commands.privacy:app", "List who was erased; do it again."),
    "scenario": LazyCommand(
        "fynix_cli.commands.scenario:app", "Script conversations, and play them."
    ),
    "status": LazyCommand("fynix_cli.commands.status:status", "Show how a server is doing."),
    "top": LazyCommand("fynix_cli.commands.top:top", "Watch a server, live."),
}

SECTIONS = {
    "Run a server": ("serve", "demo", "migrate", "seed", "doctor", "status", "top", "bench"),
    "Talk": (
        *("login", "logout", "whoami", "send", "chat", "tail", "wait", "conversations"),
        *("conversation", "messages", "read", "edit", "delete"),
    ),
    "Look after yourself": ("block", "unblock", "blocks", "report", "reports", "notices", "export"),
    "Moderate": (
        *("user", "moderation", "limits", "session", "connections", "audit"),
        *("privacy", "retention", "cleanup"),
    ),
    "Test": ("scenario",),
}
"""The list of commands in the help, by heading."""

_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)

app = typer.Typer(
    cls=lazy_group(COMMANDS, SECTIONS),
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(context: typer.Context, is_wanted: bool) -> None:
    # Resilient: a shell completes what comes after it.
    if is_wanted and not context.resilient_parsing:
        from importlib.metadata import version

        emit(f"fynix {version('fynix')}")
        raise typer.Exit()


@app.callback()
def fynix(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """A direct-message server, and everything to talk through one.

    \b
    Start:
      fynix demo                  watch two people talk through a server
      fynix serve                 run a server on this machine
      fynix login alice           log in to it (--register: make the account)
      fynix send bob "hello"      write to somebody
      fynix tail                  watch what arrives
      fynix moderation case list  see what people have reported

    \b
    Exit codes:
      0 ok, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 conflict,
      6 rate limited, 7 unreachable, 8 assertions failed, 9 timed out,
      130 interrupted

    FYNIX_DEBUG=1 shows the traceback of a failure.
    """


def main() -> None:
    """The entry point of the `fynix` script."""
    if SHELL_ASKS in os.environ:
        prepare_to_complete()
    _open_what_is_closed()
    # A message may hold what the terminal's encoding lacks; showing its number beats dying.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def _open_what_is_closed() -> None:
    """A stream that is closed (`fynix send bob hello >&-`) is read and written like /dev/null."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Takes the number that is free, which else a socket would get.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - to the end


def run(arguments: list[str]) -> int:
    """Run one command line. Returns its exit code; failures have then been told on stderr."""
    try:
        command = typer.main.get_command(app)
        result = command(arguments or ["--help"], prog_name="fynix", standalone_mode=False)
        # Here and not at exit, where Python would report a closed pipe with a traceback.
        sys.stdout.flush()
        return result if isinstance(result, int) else ExitCode.OK
    except BrokenPipeError:
        _abandon_stdout()
        return ExitCode.FAILED
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:
        if os.environ.get("FYNIX_DEBUG") == "1":
            raise
        if isinstance(error, OSError) and error.errno in _DISK_IS_FULL:
            _abandon_stdout()
            talk(f"fynix: cannot write ({error.strerror})")
            return ExitCode.FAILED
        return _report(error)


def _report(error: Exception) -> int:
    if isinstance(error, TyperException):
        _show_usage_error(error)
        return error.exit_code
    if isinstance(error, CommandError):
        talk(f"fynix: {error}")
        return error.exit_code
    return _report_unexpected(error)


def _show_usage_error(error: TyperException) -> None:
    # Pydantic, by which Typer reads values, begins with it and says nothing by it.
    told = error.format_message().replace("Value error, ", "")
    # Typer lists choices below each other.
    talk(f"fynix: {told.replace(chr(10) + chr(9), ' ')}")
    context = getattr(error, "ctx", None)
    if context is not None:
        talk(f"Try: {context.command_path} --help")


def _report_unexpected(error: Exception) -> int:
    failure = server_failure(error)
    if failure is None:
        talk(f"fynix: unexpected {type(error).__name__}: {error}; FYNIX_DEBUG=1 shows where")
        return ExitCode.FAILED
    for line in str(error).splitlines():
        talk(f"fynix: {line}")
    return failure


def _abandon_stdout() -> None:
    # The reader has gone (`fynix messages bob | head -1`): what is still buffered goes nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
