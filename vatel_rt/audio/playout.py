"""What waits to be played, between a socket that bursts and a device that does not wait."""

from __future__ import annotations

from array import array
from collections import deque
from threading import Lock

from vatel_rt.audio.pcm import SAMPLE_WIDTH, bytes_of, duration_ms, pcm_of, samples_of

LONGEST_MS = 600_000
"""Speech that may wait, ten minutes: no agent's turn is longer, and memory is bounded."""
CUSHION_MS, LONGEST_CUSHION_MS = 40, 240
"""Speech that must wait before it begins to play: at first, and at most after underruns."""
SAME_SPEECH_MS = 300
"""Speech that goes on after less silence than this was late; after more, it is a new beginning."""
FADE_MS = 5
"""How long speech that is cut takes to become silent: less clicks."""


class PlayoutBuffer:
    """A queue of PCM for one reader and one writer, which may be different threads.

    Chunks of any size go in, blocks of the asked size come out. The lock is held for a few
    microseconds: a device's callback may take it.

    Speech begins once a little of it waits (the cushion), or once it has waited that long.
    Where it then runs dry and goes on soon, that is an underrun, and the cushion doubles; a
    speech without any halves it again.

    Args:
        cushion_ms: the first cushion; 0 for a plain queue.

    Attributes:
        refused: bytes that came when ten minutes of speech were waiting.
        underruns: how often speech ran dry before it was over.
    """

    def __init__(self, cushion_ms: float = CUSHION_MS) -> None:
        self.refused = 0
        self.underruns = 0
        self._first_cushion = self._cushion = bytes_of(cushion_ms)
        self._chunks: deque[bytes] = deque()
        self._head = 0
        self._size = 0
        self._held = 0  # bytes of silence given while speech waited for its cushion
        self._silence = bytes_of(SAME_SPEECH_MS) + 1  # ... and since speech was last played
        self._was_late = self._was_cut = False
        self._lock = Lock()

    def __len__(self) -> int:
        """Bytes that wait."""
        return self._size

    @property
    def cushion_ms(self) -> float:
        """Speech that must wait before it begins to play."""
        return duration_ms(self._cushion)

    def write(self, pcm: bytes) -> None:
        """Add `pcm` at the end."""
        if not pcm:
            return
        with self._lock:
            if self._size + len(pcm) > bytes_of(LONGEST_MS):
                self.refused += len(pcm)
                return
            if not self._size and self._silence:
                self._adapt()
            self._chunks.append(pcm)
            self._size += len(pcm)

    def read(self, size: int) -> bytes:
        """Take exactly `size` bytes; where fewer wait, the rest is silence."""
        with self._lock:
            if self._must_wait():
                self._held += size
                self._silence += size
                return bytes(size)
            pcm = self._take(size)
            missing = size - len(pcm)
            self._silence = missing if pcm else self._silence + missing
            if missing:
                self._held = 0
            if missing and self._was_cut:  # what comes next is another speech, however soon
                self._silence += bytes_of(SAME_SPEECH_MS)
                self._was_cut = False
        return pcm + bytes(missing)

    def clear(self) -> int:
        """Drop all that waits, and return how many bytes that were.

        Of speech that is being played, the next 5 ms are kept and become silence.
        """
        with self._lock:
            self._was_cut = self._was_cut or not self._silence
            fade = b"" if self._silence else _faded(self._take(bytes_of(FADE_MS)))
            dropped, self._size = self._size, len(fade)
            self._chunks, self._head = deque([fade] if fade else ()), 0
        return dropped

    def _adapt(self) -> None:
        if self._silence <= bytes_of(SAME_SPEECH_MS):
            self.underruns += 1
            self._was_late = True
            doubled = max(2 * self._cushion, self._first_cushion)
            self._cushion = min(doubled, max(bytes_of(LONGEST_CUSHION_MS), self._first_cushion))
        else:
            if not self._was_late:
                self._cushion = max(self._cushion // 4 * 2, self._first_cushion)
            self._was_late = False

    def _must_wait(self) -> bool:
        at_rest = self._silence and self._size
        return bool(at_rest and self._size < self._cushion and self._held < self._cushion)

    def _take(self, size: int) -> bytes:
        parts = []
        missing = size
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
        return b"".join(parts)


def _faded(pcm: bytes) -> bytes:
    count = len(pcm) // SAMPLE_WIDTH
    samples = samples_of(pcm[: count * SAMPLE_WIDTH])
    return pcm_of(array("h", [x * (count - i) // (count + 1) for i, x in enumerate(samples)]))
