"""A network that fails on demand: a TCP proxy in a separate process.

`python bad_network.py PORT` forwards to a local port, prints the port it listens on, and reads
commands from standard input: `stop` (keep the connections but forward nothing), `go`, `reset` (RST
on both sides), `refuse` (accept no new connections), `jittery` (delay one piece in twenty by
200 ms, as the loss of a packet would).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator

PIECE = 1400
"""Bytes of a piece: about one Ethernet packet."""
LOST, AGAIN = 0.05, 0.2
"""Share of lost pieces, and seconds until they are sent again."""


class Proxy:
    def __init__(self, port: int) -> None:
        self._port = port
        self._jitter = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._random = random.Random(1)

    async def serve(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        print(self._server.sockets[0].getsockname()[1], flush=True)
        loop = asyncio.get_running_loop()
        while command := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
            getattr(self, f"_{command}")()
            print("done", flush=True)

    def _stop(self) -> None:
        self._open.clear()

    def _go(self) -> None:
        self._open.set()

    def _refuse(self) -> None:
        self._server.close()

    def _jittery(self) -> None:
        self._jitter = True

    def _reset(self) -> None:
        for writer in self._writers:
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, back}
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(PIECE):
                await self._open.wait()
                if self._jitter and self._random.random() < LOST:
                    await asyncio.sleep(AGAIN)
                sink.write(piece)
                await sink.drain()
        sink.close()


class BadNetwork:
    """The proxy, controlled by a test.

    Attributes:
        url: base URL of the proxy.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{int(process.stdout.readline())}"

    def tell(self, command: str) -> None:
        """Send a command and wait until it is done."""
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


@contextlib.contextmanager
def bad_network(url: str) -> Iterator[BadNetwork]:
    """Run the proxy in front of the server at `url`."""
    command = [sys.executable, __file__, url.rpartition(":")[2]]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield BadNetwork(process)
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(Proxy(int(sys.argv[1])).serve())
