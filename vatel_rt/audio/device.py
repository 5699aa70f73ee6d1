"""Audio devices: the interface that a call needs, and base classes that implement it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Callable, Optional, Protocol

from vatel_rt.audio.levels import Level, Levels
from vatel_rt.audio.pcm import BLOCK_BYTES, duration_ms
from vatel_rt.audio.playout import PlayoutBuffer
from vatel_rt.errors import AudioDeviceError

log = logging.getLogger("vatel.audio")

Monitor = Callable[[bytes, bytes], None]  # called with both sides of each block: captured, played
CAPTURE_BLOCKS = 250  # kept for a slow reader (5 s); beyond that, the oldest is dropped
_SILENCE = bytes(BLOCK_BYTES)


class AudioDevice(Protocol):
    """A microphone and a speaker that work in blocks of 20 ms (`BLOCK_BYTES` of PCM).

    To write one, derive it from `BaseDevice`. The counters start at 0 with each `start`.
    """

    muted: bool  # whether silence is sent instead of the captured audio, at the same pace

    @property
    def levels(self) -> Levels:
        """Loudness of the last block, for meters."""
        return Levels()

    @property
    def underruns(self) -> int:
        """How often the speaker ran out of audio in the middle of speech."""
        return 0

    @property
    def dropped(self) -> int:
        """Number of captured blocks that were not read in time."""
        return 0

    @property
    def queued_ms(self) -> float:
        """Milliseconds of queued audio that have not been played yet."""
        return 0

    @property
    def refused_ms(self) -> float:
        """Milliseconds of audio that `play` discarded because the queue was full."""
        return 0

    def attach(self, monitor: Monitor) -> None:
        """Call `monitor` with both sides of each block; `AudioDeviceError` if one is attached."""

    def detach(self) -> None:
        """Stop calling the monitor. Does nothing if none is attached."""

    async def start(self) -> None:
        """Open the device; raise `AudioDeviceError` if that is not possible."""

    async def read(self) -> bytes:
        """Return the next captured block; cancellation loses none. Raises `AudioDeviceError`."""
        ...

    def play(self, pcm: bytes) -> None:
        """Queue `pcm`, any number of whole samples, for the speaker."""

    def clear(self) -> float:
        """Drop the queued audio; return how many milliseconds were dropped."""
        ...

    async def drain(self) -> None:
        """Wait until all queued audio has been played."""

    async def close(self) -> None:
        """Stop at once and release the device. May be called in any state, and repeatedly."""


class BaseDevice(AudioDevice):
    """Base class for devices: implements the monitor, and counters that stay 0.

    A subclass adds `start`, `read`, `play`, `clear`, `drain` and `close`, calls `_monitor_block`
    once per block, and redefines the counters that it keeps.
    """

    muted = False
    _monitor: Optional[Monitor] = None

    def attach(self, monitor: Monitor) -> None:
        """Set the monitor; raise `AudioDeviceError` if there is one already."""
        if self._monitor is not None:
            raise AudioDeviceError("the device serves another call: give each call its own device")
        self._monitor = monitor

    def detach(self) -> None:
        """Remove the monitor, if there is one."""
        self._monitor = None

    def _monitor_block(self, captured: bytes, played: bytes) -> None:
        """Pass both sides of a block to the monitor, the captured one as it is sent."""
        if self._monitor is not None:
            self._monitor(captured, played)


class BufferedDevice(BaseDevice):
    """Base class for devices that queue both directions, count, mute and measure levels.

    A subclass plays from `_playout`, and calls `_begin`, `_exchange` and `_stop` in the event loop.
    """

    def __init__(self) -> None:
        self._playout = PlayoutBuffer()
        self._captured: deque[bytes] = deque(maxlen=CAPTURE_BLOCKS)
        self._last, self._unread = (_SILENCE, _SILENCE), 0
        self._exchanged: asyncio.Event  # set once the next block is exchanged
        self._state, self._is_running = "not open", False
        self._failure: Optional[AudioDeviceError] = None

    @property
    def levels(self) -> Levels:
        """Loudness of the last block; the microphone is measured even while it is muted."""
        captured, played = self._last
        return Levels(Level.of(captured), Level.of(played))

    @property
    def underruns(self) -> int:
        """How often the speaker ran out of audio in the middle of speech."""
        return self._playout.underruns

    @property
    def dropped(self) -> int:
        """Number of captured blocks that were not read in time."""
        return self._unread

    @property
    def queued_ms(self) -> float:
        """Milliseconds of queued audio that have not been played yet."""
        return duration_ms(len(self._playout))

    @property
    def refused_ms(self) -> float:
        """Milliseconds of audio discarded because ten minutes were queued."""
        return duration_ms(self._playout.refused)

    async def read(self) -> bytes:
        """Return the next captured block, without losing one when cancelled."""
        while not self._captured:
            if not self._is_running:
                raise self._failure or AudioDeviceError(f"the device is {self._state}")
            await self._exchanged.wait()
        return self._captured.popleft()

    def play(self, pcm: bytes) -> None:
        """Queue `pcm`, any number of whole samples, for the speaker."""
        self._playout.write(pcm)

    def clear(self) -> float:
        """Drop the queued audio, fading out for 5 ms; return the milliseconds dropped."""
        return duration_ms(self._playout.clear())

    async def drain(self) -> None:
        """Wait until all queued audio has been played, or the device stops."""
        while self._playout and self._is_running:
            await self._exchanged.wait()

    def _begin(self) -> None:
        """Reset everything for a new start."""
        BufferedDevice.__init__(self)
        self._is_running, self._exchanged = True, asyncio.Event()

    def _stop(self, failure: Optional[AudioDeviceError] = None) -> None:
        """End `read`, once the captured blocks are read, with `failure`."""
        if self._is_running:
            self._state, self._is_running, self._failure = "closed", False, failure
            self._exchanged.set()

    @contextmanager
    def _stopping_on_error(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # the monitor's too: the reader must not wait forever
            log.exception("the audio device stopped")
            self._stop(AudioDeviceError(f"the audio device stopped: {error}"))

    def _exchange(self, captured: bytes, played: bytes) -> None:
        self._last = (captured, played)
        captured = _SILENCE if self.muted else captured
        self._unread += len(self._captured) == CAPTURE_BLOCKS
        self._captured.append(captured)
        self._exchanged.set()
        self._exchanged = asyncio.Event()
        self._monitor_block(captured, played)
