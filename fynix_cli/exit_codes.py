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


def exit_code_of_status(status: int) -> ExitCode:
    """The exit code that tells a script what an HTTP answer of `status` means."""
    return _OF_STATUS.get(status, ExitCode.FAILED)


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
