"""Devices that are paced by the clock of the event loop, not by hardware."""

from __future__ import annotations

import asyncio
from typing import Optional

from vatel_rt.audio.device import BufferedDevice
from vatel_rt.audio.pcm import BLOCK_BYTES, BLOCK_MS
from vatel_rt.errors import AudioDeviceError, ConfigurationError
from vatel_rt.validation import check_types

LATE_BLOCKS = 50  # a device that is later than this (1 s) restarts its clock instead of catching up


class ClockedDevice(BufferedDevice):
    """Base class for devices paced by a clock: a block each 20 ms at `speed` times real time."""

    def __init__(self, *, speed: float = 1) -> None:
        super().__init__()
        check_types(int, float, speed=speed)
        if not speed > 0:
            raise ConfigurationError(f"speed must be greater than 0, not {speed!r}")
        self._block_seconds = BLOCK_MS / 1000 / speed
        self._pacer: Optional[asyncio.Task[None]] = None

    async def start(self) -> None:
        """Start capturing and playing; raise `AudioDeviceError` if the device is open already."""
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
            finally:  # even if `close` is cancelled
                self._stop()
                self._shut()

    def _open(self) -> None: ...  # prepare the two sides of the device

    def _shut(self) -> None: ...  # close what `_open` opened

    def _capture(self) -> bytes:
        """Return the next block of the microphone; silence by default."""
        return bytes(BLOCK_BYTES)

    def _emit(self, block: bytes) -> None: ...  # play a block; by default it is discarded

    async def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        with self._stopping_on_error():
            while True:
                captured, played = self._capture(), self._playout.read(BLOCK_BYTES)
                self._emit(played)
                self._exchange(captured, played)
                due += self._block_seconds
                if due < loop.time() - LATE_BLOCKS * self._block_seconds:
                    due = loop.time()
                await asyncio.sleep(max(0.0, due - loop.time()))


class SilentDevice(ClockedDevice):
    """A device without sound: captures silence at real pace, discards what is played.

    `speed` is a multiple of real time, for tests; `ConfigurationError` if it is not above 0.
    """
