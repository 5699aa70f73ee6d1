"""Both sides of a device, which meet block by block: the ground of our devices."""

from __future__ import annotations

import asyncio
from typing import Callable, Optional

from vatel_rt.audio.levels import Level, Levels
from vatel_rt.audio.pcm import BLOCK_BYTES, duration_ms
from vatel_rt.audio.playout import PlayoutBuffer
from vatel_rt.errors import AudioDeviceError

Monitor = Callable[[bytes, bytes], None]
"""Called once a block with what was captured and what was played in the same 20 ms."""

CAPTURE_BLOCKS = 250
"""Captured blocks kept for a slow reader, five seconds; then the oldest is dropped."""
_SILENCE = bytes(BLOCK_BYTES)


class BaseDevice:
    """Base class for devices: muting, the monitor, and counters that stay 0.

    A subclass adds `start`, `read`, `play`, `clear`, `drain` and `close`, and redefines the
    counters that it keeps.
    """

    muted = False
    monitor: Optional[Monitor] = None

    @property
    def levels(self) -> Levels:
        """Nothing, unless redefined."""
        return Levels()

    @property
    def underruns(self) -> int:
        """Nothing, unless redefined."""
        return 0

    @property
    def dropped(self) -> int:
        """Nothing, unless redefined."""
        return 0

    @property
    def queued_ms(self) -> float:
        """Nothing, unless redefined."""
        return 0

    @property
    def refused_ms(self) -> float:
        """Nothing, unless redefined."""
        return 0

    def attach(self, monitor: Monitor) -> None:
        """Call `monitor` with both sides of each block, until `detach`.

        Raises:
            AudioDeviceError: a monitor is attached already; a device serves one call at a time.
        """
        if self.monitor is not None:
            raise AudioDeviceError("the device serves another call: give each call its own device")
        self.monitor = monitor

    def detach(self) -> None:
        """Stop calling the monitor. Does nothing if none is attached."""
        self.monitor = None


class Duplex(BaseDevice):
    """What waits to be played and to be read, with levels and mute.

    A device calls `_begin` in its `start`, `_exchange` for each block, and `_stop` when no
    more blocks come.

    Attributes:
        monitor: gets both sides of each block; the microphone's as it is sent.
        muted: whether silence is given instead of the microphone, at the same pace; `Call.mute`
            is this, for any device.
    """

    def __init__(self) -> None:
        self._unread = 0
        self._playout = PlayoutBuffer()
        self._last = (_SILENCE, _SILENCE)
        self._captured: Optional[asyncio.Queue[Optional[bytes]]] = None
        self._is_running = False
        self._failure: Optional[AudioDeviceError] = None

    @property
    def levels(self) -> Levels:
        """How loud both sides were in the last block; the microphone also while it is muted."""
        captured, played = self._last
        return Levels(Level.of(captured), Level.of(played))

    @property
    def underruns(self) -> int:
        """How often, since the start, speech was not there when it had to be played."""
        return self._playout.underruns

    @property
    def dropped(self) -> int:
        """Captured blocks, since the start, that nobody read in time."""
        return self._unread

    @property
    def queued_ms(self) -> float:
        """Speech that waits to be played."""
        return duration_ms(len(self._playout))

    async def read(self) -> bytes:
        """Wait for the next captured block.

        Raises:
            AudioDeviceError: the device is not open, or stopped working.
        """
        if self._captured is None:
            raise AudioDeviceError("the device is not open")
        block = await self._captured.get()
        if block is None:
            self._captured.put_nowait(None)  # for whoever reads again
            raise self._failure or AudioDeviceError("the device is closed")
        return block

    @property
    def refused_ms(self) -> float:
        """Speech, since the start, that was not queued, for ten minutes of it were waiting."""
        return duration_ms(self._playout.refused)

    def play(self, pcm: bytes) -> None:
        """Queue `pcm`, whole samples of any number, for the speaker."""
        self._playout.write(pcm)

    def clear(self) -> float:
        """Drop what is queued but not yet played; returns how many milliseconds it was.

        Of speech that sounds just now, 5 ms more are played, in which it becomes silent.
        """
        return duration_ms(self._playout.clear())

    async def drain(self) -> None:
        """Wait until all that is queued has been played."""
        while self._playout and self._is_running:
            self._exchanged.clear()
            await self._exchanged.wait()

    def _begin(self) -> None:
        self._playout = PlayoutBuffer()
        self._captured = asyncio.Queue()
        self._exchanged = asyncio.Event()
        self._failure = None
        self._last = (_SILENCE, _SILENCE)
        self._unread = 0
        self._is_running = True

    def _stop(self, failure: Optional[AudioDeviceError] = None) -> None:
        if self._is_running:
            self._is_running = False
            self._failure = failure
            self._put(None)
            self._exchanged.set()

    def _exchange(self, captured: bytes, played: bytes) -> None:
        self._last = (captured, played)
        if self.muted:
            captured = _SILENCE
        self._put(captured)
        self._exchanged.set()
        if self.monitor is not None:
            self.monitor(captured, played)

    def _put(self, captured: Optional[bytes]) -> None:
        waiting = self._captured
        if waiting is not None:
            if waiting.qsize() >= CAPTURE_BLOCKS:
                waiting.get_nowait()
                self._unread += 1
            waiting.put_nowait(captured)
