"""How a command fails: with a line that says what, why and what to type next."""

from fynix_cli.exit_codes import ExitCode


class CommandError(Exception):
    """A failure that the user can understand. `main` prints it and exits with its code.

    `message` says what failed and why; `hint`, where there is one, what to type next.
    """

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(
        self, message: str, *, hint: str | None = None, exit_code: ExitCode | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if exit_code is not None:
            self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class NotLoggedIn(CommandError):
    """There is no login to act with, or it holds no longer."""

    exit_code = ExitCode.NOT_ALLOWED


class Unreachable(CommandError):
    """The server (or the database) did not answer."""

    exit_code = ExitCode.UNREACHABLE
