"""Failures of the server's own code, for commands that run it in this process."""

import sys

from fynix_cli.exit_codes import ExitCode


def server_failure(error: Exception) -> ExitCode | None:
    """The exit code of an error of `fynix_server` that is a text for people; None: of any other."""
    # Looked up, not imported: where a command has not loaded the server, nothing of it was raised.
    if "fynix_server.settings" in sys.modules:
        from fynix_server.settings import SettingsError

        if isinstance(error, SettingsError):
            return ExitCode.FAILED
    if "fynix_server.errors" in sys.modules:
        from fynix_server import errors

        codes = {
            errors.NotAuthenticated: ExitCode.NOT_ALLOWED,
            errors.NotPermitted: ExitCode.NOT_ALLOWED,
            errors.NotFound: ExitCode.NOT_FOUND,
            errors.Conflict: ExitCode.CONFLICT,
            errors.RateLimited: ExitCode.RATE_LIMITED,
            errors.Unavailable: ExitCode.UNREACHABLE,
            errors.FynixError: ExitCode.FAILED,
        }
        return next((code for kind, code in codes.items() if isinstance(error, kind)), None)
    return None
