"""A caller's socket: every message of a session passes here, in both directions.

Faults that are about time, and the end of a connection, are met here; `frames` has the others.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Sequence
from typing import Optional, Union

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from vatel.simulator.platform.call_record import Reason
from vatel.simulator.platform.fault_control import FaultControl, Watch
from vatel.simulator.scenario.faults import Faults
from vatel.simulator.voice.frame_faults import Frame, Frames, Message
from vatel_rt.realtime.messages import ClientMessage, Unread, decode
from vatel_rt.realtime.trace import Message as Passed
from vatel_rt.realtime.trace import Sender, Tap

Received = Union[ClientMessage, Unread]
RESET = "vatel.reset"
"""Name of the ASGI extension that resets the connection without a close frame."""
_ABNORMAL_CLOSURE = 1006
READING_PATIENCE = 10
"""Seconds that a message may wait because the client does not read those before it."""


class HangUpError(Exception):
    """The caller is gone; `code` is the close code, 1006 where there was none."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


class Wire(Watch):
    """The messages of one session on a socket that is yet to be accepted. A context.

    Args:
        faults: what goes wrong in it.
        seed: fixes the random choices of what does.

    Attributes:
        taps: told of each message once it has passed. They must not take long, nor raise.
    """

    def __init__(self, socket: WebSocket, faults: FaultControl, seed: int) -> None:
        super().__init__(faults)
        self.taps: Sequence[Tap] = ()
        self._socket = socket
        self._frames = Frames(faults, seed)
        self._is_clogged = False
        self._began = self._last_read = time.monotonic()
        self._sent = self._uncounted = 0
        self._counted_since = self._began

    async def meet_handshake(self) -> Faults:
        """Wait until it is to be answered, or dropped; gives the faults as it meets them."""
        met, since = self.faults.take_handshake(), self.faults.since("handshake_delay")

        def left() -> float:
            if self.faults.since("handshake_delay") != since:
                return 0
            delayed = self._began + met.handshake_delay - time.monotonic()
            return min(delayed, self._left("drop_after_seconds", math.inf))

        await self.wait(left)
        return met

    @property
    def drops_handshake(self) -> bool:
        """Whether it is not answered at all."""
        is_late = self._left("drop_after_seconds", math.inf) <= 0
        return is_late and self.faults.close_code is None

    async def accept(self) -> None:
        """Take the session.

        Raises:
            HangUpError: the caller is gone before it begins.
        """
        try:
            await self._socket.accept()
        except OSError as gone:  # Starlette tells it so up to here, and otherwise afterwards
            raise HangUpError(_ABNORMAL_CLOSURE) from gone

    async def send(self, message: Message) -> None:
        """Send a message; nothing happens once the caller is gone, which `receive` tells.

        Waits while the caller does not read, but not for ever, which `broken` tells.
        """
        await self._stalled()
        for frame, passed in self._frames.of(message):
            if self._is_open and self._left_of_all() > 0:
                await self._send(frame, passed)

    async def _send(self, frame: Frame, message: Passed) -> None:
        send = self._socket.send_text if isinstance(frame, str) else self._socket.send_bytes
        with contextlib.suppress(WebSocketDisconnect):
            with anyio.move_on_after(READING_PATIENCE) as patience:
                await send(frame)  # type: ignore[arg-type]
            if patience.cancelled_caught:
                self._is_clogged = True
            else:
                self._tell("platform", message)
                self._sent += 1
            if self._left_of_all() <= 0:
                self.look()

    async def broken(self) -> Reason:
        """Wait until the connection is of no more use; gives the reason for the call's record."""
        await self.wait(self._left_of_all)
        if self._left_of_all() > 0:  # the simulator ends
            await anyio.sleep_forever()
        if self._is_clogged:
            return "slow_client"
        return "connection_lost" if self.faults.close_code is None else "failed"

    async def receive(self) -> Received:
        """Wait for the caller's next message. Cancelling loses none.

        Raises:
            HangUpError: the caller is gone.
        """
        await self.wait(lambda: self._last_read + self.faults.slow_reading - time.monotonic())
        self._last_read = time.monotonic()
        event = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            raise HangUpError(event["code"])
        frame: Optional[Frame] = event.get("text")
        message = decode(event.get("bytes") or b"" if frame is None else frame, sender="client")
        self._tell("client", message)
        return message

    async def close(self, code: int, reason: str = "") -> None:
        """End the session, and wait for the caller's consent; nothing if the caller is gone."""
        await self._stalled()
        wanted = self.faults
        if self._left_of_session() <= 0 and wanted.close_code is None:
            self.reset()
        elif self._is_open:
            with contextlib.suppress(WebSocketDisconnect):
                await self._socket.close(wanted.close_code or code, wanted.close_reason or reason)

    def reset(self) -> None:
        """Cut the connection, without a close frame."""
        self._socket.scope["extensions"][RESET]()

    async def _stalled(self) -> None:
        await self.wait(lambda: min(self._left("stall", 0), self._left_of_session()))

    def _left_of_all(self) -> float:
        return 0 if self._is_clogged else self._left_of_session()

    def _left_of_session(self) -> float:
        """Seconds until it is to be dropped or closed."""
        count = self.faults.drop_after_messages
        since = self.faults.since("drop_after_messages")
        if since > self._counted_since:
            self._counted_since, self._uncounted = since, self._sent
        if count is not None and self._sent - self._uncounted >= count:
            return 0
        return self._left("drop_after_seconds", math.inf)

    def _left(self, name: str, default: float) -> float:
        seconds: Optional[float] = getattr(self.faults, name)
        if seconds is None:
            return default
        return max(self._began, self.faults.since(name)) + seconds - time.monotonic()

    @property
    def _is_open(self) -> bool:
        both = {self._socket.application_state, self._socket.client_state}
        return both == {WebSocketState.CONNECTED}

    def _tell(self, sender: Sender, message: Passed) -> None:
        for tap in self.taps:
            tap(sender, message)
