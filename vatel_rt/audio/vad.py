"""Voice activity detection: find where speech begins and ends in PCM, by its energy.

The noise floor is the quietest level of the last two seconds: steady noise, at least 10 dB below
the voice, does not count as speech; other voices, music and the first two seconds of noise do.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from vatel_rt.audio.levels import level
from vatel_rt.audio.pcm import BLOCK_BYTES, BLOCK_FRAMES, BLOCK_MS

ON_DB, OFF_DB = 6.0, 3.0  # above the noise floor, to begin and go on: two limits prevent flutter
MIN_DBFS = -52.0  # anything quieter than this is not speech, however quiet the room is
FLOOR_BLOCKS, LEARNING_BLOCKS = 2000 // BLOCK_MS, 200 // BLOCK_MS
SMOOTHING, ONSET_BLOCKS = 0.3, 8


@dataclass(frozen=True)
class Activity:
    """Speech `started` or `stopped` at sample `at`, counted from the first one pushed."""

    kind: Literal["started", "stopped"]
    at: int


class VoiceActivity:
    """Detects speech in a stream of PCM, of which `position` samples are processed.

    Speech starts if `start_ms` of the last `start_ms` + 40 ms are loud; `stop_ms` of quiet end it.
    """

    def __init__(self, *, start_ms: float = 60, stop_ms: float = 500) -> None:
        self.speaking, self.position = False, 0
        self._needed, self._stop_blocks = (max(1, round(x / BLOCK_MS)) for x in (start_ms, stop_ms))
        self._rest = b""
        self._smooth: float | None = None
        self._levels: deque[float] = deque(maxlen=FLOOR_BLOCKS)
        self._active: deque[bool] = deque(maxlen=self._needed + 2)
        self._loud: deque[bool] = deque(maxlen=max(ONSET_BLOCKS, self._needed + 2))
        self._quiet = self._end = 0

    def push(self, pcm: bytes) -> list[Activity]:
        """Process more audio, of any length; return the changes that were detected."""
        data = self._rest + pcm
        whole = len(data) - len(data) % BLOCK_BYTES
        self._rest = data[whole:]
        changes = []
        for start in range(0, whole, BLOCK_BYTES):
            self._measure(level(data[start : start + BLOCK_BYTES]))
            changes.append(self._stop() if self.speaking else self._start())
        return [change for change in changes if change]

    def _measure(self, db: float) -> None:
        self.position += BLOCK_FRAMES
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
        self._quiet, self._end = 0, self.position
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
