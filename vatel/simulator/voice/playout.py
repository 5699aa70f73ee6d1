"""One line of the agent while it is sent and played.

Audio is sent faster than it plays; the part that the caller has heard is computed from the clock.
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
class Chunk:
    """A chunk of a line's audio.

    Attributes:
        steps: number of interim texts due by the end of the chunk.
        wait: seconds to wait before the chunk is sent.
    """

    pcm: bytes
    steps: int
    is_final: bool
    wait: float = 0

    @property
    def seconds(self) -> float:
        """Length of the audio."""
        return duration_ms(len(self.pcm)) / 1000


class Playout:
    """Computes how much of a line the caller has heard, and records that part.

    Args:
        text: what is said.
        pcm: its audio.
        begin: earliest start of playback, in seconds since the call began.
        interim: the interim texts; word by word by default.

    Attributes:
        words: the words of the text.
        until: when all audio sent so far will have been heard, in seconds since the call began.
        is_cut: whether the line was interrupted.
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

    def chunks(
        self, delivery: Delivery, rng: random.Random, pauses: Sequence[Pause] = ()
    ) -> Iterator[Chunk]:
        """Yield the line in chunks of random size; a chunk ends where a pause begins."""
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
            yield Chunk(self._pcm[start:end], due, is_final, waits.get(start, 0))

    def interim(self, step: int) -> str:
        """Return the interim text number `step`, counted from 1."""
        return " ".join(self.words[:step]) if self._interim is None else self._interim[step - 1]

    def add_chunk(self, chunk: Chunk, now: float) -> None:
        """Record a chunk that was sent: it plays after the chunks before it, or at once."""
        begin = max(self.until, now)
        self._recording.write("agent", round(begin * SAMPLE_RATE), chunk.pcm)
        self.until = begin + chunk.seconds
        self._sent += len(chunk.pcm)

    def cut(self, now: float) -> None:
        """Interrupt the line: remove the audio that has not been played."""
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
        """The words the caller heard, including a partly heard last word. Valid after the end."""
        return " ".join(self.words[: math.ceil(len(self.words) * self._share(self._sent))])

    @property
    def heard_ms(self) -> int:
        """Milliseconds that the caller heard. Valid after the end."""
        return round(duration_ms(self._sent))

    def _share(self, size: int) -> float:
        return size / len(self._pcm) if self._pcm else 1
