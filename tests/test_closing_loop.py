"""What a failed test leaves open is told, and does not keep the run from ending."""

import asyncio
import socket

import pytest

from tests.conftest import ClosingLoop


def test_a_loop_in_which_something_is_open_closes_and_tells_of_it() -> None:
    loop = ClosingLoop()
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    loop.run_until_complete(loop.create_server(asyncio.Protocol, sock=listener))

    with pytest.raises(ResourceWarning, match="unclosed resource"):
        loop.close()

    assert loop.is_closed()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
