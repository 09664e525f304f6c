"""`fynix status`: how a server is doing."""

from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat


def status(
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show whether a server is ready, its parts, its live connections, and how fast it answers.

    Needs no login.

    \b
    Examples:
      fynix status
      fynix status --server https://chat.example.com -o json

    Exits 0 if it is ready or degraded, 1 if it is not ready, 7 if it does not answer.
    """
    # Here, so that `--help` needs no HTTP client.
    from fynix_cli.server_status import show_status
    from fynix_cli.session import chosen_server

    show_status(chosen_server(profile, server), output)
