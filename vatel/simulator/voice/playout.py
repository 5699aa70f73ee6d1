"""What the agent says, on its way to the caller's ear.

It is sent faster than it is played; how far the caller has heard it is reckoned from the clock.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

from vatel.simulator.platform.recording import Recording
from vatel.simulator.scenario.keys import Delivery, Pause
from vatel_rt.audio.pcm import SAMPLE_RATE, SAMPLE_WIDTH, bytes_of, duration_ms


@dataclass(frozen=True)
class Piece:
    """A chunk of an utterance.

    Attributes:
        steps: how many of the interim texts are due by its end.
        wait: seconds that it is held back.
    """

    pcm: bytes
    steps: int
    is_final: bool
    wait: float = 0

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return duration_ms(len(self.pcm)) / 1000


class Playout:
    """One utterance.

    Args:
        text: what it says.
        pcm: as audio.
        begin: when it can play, in seconds since the call's start.
        interim: the texts that come before it is all said; word by word by default.

    Attributes:
        until: when the caller will have heard all that was sent, in seconds of the call.
        is_cut: whether it was interrupted.
    """

    def __init__(
        self,
        text: str,
        pcm: bytes,
        begin: float,
        recording: Recording,
        interim: Optional[Sequence[str]] = None,
    ) -> None:
        self.words = text.split()
        self.until = begin
        self.is_cut = False
        self._begin = begin
        self._interim = interim
        self._pcm = pcm
        self._sent = 0
        self._recording = recording

    def pieces(
        self, delivery: Delivery, rng: random.Random, pauses: Sequence[Pause] = ()
    ) -> Iterator[Piece]:
        """The utterance in chunks of random size, which end where there is a pause."""
        waits = {bytes_of(pause.at_ms): pause.for_ms / 1000 for pause in pauses}
        steps = len(self.words if self._interim is None else self._interim)
        end, is_final = 0, False
        while not is_final:
            start = end
            ms = rng.uniform(delivery.chunk_min_ms, delivery.chunk_max_ms)
            stops = (at for at in waits if at > start)
            end = min(start + bytes_of(ms), len(self._pcm), *stops)
            is_final = end == len(self._pcm)
            due = math.ceil(steps * self._share(end))
            yield Piece(self._pcm[start:end], due, is_final, waits.get(start, 0))

    def interim(self, step: int) -> str:
        """The text after so many steps."""
        return " ".join(self.words[:step]) if self._interim is None else self._interim[step - 1]

    def sent(self, piece: Piece, now: float) -> None:
        """`piece` was sent: it plays after those before it, or at once."""
        begin = max(self.until, now)
        self._recording.write("agent", round(begin * SAMPLE_RATE), piece.pcm)
        self.until = begin + piece.seconds
        self._sent += len(piece.pcm)

    def cut(self, now: float) -> None:
        """The caller interrupts: what has not played is not heard."""
        now = max(now, self._begin)
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
