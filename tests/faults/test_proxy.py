"""The proxy that breaks lines, where lines break by themselves as well."""

import asyncio
import socket
import struct

from fynix_cli.line_proxy import Proxy
from tests.faults.instances import eventually
from tests.faults.proxy import proxies

RESET_AT_CLOSE = struct.pack("ii", 1, 0)


async def test_a_line_that_its_client_has_reset_can_be_cut_all_the_same() -> None:
    upstream = await asyncio.start_server(_stay_silent, "127.0.0.1", 0)
    async with upstream, proxies([upstream.sockets[0].getsockname()[1]]) as (proxy,):
        _, resetting = await asyncio.open_connection("127.0.0.1", proxy.port)
        _, staying = await asyncio.open_connection("127.0.0.1", proxy.port)
        await eventually(lambda: _is(proxy.line_count == 2))
        proxy.stall()
        resetting.write(b"what the proxy holds back, and its line with it")
        end = resetting.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        resetting.transport.abort()
        await eventually(lambda: _is(_has_lost_a_client(proxy)))

        assert proxy.cut() == 2
        await eventually(lambda: _is(proxy.line_count == 0))
        staying.close()


async def _stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


def _has_lost_a_client(proxy: Proxy) -> bool:
    return any(writer.is_closing() for writer, _ in proxy._lines.values())


async def _is(so: bool) -> bool:
    return so
