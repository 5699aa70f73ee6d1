"""What a voice session asks of a WebSocket beyond what `websockets` does by itself.

A dead line is noticed also while the socket is full or the application does not read, a peer
that never lets go is left after a while, and every end says why it came.
"""

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
"""Bytes that wait in the system and in the event loop each: a quarter of a second of audio.
What waits there can no longer be dropped, and is late when it arrives."""
CROSSING_SECONDS = 1
"""How long after the platform's end audio may still come from who has not yet heard of it."""
WAITING_FRAMES = 64
"""Received frames that wait for `receive`; then the sender is slowed down."""
_FAULTS: dict[int, Cause] = {1009: "frame_too_large"}

wire_log = logging.getLogger("vatel.connection.websockets")
"""The library's log without its debug lines, which show the request with the token."""
wire_log.addFilter(lambda record: record.levelno >= logging.INFO)


class WebSocket(ClientConnection):
    """A WebSocket that gives up by itself where waiting on is of no use.

    Attributes:
        on_lost: called once, when the connection is gone.
        without_token: takes the token out of what the other side says.
        hanging_up: whether this side means to close it.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.on_lost: Callable[[], object] = lambda: None
        self.without_token: Callable[[str], str] = str
        self.hanging_up = False
        self._gave_up: Optional[ConnectionClosed] = None
        self._heard_at = 0.0
        self._last_wait: Optional[asyncio.TimerHandle] = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As the library; and let little wait in the system, where it can (not on Windows)."""
        super().connection_made(transport)
        opened = transport.get_extra_info("socket")
        if opened is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
            with contextlib.suppress(OSError):  # a socket of the caller's that is not TCP
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_LIMIT)

    def data_received(self, data: bytes) -> None:
        """As the library; and when the end is near, do not wait for it without end."""
        self._heard_at = self.loop.time()
        super().data_received(data)
        if self._last_wait is None and self.protocol.close_expected():
            wait = self.close_timeout or 0
            self._last_wait = self.loop.call_later(wait, self.transport.abort)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        """As the library; and tell `on_lost`."""
        if self._last_wait is not None:
            self._last_wait.cancel()
        super().connection_lost(exc)
        self.on_lost()

    async def keepalive(self) -> None:
        """Ping, and give up when nothing is heard after a ping; instead of the library's.

        That one waits without end where the socket is full, and takes a line for dead when it
        is the application that does not read.
        """
        interval, timeout = self.ping_interval or 0, self.ping_timeout or 0  # set where it runs
        with contextlib.suppress(websockets.ConnectionClosed):
            while self.state is State.OPEN:
                await asyncio.sleep(interval)
                asked_at = self.loop.time()
                with anyio.move_on_after(timeout):
                    await (await self.ping())
                if self._heard_at < asked_at and self.transport.is_reading():
                    self._give_up("ping_timeout", f"nothing came for {timeout:g} s after a ping")
                    return

    async def next_frame(self, idle_timeout: Optional[float]) -> Union[str, bytes]:
        """`recv`, which gives up when nothing comes for `idle_timeout` seconds."""
        if idle_timeout is not None:
            with anyio.move_on_after(idle_timeout):
                return await self.recv()
            self._give_up("idle_timeout", f"no message came for {idle_timeout:g} s")
        return await self.recv()

    def _give_up(self, cause: Cause, text: str) -> None:
        """Leave the connection as it is, without the closing handshake that would not happen."""
        self._gave_up = self._gave_up or ConnectionClosed(1006, text, cause)
        self.transport.abort()

    def ended_just_now(self) -> bool:
        """Whether the platform has closed it normally, and no more than a second ago."""
        ended = self.ended()
        closed_by_platform = ended.clean and ended.cause == "platform"
        return closed_by_platform and self.loop.time() < self._heard_at + CROSSING_SECONDS

    def ended(self) -> ConnectionClosed:
        """Why nothing more can be sent or received."""
        if self._gave_up is not None:
            return self._gave_up
        received, sent = self.protocol.close_rcvd, self.protocol.close_sent
        if received is not None and (sent is None or self.protocol.close_rcvd_then_sent):
            said = self.without_token(received.reason)
            return ConnectionClosed(received.code, said, "platform")
        if sent is not None:
            cause = "caller" if self.hanging_up else _FAULTS.get(sent.code, "protocol_error")
            return ConnectionClosed(sent.code, sent.reason, cause)
        return ConnectionClosed(1006, "the connection was lost", "network")
