"""What a call needs of a microphone and a speaker, and a device that has neither.

A device works in blocks of 20 ms: `BLOCK_BYTES` of PCM, signed 16-bit little-endian,
24 000 Hz, mono.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Optional, Protocol

from vatel_rt.audio.duplex import CAPTURE_BLOCKS, BaseDevice, Duplex, Monitor
from vatel_rt.audio.levels import Levels
from vatel_rt.audio.pcm import BLOCK_BYTES, BLOCK_MS
from vatel_rt.config import check_types
from vatel_rt.errors import AudioDeviceError, ConfigurationError

__all__ = ["CAPTURE_BLOCKS", "AudioDevice", "BaseDevice", "Monitor", "SilentDevice"]

log = logging.getLogger("vatel.audio")

LATE_BLOCKS = 50
"""A pacer that is later than this, one second, starts afresh instead of rushing."""


class AudioDevice(Protocol):
    """A microphone and a speaker. To write a device, derive from `BaseDevice`."""

    muted: bool

    @property
    def levels(self) -> Levels:
        """Loudness of the last block, for meters."""
        ...

    @property
    def underruns(self) -> int:
        """How often the speaker ran out of audio in the middle of speech."""
        ...

    @property
    def dropped(self) -> int:
        """Number of captured blocks that were not read in time."""
        ...

    @property
    def queued_ms(self) -> float:
        """Milliseconds of queued audio that have not been played yet."""
        ...

    @property
    def refused_ms(self) -> float:
        """Milliseconds of audio that `play` discarded because the queue was full."""
        ...

    def attach(self, monitor: Monitor) -> None:
        """Call `monitor` with both sides of each block, until `detach`.

        Raises:
            AudioDeviceError: a monitor is attached already; a device serves one call at a time.
        """

    def detach(self) -> None:
        """Stop calling the monitor. Does nothing if none is attached."""

    async def start(self) -> None:
        """Open the device and begin to capture and to play.

        Raises:
            AudioDeviceError: it does not open.
        """

    async def read(self) -> bytes:
        """Wait for the next captured block.

        Raises:
            AudioDeviceError: the device stopped working.
        """
        ...

    def play(self, pcm: bytes) -> None:
        """Queue `pcm`, whole samples of any number, for the speaker."""

    def clear(self) -> float:
        """Drop what is queued but not yet played; returns how many milliseconds it was."""
        ...

    async def drain(self) -> None:
        """Wait until all that is queued has been played."""

    async def close(self) -> None:
        """Stop at once and give everything back."""


class SilentDevice(Duplex):
    """A device without sound: captures silence at real pace, and plays to nobody.

    Also the ground of devices that are paced by the event loop's clock: they override
    `_capture` and `_emit`, which are called once a block.

    Args:
        speed: times real time, for tests.

    Raises:
        ConfigurationError: `speed` is not above 0.
    """

    def __init__(self, *, speed: float = 1) -> None:
        super().__init__()
        check_types(int, float, speed=speed)
        if not speed > 0:
            raise ConfigurationError(f"speed is above 0, not {speed!r}")
        self._block_seconds = BLOCK_MS / 1000 / speed
        self._pacer: Optional[asyncio.Task[None]] = None

    async def start(self) -> None:
        """Begin to capture and to play.

        Raises:
            AudioDeviceError: it is open already, or does not open.
        """
        if self._pacer is not None:
            raise AudioDeviceError("the device is open already")
        self._open()
        self._begin()
        self._pacer = asyncio.create_task(self._pace())

    async def close(self) -> None:
        """Stop at once."""
        pacer, self._pacer = self._pacer, None
        if pacer is not None:
            pacer.cancel()
            try:
                await asyncio.wait({pacer})
            finally:  # also when this is cancelled
                self._stop()
                self._shut()

    def _open(self) -> None:
        """Open what the device writes to."""

    def _shut(self) -> None:
        """Close what `_open` opened."""

    def _capture(self) -> bytes:
        return bytes(BLOCK_BYTES)

    def _emit(self, block: bytes) -> None:
        """Take a block that is played."""

    async def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                captured, played = self._capture(), self._playout.read(BLOCK_BYTES)
                self._emit(played)
                self._exchange(captured, played)
                due += self._block_seconds
                if due < loop.time() - LATE_BLOCKS * self._block_seconds:
                    due = loop.time()
                await asyncio.sleep(max(0.0, due - loop.time()))
        except Exception as error:  # a monitor's too: the reader must not wait for ever
            log.exception("the audio device stopped")
            self._stop(AudioDeviceError(f"the audio device stopped: {error}"))
