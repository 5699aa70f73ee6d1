"""Callbacks of PortAudio, in its threads: never wait, never raise, always return a full block."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Any, Callable, Optional

from vatel_rt.audio.pcm import BLOCK_BYTES, SAMPLE_RATE, SAMPLE_WIDTH, interleave
from vatel_rt.audio.playout import PlayoutBuffer
from vatel_rt.audio.resampling import Resampler, to_mono

Answer = tuple[Optional[bytes], int]
CONTINUE, INPUT_OVERFLOW, OUTPUT_UNDERFLOW = 0, 2, 4  # flags of PortAudio
MOST_APART = 5 * BLOCK_BYTES  # how far playing may be ahead of capturing: they have two clocks


class Stream:
    """One direction of a device. `calls` increases as long as the device works."""

    def __init__(self, channels: int, flag: int, from_rate: int, to_rate: int) -> None:
        self.calls = self.lost = 0  # lost: blocks that the library reported as lost or late
        self.error: Optional[BaseException] = None
        self._channels, self._flag = channels, flag
        self._resampler = Resampler(from_rate, to_rate) if from_rate != to_rate else None
        self._ready = b""  # converted audio

    def __call__(self, data: Optional[bytes], frames: int, _time: Any, flags: int) -> Answer:
        """Handle a call of PortAudio."""
        try:
            self.calls += 1
            self.lost += bool(flags & self._flag)
            return self._block(data or b"", frames), CONTINUE
        except BaseException as error:
            self.error = error
            return bytes(frames * self._channels * SAMPLE_WIDTH), CONTINUE

    def _convert(self, pcm: bytes) -> None:
        self._ready += self._resampler.push(pcm) if self._resampler else pcm

    def _block(self, data: bytes, frames: int, /) -> Optional[bytes]:
        raise NotImplementedError


class Playback(Stream):
    """Fills the speaker's blocks, and keeps a copy in `played` for `Capture`."""

    def __init__(self, playout: PlayoutBuffer, rate: int, channels: int) -> None:
        super().__init__(channels, OUTPUT_UNDERFLOW, SAMPLE_RATE, rate)
        self.played = PlayoutBuffer(cushion_ms=0)
        self._playout = playout

    def _block(self, _data: bytes, frames: int, /) -> bytes:
        size = frames * SAMPLE_WIDTH
        while len(self._ready) < size:
            pcm = self._playout.read(BLOCK_BYTES if self._resampler else size)
            self.played.write(pcm)
            if len(self.played) > MOST_APART:
                self.played.read(len(pcm))
            self._convert(pcm)
        block, self._ready = self._ready[:size], self._ready[size:]
        return interleave(block, block) if self._channels > 1 else block


class Capture(Stream):
    """Cuts captured audio into blocks, and passes each to `put` with what was played meanwhile."""

    def __init__(
        self, played: PlayoutBuffer, put: Callable[[bytes, bytes], None], rate: int, channels: int
    ) -> None:
        super().__init__(channels, INPUT_OVERFLOW, rate, SAMPLE_RATE)
        self._played, self._put = played, put

    def _block(self, data: bytes, _frames: int, /) -> None:
        self._convert(to_mono(data, self._channels))
        while len(self._ready) >= BLOCK_BYTES:
            block, self._ready = self._ready[:BLOCK_BYTES], self._ready[BLOCK_BYTES:]
            self._put(block, self._played.read(BLOCK_BYTES))


class Handover:
    """Passes blocks from a callback to the event loop; `wake` must schedule `take_all` there."""

    def __init__(self, wake: Callable[[], object], limit: int) -> None:
        self.dropped, self._wake = 0, wake
        self._blocks: deque[tuple[bytes, bytes]] = deque(maxlen=limit)
        self._lock = Lock()

    def put(self, captured: bytes, played: bytes) -> None:
        """Queue a block of both sides."""
        with self._lock:
            is_first = not self._blocks
            self.dropped += len(self._blocks) == self._blocks.maxlen
            self._blocks.append((captured, played))
        if is_first:
            self._wake()

    def take_all(self) -> deque[tuple[bytes, bytes]]:
        """Return and remove all queued blocks."""
        with self._lock:
            taken, self._blocks = self._blocks, deque(maxlen=self._blocks.maxlen)
        return taken
