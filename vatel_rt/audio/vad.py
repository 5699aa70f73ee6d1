"""Voice activity detection: find where speech begins and ends in PCM, by its energy.

Standard library only, with a bounded amount of work per 20 ms of audio. The noise floor is the
quietest level of the last two seconds: steady noise, at least 10 dB below the voice, does not
count as speech; other voices and music do, and so does new noise for its first two seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from vatel_rt.audio.levels import level
from vatel_rt.audio.pcm import BLOCK_BYTES, BLOCK_FRAMES, BLOCK_MS

ON_DB = 6.0
"""How far above the noise floor speech begins."""
OFF_DB = 3.0
"""... and how far above it speech goes on. Less, so that the result does not flutter."""
MIN_DBFS = -52.0
"""Anything quieter than this is not speech, however quiet the room is."""
FLOOR_BLOCKS = 2000 // BLOCK_MS
LEARNING_BLOCKS = 200 // BLOCK_MS
SMOOTHING = 0.3
ONSET_BLOCKS = 8


@dataclass(frozen=True)
class Activity:
    """Speech `started` or `stopped` at sample `at`, counted from the first one pushed.

    `at` lies before the push that detected it: by `start_ms` or a little more for a start, by
    `stop_ms` for a stop.
    """

    kind: Literal["started", "stopped"]
    at: int


class VoiceActivity:
    """Detects speech in a stream of PCM.

    Args:
        start_ms: speech starts when this much of the last `start_ms` + 40 ms is loud.
        stop_ms: speech stops after this much quiet.

    Attributes:
        speaking: whether speech has started and not stopped.
        position: samples processed so far, in whole 20 ms blocks.
    """

    def __init__(self, *, start_ms: float = 60, stop_ms: float = 500) -> None:
        self.speaking = False
        self.position = 0
        self._needed = max(1, round(start_ms / BLOCK_MS))
        self._stop_blocks = max(1, round(stop_ms / BLOCK_MS))
        self._rest = b""
        self._smooth: float | None = None
        self._levels: deque[float] = deque(maxlen=FLOOR_BLOCKS)
        self._active: deque[bool] = deque(maxlen=self._needed + 2)
        self._loud: deque[bool] = deque(maxlen=max(ONSET_BLOCKS, self._needed + 2))
        self._quiet = 0
        self._end = 0

    def push(self, pcm: bytes) -> list[Activity]:
        """Process more audio, of any length; return the changes that were detected."""
        data = self._rest + pcm
        whole = len(data) - len(data) % BLOCK_BYTES
        self._rest = data[whole:]
        return list(self._hear(data[:whole]))

    def _hear(self, data: bytes) -> Iterator[Activity]:
        for start in range(0, len(data), BLOCK_BYTES):
            self._measure(level(data[start : start + BLOCK_BYTES]))
            self.position += BLOCK_FRAMES
            change = self._stop() if self.speaking else self._start()
            if change:
                yield change

    def _measure(self, db: float) -> None:
        before = db if self._smooth is None else self._smooth
        self._smooth = before + SMOOTHING * (db - before)
        self._levels.append(self._smooth)
        floor = min(self._levels)
        learned = len(self._levels) >= LEARNING_BLOCKS
        active = self._smooth > max(floor + (OFF_DB if self.speaking else ON_DB), MIN_DBFS)
        self._active.append(learned and active)
        # The smoothed level decides; the plain one does not lag and determines the position.
        self._loud.append(db > max(floor + ON_DB, MIN_DBFS))

    def _start(self) -> Activity | None:
        if sum(self._active) < self._needed:
            return None
        self.speaking = True
        self._quiet = 0
        self._end = self.position
        blocks = len(self._loud) - (self._loud.index(True) if True in self._loud else 0)
        return Activity("started", self.position - blocks * BLOCK_FRAMES)

    def _stop(self) -> Activity | None:
        self._quiet = 0 if self._active[-1] else self._quiet + 1
        if self._loud[-1]:
            self._end = self.position
        if self._quiet < self._stop_blocks:
            return None
        self.speaking = False
        self._active.clear()
        self._loud.clear()
        return Activity("stopped", self._end)
