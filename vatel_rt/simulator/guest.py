"""uvicorn as a guest: it leaves signals, logging and loggers to the program around it.

Its lines go to the logger `vatel.simulator.server`, and only warnings and errors do: the others
have addresses in them, and the address of a voice session has its token.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from typing import Any, Optional

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LARGEST_MESSAGE = 16 * 2**20
PATIENCE = 3
"""Seconds that an answer on its way may take once the simulator ends."""
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


class _Sessions(WebSocketsSansIOProtocol):
    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.logger = self.conn.logger = log
        self.conn.debug = False

    def connection_lost(self, exc: Optional[Exception]) -> None:
        # uvicorn tells a lost connection with the code of a close frame without one.
        if self.handshake_complete and self.conn.close_rcvd is None:
            self.queue.put_nowait(_LOST)
        super().connection_lost(exc)


class _Config(uvicorn.Config):
    def configure_logging(self) -> None:
        """The loggers are not ours."""

    def load(self) -> None:
        super().load()
        self.loaded_app = self.app  # at the level TRACE it would be one that logs addresses


class Guest(uvicorn.Server):
    """A server for one application.

    Attributes:
        ready: set once it serves.
    """

    def __init__(self, app: Any) -> None:
        self.ready = asyncio.Event()
        self.servers: list[asyncio.base_events.Server] = []
        config = _Config(
            app,
            http=_Requests,
            ws=_Sessions,
            ws_max_size=LARGEST_MESSAGE,
            ws_per_message_deflate=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=PATIENCE,
        )
        super().__init__(config)

    async def startup(self, sockets: Optional[list[socket.socket]] = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self.ready.set()

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
