"""The stereo recording of a call: left the caller, right the agent as the caller heard it.

Each leg is a file, and the legs are combined when the recording is requested. So neither a long
call nor a late interruption takes memory.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import anyio.lowlevel

from vatel_rt.audio.pcm import SAMPLE_RATE, SAMPLE_WIDTH, interleave

Leg = Literal["caller", "agent"]
_LEGS: tuple[Leg, Leg] = ("caller", "agent")
_FRAME = 2 * SAMPLE_WIDTH
_BLOCK = 32_768
_BUFFER = 65_536
"""Bytes of a leg that are buffered: more than a second."""
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_LARGEST = 2**32 - 1
MAX_SAMPLES = (_LARGEST - _HEADER.size) // _FRAME
"""Samples that a WAV file can hold, about twelve hours; later audio is not recorded."""


class Recording:
    """A recording in `folder`. Positions are in samples from the call's start."""

    def __init__(self, folder: Path, name: str) -> None:
        self._paths = {leg: folder / f"{name}.{leg}" for leg in _LEGS}
        self._files = {leg: path.open("wb", _BUFFER) for leg, path in self._paths.items()}
        self._ends = dict.fromkeys(_LEGS, 0)

    def write(self, leg: Leg, position: int, pcm: bytes) -> None:
        """Write `pcm` to a leg at a position; a gap before it is silence."""
        pcm = pcm[: max(0, MAX_SAMPLES - position) * SAMPLE_WIDTH]
        if position != self._ends[leg]:  # seeking empties the buffer
            self._files[leg].seek(position * SAMPLE_WIDTH)
        self._files[leg].write(pcm)
        self._ends[leg] = position + len(pcm) // SAMPLE_WIDTH

    def cut(self, leg: Leg, position: int) -> None:
        """Remove the audio of a leg after `position`."""
        file = self._files[leg]
        if file.seek(0, 2) > position * SAMPLE_WIDTH:
            file.truncate(position * SAMPLE_WIDTH)
        self._ends[leg] = -1  # so that the next write seeks

    def delete(self) -> None:
        """Close the recording and delete its files."""
        self.close()
        for path in self._paths.values():
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the files; nothing can be written afterwards."""
        for file in self._files.values():
            file.close()

    def pcm(self, leg: Leg) -> bytes:
        """Return the audio of a leg so far. May be called in any thread."""
        self._flush()
        return self._paths[leg].read_bytes()

    @property
    def size(self) -> int:
        """The size of the WAV file in bytes."""
        self._flush()
        longest = max(path.stat().st_size for path in self._paths.values())
        return _HEADER.size + longest // SAMPLE_WIDTH * _FRAME

    def _flush(self) -> None:
        for file in self._files.values():
            with suppress(ValueError):  # closed, so already written
                file.flush()

    async def wav(self) -> AsyncIterator[bytes]:
        """Return the WAV file in blocks."""
        left, right = (self._paths[leg].open("rb") for leg in _LEGS)
        with left, right:
            size = self.size - _HEADER.size
            yield _header(size)
            for _ in range(0, size, 2 * _BLOCK):
                yield interleave(left.read(_BLOCK), right.read(_BLOCK))
                await anyio.lowlevel.checkpoint()


def _header(size: int) -> bytes:
    bytes_a_second = SAMPLE_RATE * _FRAME
    shape = (1, 2, SAMPLE_RATE, bytes_a_second, _FRAME, 8 * SAMPLE_WIDTH)
    return _HEADER.pack(
        b"RIFF", size + _HEADER.size - 8, b"WAVE", b"fmt ", 16, *shape, b"data", size
    )
