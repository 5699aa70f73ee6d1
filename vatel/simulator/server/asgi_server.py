"""A uvicorn server inside another program: it leaves signals, logging and loggers as they are.

It logs warnings and errors to `vatel.simulator.server`. The other lines of uvicorn contain
addresses, and the address of a voice session contains its token.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from collections.abc import Generator
from typing import Any, Optional

import anyio
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from vatel.simulator.platform.fault_control import FaultControl
from vatel.simulator.server.listener import BACKLOG
from vatel.simulator.voice.socket import RESET
from vatel_rt.errors import SimulatorError

MAX_MESSAGE = 16 * 2**20
"""Bytes of a WebSocket message."""
SHUTDOWN_TIMEOUT = 3
"""Seconds that open answers may take when the simulator ends."""
KEEP_ALIVE = 75
"""Seconds that an idle connection is kept. This must be longer than clients keep one (httpx: 5),
because a request sent while the server closes the connection fails."""
PING_INTERVAL = 20
"""Seconds. Older versions of uvicorn send no pings. A client that answers none is not closed."""
_LINGER_ZERO = struct.pack("ii", 1, 0)
_LOST: Any = {"type": "websocket.disconnect", "code": 1006}
_DENIED = "ASGI callable returned without completing handshake."

log = logging.getLogger("vatel.simulator.server")


def _is_problem(line: logging.LogRecord) -> bool:
    # uvicorn logs a handshake that was refused with a status as one without an answer.
    return line.levelno >= logging.WARNING and line.msg != _DENIED


log.addFilter(_is_problem)


class _HttpProtocol(H11Protocol):
    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.logger = log
        self.access_log = False


class _Config(uvicorn.Config):
    def __init__(self, app: Any, faults: FaultControl, **settings: Any) -> None:
        super().__init__(app, **settings)
        self.faults = faults

    def configure_logging(self) -> None:
        """Leave the loggers of the program as they are."""

    def load(self) -> None:
        super().load()
        self.loaded_app = self.app  # at the level TRACE, uvicorn wraps it and logs addresses


class _SessionProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, with the same behaviour for all its supported versions.

    A send waits while the client does not read. A close frame is sent at once, and the send of
    it returns when the connection has ended. The subclass also resets connections, and does not
    answer pings, where a fault demands it.
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
        # Older versions of uvicorn add the application's headers to the default ones.
        response = self._reject(*arguments)
        if self.initial_response:
            del response.headers["Content-Type"]
        return response

    def pause_writing(self) -> None:
        self._drained.clear()

    def resume_writing(self) -> None:
        self._drained.set()

    def connection_lost(self, exc: Optional[Exception]) -> None:
        # uvicorn reports a lost connection as 1005, which means a close frame without a code.
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
        if self.close_sent:  # nothing receives messages any more; queueing one would pause reading
            return
        # uvicorn pauses reading for each message (two system calls). Here one may wait.
        paused, may_wait = self.read_paused, self.queue.empty()
        self.read_paused = paused or may_wait
        super().send_receive_event_to_app()
        self.read_paused = paused or not may_wait

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
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            self.transport.abort()


class AsgiServer(uvicorn.Server):
    """A server for one ASGI application, in the event loop that it is started in."""

    def __init__(self, app: Any, faults: FaultControl) -> None:
        self._ready = asyncio.Event()
        self._ending = asyncio.Event()
        self._task: Optional[asyncio.Task[None]] = None
        self.servers: list[asyncio.base_events.Server] = []
        config = _Config(
            app,
            faults,
            http=_HttpProtocol,
            ws=_SessionProtocol,
            ws_max_size=MAX_MESSAGE,
            ws_ping_interval=PING_INTERVAL,
            ws_ping_timeout=None,
            ws_per_message_deflate=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT,
            timeout_keep_alive=KEEP_ALIVE,
            backlog=1,  # asyncio tries so often before it looks at anything else; see listener
        )
        super().__init__(config)

    async def start(self, listener: socket.socket) -> None:
        """Serve on `listener` in a task; return when the server accepts connections.

        Raises:
            SimulatorError: the server could not start.
        """
        self._task = asyncio.create_task(self.serve([listener]))
        self._task.add_done_callback(lambda _: self._ready.set())
        await self._ready.wait()
        if self._task.done():
            failure = None if self._task.cancelled() else self._task.exception()
            raise SimulatorError(f"cannot serve: {failure!r}") from failure

    async def stop(self) -> None:
        """Stop serving once open answers are complete; return when the task has ended."""
        self.should_exit = True
        self._ending.set()
        if self._task:
            await asyncio.wait([self._task])

    def abort(self) -> None:
        """Close the port and all connections without waiting."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    async def startup(self, sockets: Optional[list[socket.socket]] = None) -> None:
        """Is called by uvicorn to open the port."""
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(BACKLOG)
        self._ready.set()

    async def main_loop(self) -> None:
        """Is called by uvicorn to run until `stop`."""
        while not await self.on_tick(0):
            with anyio.move_on_after(1):  # each tick renews the header Date
                await self._ending.wait()

    async def shutdown(self, sockets: Optional[list[socket.socket]] = None) -> None:  # noqa: ARG002
        """Is called by uvicorn to end. Without its pauses, because tests end many servers."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with anyio.move_on_after(SHUTDOWN_TIMEOUT):
            while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110
                await anyio.sleep(0.005)
        for task in self.server_state.tasks:
            log.warning("cancelled an answer that took more than %s s to end", SHUTDOWN_TIMEOUT)
            task.cancel()
        self.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signal handlers of the program as they are."""
        yield
