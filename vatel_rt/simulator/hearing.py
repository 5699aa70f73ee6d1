"""The caller's audio: laid on the call's clock, and told apart into speech and silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from vatel_rt.audio.pcm import SAMPLE_RATE, SAMPLE_WIDTH
from vatel_rt.audio.vad import VoiceActivity
from vatel_rt.simulator.recording import Recording

Event = Literal["started", "word", "stopped"]

WORD_MS = 300
"""How much speech counts as a word, which is 200 words a minute."""
LATE_MS = 500
"""Audio may come this late and still follow what came before: networks stutter."""
_STEP = SAMPLE_RATE * 20 // 1000 * SAMPLE_WIDTH
_WORD_STEPS = WORD_MS // 20
_LATE = SAMPLE_RATE * LATE_MS // 1000


class Hearing:
    """One caller's audio.

    Attributes:
        speaking: whether the caller speaks.
    """

    def __init__(self, recording: Recording, *, start_secs: float, stop_secs: float) -> None:
        self._vad = VoiceActivity(start_ms=1000 * start_secs, stop_ms=1000 * stop_secs)
        self._pause = bytes(int(SAMPLE_RATE * (stop_secs + 0.1)) * SAMPLE_WIDTH)
        self._recording = recording
        self._end = 0
        self._steps = 0

    @property
    def speaking(self) -> bool:
        """Whether the caller speaks."""
        return self._vad.speaking

    def push(self, pcm: bytes, now: int) -> Iterator[Event]:
        """Hear audio that came at sample `now` of the call, and tell what happened in it.

        Audio follows what came before, however fast it comes, except after a gap.
        """
        begin = now - len(pcm) // SAMPLE_WIDTH
        if begin - self._end > _LATE:
            self._end = begin
        self._recording.write("caller", self._end, pcm)
        self._end += len(pcm) // SAMPLE_WIDTH
        yield from self._listen(pcm)

    def pause(self) -> Iterator[Event]:
        """No audio comes: a caller who was speaking has stopped."""
        if self.speaking:
            yield from self._listen(self._pause)

    def _listen(self, pcm: bytes) -> Iterator[Event]:
        for start in range(0, len(pcm), _STEP):
            for activity in self._vad.push(pcm[start : start + _STEP]):
                self._steps = 0
                yield activity.kind
            self._steps += 1
            if self.speaking and self._steps % _WORD_STEPS == 0:
                yield "word"
