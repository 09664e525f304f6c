"""One of several processes behind one port: `python -m fynix_cli.serving.worker FD`."""

import asyncio
import os
import socket
import sys

from fynix_cli.serving.instance import run_instance
from fynix_server.settings import load_settings

READY = b"ready\n"


def main() -> int:
    """Serve on the inherited socket until stdin closes: then the parent has gone, however."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    is_orderly = run_instance(load_settings(), listener, _tell_ready, _parent_gone)
    return 0 if is_orderly else 1


def _tell_ready() -> None:
    os.write(sys.stdout.fileno(), READY)


async def _parent_gone() -> None:
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), gone.set)
    await gone.wait()


if __name__ == "__main__":
    sys.exit(main())
