"""Loudness of the microphone and the speaker, for meters."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vatel_rt.audio.pcm import samples_of

SILENT_DBFS = -120.0  # level of complete silence
_FULL_SCALE = 32768


def level(pcm: bytes) -> float:
    """Return the level of `pcm` in dB below full scale, without its mean (DC and mains hum)."""
    samples = samples_of(pcm)[::3]  # every third: accurate for a voice, and three times as fast
    count = len(samples)
    mean = sum(samples) / count
    energy = sum([x * x for x in samples]) / count - mean * mean
    return 10 * math.log10(max(energy, 1e-3) / _FULL_SCALE**2)


@dataclass(frozen=True)
class Level:
    """Loudness of a block in dB below full scale, from -120 (silence) to 0.

    `rms` is the energy without the mean (-3 for a sine at full scale), `peak` the largest sample.
    """

    rms: float = SILENT_DBFS
    peak: float = SILENT_DBFS

    @staticmethod
    def of(pcm: bytes) -> Level:
        """Return the level of `pcm`, which must hold at least one sample."""
        samples = samples_of(pcm)
        highest, lowest = max(samples), min(samples)
        peak = max(highest, -lowest)
        if not peak:
            return Level()
        return Level(max(level(pcm), SILENT_DBFS), 20 * math.log10(peak / _FULL_SCALE))


@dataclass(frozen=True)
class Levels:
    """Loudness of the last block of each side; the microphone's even while it is muted."""

    microphone: Level = Level()
    speaker: Level = Level()
