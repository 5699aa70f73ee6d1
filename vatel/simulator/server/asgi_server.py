"""uvicorn as a guest: it leaves signals, logging and loggers to the program around it.

Its lines go to the logger `vatel.simulator.server`, and only warnings and errors do: the others
have addresses in them, and the address of a voice session has its token.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from collections.abc import Iterator
from typing import Any, Optional

import anyio
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from vatel.simulator.scenario.faults import Faults
from vatel.simulator.voice.socket import RESET

LARGEST_MESSAGE = 16 * 2**20
PATIENCE = 3
"""Seconds that an answer on its way may take once the simulator ends."""
KEEP_ALIVE = 75
"""Seconds that an idle connection stays. Longer than clients keep one (httpx: 5), for a request
that crosses the end of its connection fails."""
PING_INTERVAL = 20
"""Seconds. Older versions of uvicorn send no pings. A client that answers none is not closed."""
_AT_ONCE = struct.pack("ii", 1, 0)
_LOST: Any = {"type": "websocket.disconnect", "code": 1006}
_DENIED = "ASGI callable returned without completing handshake."

log = logging.getLogger("vatel.simulator.server")


def _tells(line: logging.LogRecord) -> bool:
    # uvicorn takes a handshake that was denied with a status for one that was left undone.
    return line.levelno >= logging.WARNING and line.msg != _DENIED


log.addFilter(_tells)


class _Requests(H11Protocol):
    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.logger = log
        self.access_log = False


class _Config(uvicorn.Config):
    def __init__(self, app: Any, faults: Faults, **settings: Any) -> None:
        super().__init__(app, **settings)
        self.faults = faults

    def configure_logging(self) -> None:
        """The loggers are not ours."""

    def load(self) -> None:
        super().load()
        self.loaded_app = self.app  # at the level TRACE it would be one that logs addresses


class _Sessions(WebSocketsSansIOProtocol):
    """What uvicorn has in later versions only: back-pressure, and an end that both sides tell.

    Nothing is sent while the client does not read: a send waits. A close frame does not; it
    waits for the client's, for as long as it is not cancelled.
    """

    config: _Config

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.logger = self.conn.logger = log
        self.conn.debug = False
        self._reject = self.conn.reject
        self.conn.reject = self._reject_without_type  # type: ignore[assignment]
        self._drained = asyncio.Event()
        self._drained.set()
        self._lost = asyncio.Event()

    def _reject_without_type(self, *arguments: Any) -> Any:
        # Older versions of uvicorn add the application's headers to those that are there.
        response = self._reject(*arguments)
        if self.initial_response:
            del response.headers["Content-Type"]
        return response

    def pause_writing(self) -> None:
        self._drained.clear()

    def resume_writing(self) -> None:
        self._drained.set()

    def connection_lost(self, exc: Optional[Exception]) -> None:
        # uvicorn tells a lost connection with the code of a close frame without one.
        if self.handshake_complete and self.conn.close_rcvd is None:
            self.queue.put_nowait(_LOST)
        super().connection_lost(exc)
        self._lost.set()
        self._drained.set()

    def handle_ping(self) -> None:
        pong = b"".join(self.conn.data_to_send())
        if self._drained.is_set() and not self.config.faults.no_pong:
            self.transport.write(pong)

    def handle_close(self, event: Any) -> None:
        if self.close_sent:
            self.transport.close()
        else:
            super().handle_close(event)

    def send_receive_event_to_app(self) -> None:
        if self.close_sent:  # nobody takes it any more, and it would stop the reading
            return
        # uvicorn stops the reading for each message, which takes two system calls. One may wait.
        stopped, may_wait = self.read_paused, self.queue.empty()
        self.read_paused = stopped or may_wait
        super().send_receive_event_to_app()
        self.read_paused = stopped or not may_wait

    async def run_asgi(self) -> None:
        scope: Any = self.scope
        scope["extensions"][RESET] = self._reset
        try:
            await super().run_asgi()
        finally:
            if self.transport.get_write_buffer_size():
                self.transport.abort()
            else:
                self.transport.close()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            await self._close(message)
        else:
            await self._drained.wait()
            if self._lost.is_set():
                raise ClientDisconnected
            await super().send(message)

    async def _close(self, message: Any) -> None:
        if self.transport.is_closing():
            raise ClientDisconnected
        self.conn.send_close(message["code"], message["reason"])
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        await self._lost.wait()

    def _reset(self) -> None:
        if not self._lost.is_set():
            connection = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.transport.abort()


class Guest(uvicorn.Server):
    """A server for one application.

    Attributes:
        ready: set once it serves.
    """

    def __init__(self, app: Any, faults: Faults) -> None:
        self.ready = asyncio.Event()
        self._ending = asyncio.Event()
        self.servers: list[asyncio.base_events.Server] = []
        config = _Config(
            app,
            faults,
            http=_Requests,
            ws=_Sessions,
            ws_max_size=LARGEST_MESSAGE,
            ws_ping_interval=PING_INTERVAL,
            ws_ping_timeout=None,
            ws_per_message_deflate=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=PATIENCE,
            timeout_keep_alive=KEEP_ALIVE,
        )
        super().__init__(config)

    async def startup(self, sockets: Optional[list[socket.socket]] = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Serve until `end`."""
        while not await self.on_tick(0):
            with anyio.move_on_after(1):  # the Date of the answers
                await self._ending.wait()

    def end(self) -> None:
        """Stop to serve, once the answers on their way are complete."""
        self.should_exit = True
        self._ending.set()

    async def shutdown(self, sockets: Optional[list[socket.socket]] = None) -> None:  # noqa: ARG002
        """End, without the pauses that uvicorn makes: a test begins and ends many simulators."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with anyio.move_on_after(PATIENCE):
            while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110
                await anyio.sleep(0.005)
        for task in self.server_state.tasks:
            log.warning("an answer took too long to end")
            task.cancel()
        self.drop()

    def drop(self) -> None:
        """Let go of what is still open, without waiting for anybody."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The signals are not ours."""
        yield
