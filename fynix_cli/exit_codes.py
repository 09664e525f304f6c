"""What the exit code of `fynix` says. A contract: scripts depend on the numbers."""

from enum import IntEnum


class ExitCode(IntEnum):
    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_ALLOWED = 4
    CONFLICT = 5
    RATE_LIMITED = 6
    UNREACHABLE = 7
    ASSERTIONS_FAILED = 8
    TIMED_OUT = 9
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """What it says, for people."""
        return _MEANINGS[self]


def exit_code_of_status(status: int) -> ExitCode:
    """The exit code that tells a script what an HTTP answer of `status` means."""
    return _OF_STATUS.get(status, ExitCode.FAILED)


_MEANINGS = {
    ExitCode.OK: "It worked.",
    ExitCode.FAILED: "It failed, for a reason that no other code names.",
    ExitCode.USAGE: "Wrong usage: an option, an argument or a file cannot be read.",
    ExitCode.NOT_FOUND: "There is no such person, conversation or message.",
    ExitCode.NOT_ALLOWED: "Not logged in, or not allowed to do this.",
    ExitCode.CONFLICT: "It is there already, such as a name that is taken.",
    ExitCode.RATE_LIMITED: "The rate limit is reached.",
    ExitCode.UNREACHABLE: "The server, or the database, does not answer.",
    ExitCode.ASSERTIONS_FAILED: "Something was expected, and is not so.",
    ExitCode.TIMED_OUT: "What was waited for did not come in time.",
    ExitCode.INTERRUPTED: "Interrupted: Ctrl-C, SIGTERM or SIGHUP.",
}

_OF_STATUS = {
    401: ExitCode.NOT_ALLOWED,
    403: ExitCode.NOT_ALLOWED,
    404: ExitCode.NOT_FOUND,
    409: ExitCode.CONFLICT,
    429: ExitCode.RATE_LIMITED,
    502: ExitCode.UNREACHABLE,
    503: ExitCode.UNREACHABLE,
    504: ExitCode.UNREACHABLE,
}
