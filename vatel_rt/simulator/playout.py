"""What the agent says, on its way to the caller's ear.

It is sent faster than it is played; how far the caller has heard it is reckoned from the clock.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from vatel_rt.audio.pcm import SAMPLE_RATE, SAMPLE_WIDTH, bytes_of, duration_ms
from vatel_rt.simulator.recording import Recording
from vatel_rt.simulator.scenario import Delivery


@dataclass(frozen=True)
class Piece:
    """A chunk of an utterance: its audio, and the words that have begun by its end."""

    pcm: bytes
    words: int
    is_final: bool

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return duration_ms(len(self.pcm)) / 1000


class Playout:
    """One utterance.

    Args:
        text: what it says.
        pcm: as audio.
        now: seconds since the call's start.

    Attributes:
        until: when the caller will have heard all that was sent, in seconds of the call.
        is_cut: whether it was interrupted.
    """

    def __init__(self, text: str, pcm: bytes, now: float, recording: Recording) -> None:
        self.words = text.split()
        self.until = now
        self.is_cut = False
        self._pcm = pcm
        self._sent = 0
        self._recording = recording

    def pieces(self, delivery: Delivery, rng: random.Random) -> Iterator[Piece]:
        """The utterance in chunks of random size."""
        end, is_final = 0, False
        while not is_final:
            start = end
            ms = rng.uniform(delivery.chunk_min_ms, delivery.chunk_max_ms)
            end = min(start + bytes_of(ms), len(self._pcm))
            is_final = end == len(self._pcm)
            words = math.ceil(len(self.words) * self._share(end))
            yield Piece(self._pcm[start:end], words, is_final)

    def sent(self, piece: Piece, now: float) -> None:
        """`piece` was sent: it plays after those before it, or at once."""
        begin = max(self.until, now)
        self._recording.write("agent", round(begin * SAMPLE_RATE), piece.pcm)
        self.until = begin + piece.seconds
        self._sent += len(piece.pcm)

    def cut(self, now: float) -> None:
        """The caller interrupts: what has not played is not heard."""
        unheard = int((self.until - now) * SAMPLE_RATE) * SAMPLE_WIDTH
        self._sent -= min(self._sent, unheard)
        self._recording.cut("agent", round(now * SAMPLE_RATE))
        self.until = now
        self.is_cut = True

    @property
    def text(self) -> str:
        """All the words."""
        return " ".join(self.words)

    @property
    def heard(self) -> str:
        """The words of which the caller has heard at least a part, once it is over."""
        return " ".join(self.words[: math.ceil(len(self.words) * self._share(self._sent))])

    @property
    def heard_ms(self) -> int:
        """Milliseconds that the caller has heard, once it is over."""
        return round(duration_ms(self._sent))

    def _share(self, size: int) -> float:
        return size / len(self._pcm) if self._pcm else 1
