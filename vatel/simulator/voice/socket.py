"""The caller's WebSocket: sends and receives the messages of a session, with faults.

Faults of timing and of the connection's end are applied here, the others in `frame_faults`.
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
from vatel.simulator.voice.frame_faults import Frame, FrameEncoder, PlatformMessage
from vatel_rt.realtime.messages import ClientMessage, Unread, decode
from vatel_rt.realtime.trace import Message, Sender, Tap

Received = Union[ClientMessage, Unread]
RESET = "vatel.reset"
"""The ASGI extension that resets the connection of a session."""
SEND_TIMEOUT = 10
"""Seconds that a message may wait for the client to read."""
_ABNORMAL_CLOSURE = 1006


class HangUpError(Exception):
    """The caller is gone; `code` is the close code, 1006 without a close frame."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


class VoiceSocket(Watch):
    """The WebSocket of one session, not yet accepted. A context manager.

    Args:
        faults: the faults to apply.
        seed: seed of the faults' random choices.

    Attributes:
        taps: called with each message that was sent or received. They must be quick and not raise.
    """

    def __init__(self, socket: WebSocket, faults: FaultControl, seed: int) -> None:
        super().__init__(faults)
        self.taps: Sequence[Tap] = ()
        self._socket = socket
        self._encoder = FrameEncoder(faults, seed)
        self._is_clogged = False
        self._began = self._last_read = time.monotonic()
        self._sent = self._uncounted = 0
        self._counted_since = self._began

    async def wait_for_handshake(self) -> Faults:
        """Wait until the handshake is to be answered or dropped; return the faults that apply."""
        faults, since = self.faults.take_handshake(), self.faults.since("handshake_delay")

        def left() -> float:
            if self.faults.since("handshake_delay") != since:
                return 0
            delayed = self._began + faults.handshake_delay - time.monotonic()
            return min(delayed, self._seconds_left("drop_after_seconds", math.inf))

        await self.wait(left)
        return faults

    @property
    def drops_handshake(self) -> bool:
        """Whether the handshake gets no answer at all."""
        is_late = self._seconds_left("drop_after_seconds", math.inf) <= 0
        return is_late and self.faults.close_code is None

    async def accept(self) -> None:
        """Accept the session.

        Raises:
            HangUpError: the caller is gone.
        """
        try:
            await self._socket.accept()
        except OSError as gone:  # only here: later, Starlette raises WebSocketDisconnect
            raise HangUpError(_ABNORMAL_CLOSURE) from gone

    async def send(self, message: PlatformMessage) -> None:
        """Send a message; wait while the client does not read.

        Does nothing if the caller is gone, which `receive` reports. If the client does not read
        for 10 s, `wait_until_broken` returns.
        """
        await self._wait_for_stall()
        for frame, decoded in self._encoder.frames_of(message):
            if self._is_open and self._seconds_until_break() > 0:
                await self._send_frame(frame, decoded)

    async def _send_frame(self, frame: Frame, message: Message) -> None:
        send = self._socket.send_text if isinstance(frame, str) else self._socket.send_bytes
        with contextlib.suppress(WebSocketDisconnect):
            with anyio.move_on_after(SEND_TIMEOUT) as timeout:
                await send(frame)  # type: ignore[arg-type]
            if timeout.cancelled_caught:
                self._is_clogged = True
            else:
                self._tap("platform", message)
                self._sent += 1
            if self._seconds_until_break() <= 0:
                self.look()

    async def wait_until_broken(self) -> Reason:
        """Wait until the connection can no longer be used; return the reason for the call."""
        await self.wait(self._seconds_until_break)
        if self._seconds_until_break() > 0:  # released, since the simulator shuts down
            await anyio.sleep_forever()
        if self._is_clogged:
            return "slow_client"
        return "connection_lost" if self.faults.close_code is None else "failed"

    async def receive(self) -> Received:
        """Return the caller's next message. Cancellation-safe: no message is lost.

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
        self._tap("client", message)
        return message

    async def close(self, code: int, reason: str = "") -> None:
        """Close the connection, and wait for the caller's close frame.

        Does nothing if the caller is gone.
        """
        await self._wait_for_stall()
        faults = self.faults
        if self._seconds_until_drop() <= 0 and faults.close_code is None:
            self.reset()
        elif self._is_open:
            with contextlib.suppress(WebSocketDisconnect):
                await self._socket.close(faults.close_code or code, faults.close_reason or reason)

    def reset(self) -> None:
        """Reset the connection, without a close frame."""
        self._socket.scope["extensions"][RESET]()

    async def _wait_for_stall(self) -> None:
        await self.wait(lambda: min(self._seconds_left("stall", 0), self._seconds_until_drop()))

    def _seconds_until_break(self) -> float:
        return 0 if self._is_clogged else self._seconds_until_drop()

    def _seconds_until_drop(self) -> float:
        """Return the seconds until a fault drops or closes the connection."""
        count = self.faults.drop_after_messages
        since = self.faults.since("drop_after_messages")
        if since > self._counted_since:
            self._counted_since, self._uncounted = since, self._sent
        if count is not None and self._sent - self._uncounted >= count:
            return 0
        return self._seconds_left("drop_after_seconds", math.inf)

    def _seconds_left(self, name: str, default: float) -> float:
        seconds: Optional[float] = getattr(self.faults, name)
        if seconds is None:
            return default
        return max(self._began, self.faults.since(name)) + seconds - time.monotonic()

    @property
    def _is_open(self) -> bool:
        both = {self._socket.application_state, self._socket.client_state}
        return both == {WebSocketState.CONNECTED}

    def _tap(self, sender: Sender, message: Message) -> None:
        for tap in self.taps:
            tap(sender, message)
