"""What waits to be played, between a socket that bursts and a device that does not wait."""

from __future__ import annotations

from collections import deque
from threading import Lock

from vatel_rt.audio.pcm import bytes_of

LONGEST_MS = 600_000
"""Speech that may wait, ten minutes: no agent's turn is longer, and memory is bounded."""


class PlayoutBuffer:
    """A queue of PCM for one reader and one writer, which may be different threads.

    Chunks of any size go in, blocks of the asked size come out. The lock is held for a few
    microseconds: a device's callback may take it.

    Attributes:
        refused: bytes that came when ten minutes of speech were waiting.
    """

    def __init__(self) -> None:
        self.refused = 0
        self._chunks: deque[bytes] = deque()
        self._head = 0
        self._size = 0
        self._lock = Lock()

    def __len__(self) -> int:
        """Bytes that wait."""
        return self._size

    def write(self, pcm: bytes) -> None:
        """Add `pcm` at the end."""
        if not pcm:
            return
        if self._size + len(pcm) > bytes_of(LONGEST_MS):
            self.refused += len(pcm)
            return
        with self._lock:
            self._chunks.append(pcm)
            self._size += len(pcm)

    def read(self, size: int) -> bytes:
        """Take exactly `size` bytes; where fewer wait, the rest is silence."""
        parts = []
        missing = size
        with self._lock:
            while missing and self._chunks:
                chunk = self._chunks[0]
                part = chunk[self._head : self._head + missing]
                parts.append(part)
                missing -= len(part)
                self._head += len(part)
                if self._head == len(chunk):
                    self._chunks.popleft()
                    self._head = 0
            self._size -= size - missing
        parts.append(bytes(missing))
        return b"".join(parts)

    def clear(self) -> int:
        """Drop all that waits, and return how many bytes that were."""
        empty: deque[bytes] = deque()
        with self._lock:
            dropped, self._size = self._size, 0
            self._chunks, self._head = empty, 0
        return dropped
