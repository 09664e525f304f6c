"""`fynix demo`: a server, two people and a chat in one terminal."""

from typing import Annotated

import typer


def demo(
    speed: Annotated[
        float, typer.Option("--speed", min=0.1, max=100, help="2: twice as quick.")
    ] = 1.0,
    no_pause: Annotated[
        bool, typer.Option("--no-pause", help="Without time to read, for pipes.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the server running until Ctrl-C.")
    ] = False,
) -> None:
    """Watch alice and bob talk through a real server: typing, ticks, a line that drops, edits.

    The server is a private one, on a free port and a temporary folder; both are gone when it
    ends, also by Ctrl-C. No login and no data of yours is touched. On a terminal both windows
    stand beside one another; elsewhere each thing that somebody sees is a line.

    \b
    Examples:
      fynix demo
      fynix demo --speed 3
      fynix demo --no-pause | less
      fynix demo --keep

    Exits 0; 1 if something did not happen as it should; 130 where it was interrupted.
    """
    from fynix_cli.demo.running import DemoRequest, run_demo

    run_demo(DemoRequest(0.0 if no_pause else speed, keep))
