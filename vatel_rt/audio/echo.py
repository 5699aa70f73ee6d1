"""Suppress, cancel or at least detect the echo of the agent's voice in the microphone."""

from __future__ import annotations

import logging
from collections import deque
from itertools import islice
from operator import mul
from typing import Any, Callable, Literal

from vatel_rt.audio.levels import level
from vatel_rt.audio.pcm import BLOCK_FRAMES, BLOCK_MS, SAMPLE_RATE, samples_of
from vatel_rt.errors import AudioDeviceError, ConfigurationError

log = logging.getLogger("vatel.audio")

Mode = Literal["full", "half", "aec"]
Cleaner = Callable[[bytes, bytes], bytes]  # (captured, played) -> the block to send
AUDIBLE_DBFS = -55.0  # played audio above this level may be captured as an echo
QUIET = 50  # mean amplitude of 5 ms (-56 dBFS) below which a microphone captures no voice
HOLD_MS = 300  # maximum delay of an echo, caused by the buffers of the devices and by the room
ADVICE = (
    "the agent seems to hear itself and may interrupt itself: use a headset, or a device with "
    "mode='aec' (echo cancellation) or mode='half' (no listening while the agent speaks)"
)


def cleaner(mode: Mode) -> Cleaner:
    """Return what a mode does to each block: nothing (full), silence (half), cancellation (aec)."""
    if mode == "full":
        return lambda captured, _played: captured
    if mode == "half":
        return Gate().clean
    if mode == "aec":
        return Canceller().clean
    raise ConfigurationError(f"mode must be 'full', 'half' or 'aec', not {mode!r}")


class Gate:
    """Silences the microphone while the agent speaks, and 300 ms longer."""

    def __init__(self) -> None:
        self._closed_blocks = 0

    def clean(self, captured: bytes, played: bytes) -> bytes:
        """Return the captured block, or silence."""
        if level(played) > AUDIBLE_DBFS:
            self._closed_blocks = HOLD_MS // BLOCK_MS + 1
        if not self._closed_blocks:
            return captured
        self._closed_blocks -= 1
        return bytes(len(captured))


class Canceller:
    """Cancels the echo of the played audio with WebRTC's canceller; adds about 10 ms of delay."""

    def __init__(self) -> None:
        try:
            import numpy
            from pywebrtc_audio import AudioProcessor
        except ImportError as error:  # Python 3.9 installs an empty package
            need = "mode='aec' needs pywebrtc-audio, which requires Python 3.10 or later"
            raise AudioDeviceError(f"{need}: pip install 'vatel[aec]' ({error})") from error
        self._numpy: Any = numpy
        self._echo = AudioProcessor(sample_rate=SAMPLE_RATE, echo_cancellation=True)

    def clean(self, captured: bytes, played: bytes) -> bytes:
        """Return the captured block without the echo of this and earlier blocks."""
        near, far = (self._numpy.frombuffer(pcm, dtype="<i2") for pcm in (captured, played))
        return bytes(self._echo.process(near, far).tobytes())


class SelfHearing:
    """Logs a warning, once, if the microphone hears the agent: its loudness follows the agent's."""

    WINDOW_MS, ENOUGH_MS, STEP_MS = 2000, 1200, 5
    ALIKE = 0.85  # measured: at least 0.98 for an echo, at most 0.7 for another voice

    def __init__(self) -> None:
        self.has_warned = False
        self._captured: deque[float] = deque(maxlen=self.WINDOW_MS // self.STEP_MS)
        self._played = self._captured.copy()
        self._blocks = self._near_blocks = 0  # near: how many more blocks may contain an echo

    def hear(self, captured: bytes, played: bytes) -> None:
        """Compare a block of both sides, as sent and as played."""
        if not self.has_warned and level(played) > AUDIBLE_DBFS:
            self._near_blocks = HOLD_MS // BLOCK_MS
        if self.has_warned or not self._near_blocks:
            return
        self._near_blocks -= 1
        self._captured.extend(_envelope(captured))
        self._played.extend(_envelope(played))
        self._blocks += 1
        if self._blocks % (self.ENOUGH_MS // BLOCK_MS) == 0 and self.likeness() > self.ALIKE:
            self.has_warned = True
            log.warning(ADVICE)

    def likeness(self) -> float:
        """Return how alike both sides are at the best delay, from 0 (unrelated) to 1 (same)."""
        # Average neighbours: otherwise an echo late by half a step would look like another voice.
        captured, played = (
            [(one + two) / 2 for one, two in zip(side, islice(side, 1, None))]
            for side in (self._captured, self._played)
        )
        if max(captured) < QUIET:
            return 0
        lags = range(min(HOLD_MS // self.STEP_MS, len(played) // 2))
        return max(_correlation(played[: len(played) - lag], captured[lag:]) for lag in lags)


def _envelope(pcm: bytes) -> list[float]:
    samples, size = samples_of(pcm), SAMPLE_RATE * SelfHearing.STEP_MS // 1000
    return [sum(map(abs, samples[i : i + size])) / size for i in range(0, BLOCK_FRAMES, size)]


def _correlation(one: list[float], other: list[float]) -> float:
    mean_one, mean_other = sum(one) / len(one), sum(other) / len(other)
    one, other = [x - mean_one for x in one], [x - mean_other for x in other]
    both = sum(map(mul, one, one)) * sum(map(mul, other, other))
    return sum(map(mul, one, other)) / both**0.5 if both > 0 else 0.0
