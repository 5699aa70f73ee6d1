"""The agent's own voice in the microphone: kept out, taken out, or at least noticed.

The only importer of `pywebrtc_audio`.
"""

from __future__ import annotations

import logging
from collections import deque
from importlib import import_module
from operator import mul
from typing import Any, Callable, Literal

from vatel_rt.audio.levels import level
from vatel_rt.audio.pcm import BLOCK_FRAMES, BLOCK_MS, SAMPLE_RATE, samples_of
from vatel_rt.errors import AudioDeviceError, ConfigurationError

log = logging.getLogger("vatel.audio")

Mode = Literal["full", "half", "aec"]
Cleaner = Callable[[bytes, bytes], bytes]
"""Gives what is sent, for what was captured and what was played in the same block."""

AUDIBLE_DBFS = -55.0
"""What is played above this level may come back."""
QUIET = 50
"""Mean amplitude of 5 ms, -56 dBFS: a microphone that is never louder hears nobody."""
HOLD_MS = 300
"""How long it may take to come back: buffers of the devices, and the room."""
ADVICE = (
    "the agent seems to hear itself, which makes it interrupt itself: use a headset, or a device "
    "with mode='aec' (echo cancellation) or mode='half' (it does not listen while it speaks)"
)


def cleaner(mode: Mode) -> Cleaner:
    """What a mode does with each block: nothing (full), silence (half), cancellation (aec).

    Raises:
        ConfigurationError: there is no such mode.
        AudioDeviceError: what it needs is not installed.
    """
    if mode == "full":
        return lambda captured, _played: captured
    if mode == "half":
        return Gate().clean
    if mode == "aec":
        return Canceller().clean
    raise ConfigurationError(f"mode is 'full', 'half' or 'aec', not {mode!r}")


class Gate:
    """Silence instead of the microphone while the agent speaks, and a little longer."""

    def __init__(self) -> None:
        self._closed_blocks = 0

    def clean(self, captured: bytes, played: bytes) -> bytes:
        """The block, or silence."""
        if level(played) > AUDIBLE_DBFS:
            self._closed_blocks = HOLD_MS // BLOCK_MS + 1
        if not self._closed_blocks:
            return captured
        self._closed_blocks -= 1
        return bytes(len(captured))


class Canceller:
    """Takes out what was played, by the canceller of WebRTC; adds some 10 ms of delay.

    Raises:
        AudioDeviceError: pywebrtc-audio is not installed, or not for this Python.
    """

    def __init__(self) -> None:
        try:
            self._numpy: Any = import_module("numpy")
            webrtc: Any = import_module("pywebrtc_audio")
            self._echo = webrtc.AudioProcessor(sample_rate=SAMPLE_RATE, echo_cancellation=True)
        except (ImportError, AttributeError) as error:  # below 3.10 there is an empty package
            raise AudioDeviceError(
                "mode='aec' needs pywebrtc-audio, which is for Python 3.10 and later: "
                f"pip install 'vatel[aec]' ({error})"
            ) from error

    def clean(self, captured: bytes, played: bytes) -> bytes:
        """The block without the echo of this and earlier blocks."""
        near, far = (self._numpy.frombuffer(pcm, dtype="<i2") for pcm in (captured, played))
        return bytes(self._echo.process(near, far).tobytes())


class SelfHearing:
    """Warns, once, where the microphone follows what was played.

    It compares how loudness changes, at 5 ms a step: what comes back is weaker and later, by
    up to 300 ms, but has the same shape. Only the time around speech of the agent is looked at.
    """

    WINDOW_MS, ENOUGH_MS, STEP_MS = 2000, 1200, 5
    ALIKE = 0.85  # measured: an echo has 0.98 and more, another voice 0.7 at most

    def __init__(self) -> None:
        self.has_warned = False
        self._steps = BLOCK_MS // self.STEP_MS
        size = self.WINDOW_MS // self.STEP_MS
        self._captured: deque[float] = deque(maxlen=size)
        self._played: deque[float] = deque(maxlen=size)
        self._near_blocks = 0  # blocks to come that may hold an echo
        self._blocks = 0

    def hear(self, captured: bytes, played: bytes) -> None:
        """Take a block of both sides, as sent and as played, into account."""
        if self.has_warned:
            return
        if level(played) > AUDIBLE_DBFS:
            self._near_blocks = HOLD_MS // BLOCK_MS
        if not self._near_blocks:
            return
        self._near_blocks -= 1
        self._captured.extend(self._envelope(captured))
        self._played.extend(self._envelope(played))
        self._blocks += 1
        if self._blocks % (self.ENOUGH_MS // BLOCK_MS) == 0 and self.likeness() > self.ALIKE:
            self.has_warned = True
            log.warning(ADVICE)

    def likeness(self) -> float:
        """How alike both sides are at the best delay: 1 the same shape, 0 nothing in common."""
        captured, played = _smooth(self._captured), _smooth(self._played)
        if max(captured) < QUIET:
            return 0
        lags = range(min(HOLD_MS // self.STEP_MS, len(played) // 2))
        return max(_correlation(played[: len(played) - lag], captured[lag:]) for lag in lags)

    def _envelope(self, pcm: bytes) -> list[float]:
        samples = samples_of(pcm)
        size = BLOCK_FRAMES // self._steps
        return [sum(map(abs, samples[i : i + size])) / size for i in range(0, BLOCK_FRAMES, size)]


def _smooth(envelope: deque[float]) -> list[float]:
    """Without it, an echo that is late by half a step would look like another voice."""
    values = list(envelope)
    return [(one + two) / 2 for one, two in zip(values, values[1:])]


def _correlation(one: list[float], other: list[float]) -> float:
    mean_one, mean_other = sum(one) / len(one), sum(other) / len(other)
    one, other = [x - mean_one for x in one], [x - mean_other for x in other]
    both = sum(map(mul, one, one)) * sum(map(mul, other, other))
    return sum(map(mul, one, other)) / both**0.5 if both > 0 else 0.0
