"""How talking to a server fails."""

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import exit_code_of_status


class ApiError(CommandError):
    """The server refused. `code` is stable; `retry_after` is in seconds, None if not said."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail, exit_code=exit_code_of_status(status))
        self.status = status
        self.code = code
        self.detail = detail
        self.request_id = request_id
        self.retry_after = retry_after


class LiveStopped(CommandError):
    """The server closed the live connection for a reason that reconnecting does not mend."""
