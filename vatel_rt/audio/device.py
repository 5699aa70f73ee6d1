"""What a call needs of a microphone and a speaker, and a device that has neither.

A device works in blocks of 20 ms: `BLOCK_BYTES` of PCM, signed 16-bit little-endian,
24 000 Hz, mono.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Callable, Optional, Protocol

from vatel_rt.audio.pcm import BLOCK_BYTES, BLOCK_MS, duration_ms
from vatel_rt.audio.playout import PlayoutBuffer
from vatel_rt.errors import AudioDeviceError

log = logging.getLogger("vatel.audio")

Monitor = Callable[[bytes, bytes], None]
"""Called once a block with what was captured and what was played in the same 20 ms."""

CAPTURE_BLOCKS = 50
"""Captured blocks kept for a slow reader, one second; then the oldest is dropped."""
LATE_BLOCKS = 50
"""A pacer that is later than this, one second, starts afresh instead of rushing."""


class AudioDevice(Protocol):
    """A microphone and a speaker. `close` may be called in any state, and twice."""

    monitor: Optional[Monitor]

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


class SilentDevice:
    """A device without sound: captures silence at real pace, and plays to nobody.

    Also the ground of devices that are paced by the event loop's clock: they override
    `_capture` and `_emit`, which are called once a block.

    Attributes:
        dropped: captured blocks that nobody read in time.
    """

    def __init__(self) -> None:
        self.monitor: Optional[Monitor] = None
        self.dropped = 0
        self._playout = PlayoutBuffer()
        self._pacer: Optional[asyncio.Task[None]] = None

    async def start(self) -> None:
        """Begin to capture and to play."""
        self._playout.clear()
        self._captured: asyncio.Queue[Optional[bytes]] = asyncio.Queue()
        self._played = asyncio.Event()
        self._failure: Optional[AudioDeviceError] = None
        self._open()
        self._pacer = asyncio.create_task(self._pace())

    async def read(self) -> bytes:
        """Wait for the next captured block."""
        block = await self._captured.get()
        if block is None:
            self._captured.put_nowait(None)  # for whoever reads again
            raise self._failure or AudioDeviceError("the device is closed")
        return block

    def play(self, pcm: bytes) -> None:
        """Queue `pcm` for the speaker."""
        self._playout.write(pcm)

    def clear(self) -> float:
        """Drop what is queued; returns how many milliseconds it was."""
        return duration_ms(self._playout.clear())

    async def drain(self) -> None:
        """Wait until all that is queued has been played."""
        while self._playout and self._pacer and not self._pacer.done():
            self._played.clear()
            await self._played.wait()

    async def close(self) -> None:
        """Stop at once."""
        pacer, self._pacer = self._pacer, None
        if pacer is not None:
            pacer.cancel()
            await asyncio.wait({pacer})
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
                self._block()
                due += BLOCK_MS / 1000
                if due < loop.time() - LATE_BLOCKS * BLOCK_MS / 1000:
                    due = loop.time()
                await asyncio.sleep(max(0.0, due - loop.time()))
        except Exception as error:  # a monitor's too: the reader must not wait for ever
            self._failure = AudioDeviceError(f"the audio device stopped: {error}")
            log.exception("the audio device stopped")
        finally:
            self._captured.put_nowait(None)
            self._played.set()

    def _block(self) -> None:
        captured = self._capture()
        played = self._playout.read(BLOCK_BYTES)
        self._emit(played)
        if self._captured.qsize() >= CAPTURE_BLOCKS:
            self._captured.get_nowait()
            self.dropped += 1
        self._captured.put_nowait(captured)
        self._played.set()
        if self.monitor is not None:
            self.monitor(captured, played)
