"""The jitter buffer between a socket that delivers in bursts and a device that plays steadily."""

from __future__ import annotations

from array import array
from collections import deque
from threading import Lock

from vatel_rt.audio.pcm import SAMPLE_WIDTH, bytes_of, duration_ms, pcm_of, samples_of

LONGEST_MS = 600_000  # maximum length of queued audio (10 min); no agent speaks longer
CUSHION_MS, LONGEST_CUSHION_MS = 40, 240  # queued before speech begins to play: at first, at most
SAME_SPEECH_MS = 300  # speech that resumes after more silence is new speech; otherwise it was late
FADE_MS = 5  # fade-out of interrupted speech, to avoid a click


class PlayoutBuffer:
    """A queue of PCM for one reader and one writer, which may be different threads.

    The lock is held for a few microseconds, so that the callback of a device may take it.

    Speech begins to play once a little audio (the cushion) is queued, or once any audio has waited
    for the length of the cushion. If the buffer then runs empty and speech resumes soon, that is
    an underrun, and the cushion doubles; speech without an underrun halves it again. A first
    cushion of 0 makes a plain queue.
    """

    def __init__(self, cushion_ms: float = CUSHION_MS) -> None:
        self.refused = self.underruns = 0  # refused: in bytes
        self._first_cushion = self._cushion = bytes_of(cushion_ms)
        self._chunks: deque[bytes] = deque()
        self._size = self._head = 0
        self._held = 0  # bytes of silence returned while waiting for the cushion
        self._silence = bytes_of(SAME_SPEECH_MS) + 1  # ... and since the last speech
        self._was_late = self._was_cut = False
        self._lock = Lock()

    def __len__(self) -> int:
        return self._size

    @property
    def cushion_ms(self) -> float:
        """Audio that must be queued before speech begins to play."""
        return duration_ms(self._cushion)

    def write(self, pcm: bytes) -> None:
        """Append `pcm`; discard it if more than ten minutes would be queued."""
        with self._lock:
            if self._size + len(pcm) > bytes_of(LONGEST_MS):
                self.refused += len(pcm)
            elif pcm:
                if not self._size and self._silence:
                    self._adapt()
                self._chunks.append(pcm)
                self._size += len(pcm)

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes, padded with silence."""
        with self._lock:
            is_waiting = self._silence > 0 and self._size > 0
            if is_waiting and max(self._size, self._held) < self._cushion:
                self._held += size
                self._silence += size
                return bytes(size)
            pcm = self._take(size)
            missing = size - len(pcm)
            self._silence = missing if pcm else self._silence + missing
            if missing:
                self._held = 0
                if self._was_cut:  # what follows is new speech, however soon
                    self._silence += bytes_of(SAME_SPEECH_MS)
                    self._was_cut = False
        return pcm + bytes(missing)

    def clear(self) -> int:
        """Drop the queued audio, but fade out for 5 ms; return how many bytes were dropped."""
        with self._lock:
            self._was_cut = self._was_cut or not self._silence
            fade = b"" if self._silence else _faded(self._take(bytes_of(FADE_MS)))
            dropped, self._size = self._size, len(fade)
            self._chunks, self._head = deque([fade] if fade else ()), 0
        return dropped

    def _adapt(self) -> None:
        is_late = self._silence <= bytes_of(SAME_SPEECH_MS)
        if is_late:
            self.underruns += 1
            longest = max(bytes_of(LONGEST_CUSHION_MS), self._first_cushion)
            self._cushion = min(2 * self._cushion, longest)
        elif not self._was_late:
            self._cushion = max(self._cushion // 4 * 2, self._first_cushion)
        self._was_late = is_late

    def _take(self, size: int) -> bytes:
        taken = bytearray()
        while len(taken) < size and self._chunks:
            chunk = self._chunks[0]
            part = chunk[self._head : self._head + size - len(taken)]
            taken += part
            self._head += len(part)
            if self._head == len(chunk):
                self._chunks.popleft()
                self._head = 0
        self._size -= len(taken)
        return bytes(taken)


def _faded(pcm: bytes) -> bytes:
    count = len(pcm) // SAMPLE_WIDTH
    samples = samples_of(pcm[: count * SAMPLE_WIDTH])
    return pcm_of(array("h", [x * (count - i) // (count + 1) for i, x in enumerate(samples)]))
