"""The WebSocket of a voice session: `websockets`, with stricter detection of a dead peer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import Any, Callable, Optional, Union

import anyio
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.protocol import State

from vatel_rt.errors import Cause, ConnectionClosed

UNSENT_LIMIT = 16 * 1024
"""Bytes buffered in the system, and as many in the event loop: 250 ms that cannot be dropped."""
CROSSING_SECONDS = 1  # after the platform's close, a sender may not know of it for so long
WAITING_FRAMES = 64  # buffered for `receive` before the platform is slowed down
_FAULTS: dict[int, Cause] = {1009: "frame_too_large"}

wire_log = logging.getLogger("vatel.connection.websockets")
# The debug lines of `websockets` show the token.
wire_log.addFilter(lambda record: record.levelno >= logging.INFO)


class WebSocket(ClientConnection):
    """A WebSocket that knows why it ended, and never waits without limit for a dead peer."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.on_lost: Callable[[], object] = lambda: None
        self.without_token: Callable[[str], str] = str  # removes it from the platform's reason
        self._hanging_up = False
        self._gave_up: Optional[ConnectionClosed] = None
        self._heard_at = 0.0
        self._last_wait: Optional[asyncio.TimerHandle] = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Limit the system's send buffer, where that is possible (not on Windows)."""
        super().connection_made(transport)
        opened = transport.get_extra_info("socket")
        if opened is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
            with contextlib.suppress(OSError):  # a socket factory may return one that is not TCP
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_LIMIT)

    def data_received(self, data: bytes) -> None:
        """Note the time; while closing, limit the wait for the end of the connection."""
        self._heard_at = self.loop.time()
        super().data_received(data)
        if self._last_wait is None and self.protocol.close_expected():
            wait = self.close_timeout or 0
            self._last_wait = self.loop.call_later(wait, self.transport.abort)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        """Call `on_lost`."""
        if self._last_wait is not None:
            self._last_wait.cancel()
        super().connection_lost(exc)
        self.on_lost()

    async def keepalive(self) -> None:
        """Ping regularly; drop the connection when nothing is received after a ping."""
        # `websockets` would wait while the socket is full, and drop the peer of a slow reader.
        interval, timeout = self.ping_interval or 0, self.ping_timeout or 0  # never None here
        with contextlib.suppress(websockets.ConnectionClosed):
            while self.state is State.OPEN:
                await asyncio.sleep(interval)
                pinged_at = self.loop.time()
                with anyio.move_on_after(timeout):
                    await (await self.ping())
                if self._heard_at < pinged_at and self.transport.is_reading():
                    text = f"nothing was received for {timeout:g} s after a ping"
                    self._give_up("ping_timeout", text)
                    return

    async def next_frame(self, idle_timeout: Optional[float]) -> Union[str, bytes]:
        """Return the next frame; drop the connection after `idle_timeout` seconds without one."""
        try:
            if idle_timeout is not None:
                with anyio.move_on_after(idle_timeout):
                    return await self.recv()
                self._give_up("idle_timeout", f"no message was received for {idle_timeout:g} s")
            return await self.recv()
        except websockets.ConnectionClosed:
            raise self.ended() from None
        except websockets.ConcurrencyError:
            raise RuntimeError("another task is receiving from this session") from None

    async def hang_up(self, code: int, reason: str) -> None:
        """Close the session as the caller; when cancelled, drop the connection."""
        self._hanging_up |= self.state is State.OPEN
        try:
            await self.close(code, reason)
        except websockets.ProtocolError as error:
            self._hanging_up = False
            raise ValueError(str(error)) from None
        except asyncio.CancelledError:
            self.transport.abort()
            raise

    def ended_just_now(self) -> bool:
        """Return whether the platform closed the session cleanly in the last second."""
        ended = self.ended()
        closed_by_platform = ended.clean and ended.cause == "platform"
        return closed_by_platform and self.loop.time() < self._heard_at + CROSSING_SECONDS

    def ended(self) -> ConnectionClosed:
        """Return the reason the connection closed."""
        if self._gave_up is not None:
            return self._gave_up
        received, sent = self.protocol.close_rcvd, self.protocol.close_sent
        if received is not None and (sent is None or self.protocol.close_rcvd_then_sent):
            return ConnectionClosed(received.code, self.without_token(received.reason), "platform")
        if sent is not None:
            cause = "caller" if self._hanging_up else _FAULTS.get(sent.code, "protocol_error")
            return ConnectionClosed(sent.code, sent.reason, cause)
        text = "the connection to the platform was lost without a close frame"
        hint = "check the network, then start a new call"
        return ConnectionClosed(1006, f"{text}: {hint}", "network")

    def _give_up(self, cause: Cause, text: str) -> None:
        """Drop the connection without the closing handshake, which a dead peer cannot answer."""
        self._gave_up = self._gave_up or ConnectionClosed(1006, text, cause)
        self.transport.abort()
