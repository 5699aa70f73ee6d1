"""Servers that write WebSocket frames by hand, to violate the protocol on purpose."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import Callable, Optional

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


@asynccontextmanager
async def raw_platform(serve: Serve, bound: Optional[socket.socket] = None) -> AsyncIterator[str]:
    """Serve TCP connections with `serve` and yield the base URL; cancel open ones at the end.

    `bound`, a socket with a port, is used if given, and closed with the server.
    """
    running: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await serve(reader, writer)
            await writer.drain()
            writer.close()
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()  # the client or the test has ended
        with suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()

    if bound is None:
        bound = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(handle, sock=bound)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)


async def request(reader: asyncio.StreamReader) -> dict[str, str]:
    """Return the headers of a request, with its first line under the key ''."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in lines[1:] if line)
    return {"": lines[0], **{name.lower(): value for name, value in pairs}}


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, str]:
    """Do the handshake and return the headers of the request."""
    asked = await request(reader)
    magic = asked["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    key = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
    writer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {key}\r\n\r\n".encode()
    )
    return asked


def frame_of(opcode: int, payload: bytes = b"", *, fin: bool = True, bits: int = 0) -> bytes:
    """Return a server's frame, with additional `bits` in the first byte."""
    first = (0x80 if fin else 0) | bits | opcode
    if len(payload) < 126:
        return struct.pack("!BB", first, len(payload)) + payload
    if len(payload) < 65536:
        return struct.pack("!BBH", first, 126, len(payload)) + payload
    return struct.pack("!BBQ", first, 127, len(payload)) + payload


async def until_gone(reader: asyncio.StreamReader) -> None:
    """Discard all data until the client disconnects."""
    while await reader.read(65536):
        pass
