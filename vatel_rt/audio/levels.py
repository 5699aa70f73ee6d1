"""How loud microphone and speaker are, for meters."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vatel_rt.audio.pcm import samples_of

SILENT_DBFS = -120.0
"""What stands for no sound at all."""
_FULL_SCALE = 32768


def level(pcm: bytes) -> float:
    """Level of `pcm` in dB below full scale, without its mean (DC, and most of mains hum).

    Of every third sample: that tells the energy of a voice as well, for a third of the work.
    """
    samples = samples_of(pcm)[::3]
    count = len(samples)
    mean = sum(samples) / count
    energy = sum([x * x for x in samples]) / count - mean * mean
    return 10 * math.log10(max(energy, 1e-3) / _FULL_SCALE**2)


@dataclass(frozen=True)
class Level:
    """Loudness of a block, in dB below full scale: -120 (nothing) to 0.

    Attributes:
        rms: of its energy, without its mean; a sine at full scale has -3.
        peak: of its largest sample.
    """

    rms: float = SILENT_DBFS
    peak: float = SILENT_DBFS

    @staticmethod
    def of(pcm: bytes) -> Level:
        """The level of `pcm`, one sample or more."""
        samples = samples_of(pcm)
        highest, lowest = max(samples), min(samples)
        peak = max(highest, -lowest)
        if not peak:
            return Level()
        return Level(max(level(pcm), SILENT_DBFS), 20 * math.log10(peak / _FULL_SCALE))


@dataclass(frozen=True)
class Levels:
    """The last block of both sides; the microphone as it is captured, also while it is muted."""

    microphone: Level = Level()
    speaker: Level = Level()
