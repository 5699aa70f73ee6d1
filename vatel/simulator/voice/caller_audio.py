"""The caller's audio: laid on the call's clock, and told apart into speech and silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from vatel.simulator.platform.recording import Recording
from vatel_rt.audio.pcm import SAMPLE_RATE, SAMPLE_WIDTH
from vatel_rt.audio.vad import Activity, VoiceActivity

Event = Literal["started", "word", "stopped"]

WORD_MS = 300
"""How much speech counts as a word, which is 200 words a minute."""
LATE_MS = 500
"""Audio may come this late and still follow what came before: networks stutter."""
ECHO_SECONDS = 60
"""How much of an utterance is kept for an echo: its beginning."""
_ECHO = ECHO_SECONDS * SAMPLE_RATE * SAMPLE_WIDTH
_ONSET = SAMPLE_RATE * SAMPLE_WIDTH
"""Speech is noticed later than it begins, by less than this (a second)."""
_STEP = SAMPLE_RATE * 20 // 1000 * SAMPLE_WIDTH
_WORD_STEPS = WORD_MS // 20
_LATE = SAMPLE_RATE * LATE_MS // 1000


class Hearing:
    """One caller's audio.

    Args:
        keeps: whether what was said is kept, for an echo.

    Attributes:
        speaking: whether the caller speaks.
        speech_secs: how long the caller has spoken, or spoke last.
        utterance: what the caller said last, as PCM, the first 60 s of it.
    """

    def __init__(
        self, recording: Recording, *, start_secs: float, stop_secs: float, keeps: bool = False
    ) -> None:
        self._vad = VoiceActivity(start_ms=1000 * start_secs, stop_ms=1000 * stop_secs)
        self._pause = bytes(int(SAMPLE_RATE * (stop_secs + 0.1)) * SAMPLE_WIDTH)
        self._recording = recording
        self._end = 0
        self._steps = 0
        self._keeps = keeps
        self._kept = bytearray()
        self._began = self._ended = self._heard = 0

    @property
    def speech_secs(self) -> float:
        """Seconds that the caller has spoken, or spoke last."""
        end = self._vad.position if self.speaking else self._ended
        return (end - self._began) / SAMPLE_RATE

    @property
    def utterance(self) -> bytes:
        """What the caller said last, if it is kept."""
        return bytes(self._kept[: (self._ended - self._began) * SAMPLE_WIDTH])

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
            step = pcm[start : start + _STEP]
            self._keep(step)
            for activity in self._vad.push(step):
                self._mark(activity)
                self._steps = 0
                yield activity.kind
            self._steps += 1
            if self.speaking and self._steps % _WORD_STEPS == 0:
                yield "word"

    def _keep(self, step: bytes) -> None:
        self._heard += len(step) // SAMPLE_WIDTH
        if self._keeps and len(self._kept) < _ECHO:
            self._kept += step
        if not self.speaking:
            del self._kept[:-_ONSET]

    def _mark(self, activity: Activity) -> None:
        if activity.kind == "started":
            self._began = activity.at
            excess = len(self._kept) - (self._heard - activity.at) * SAMPLE_WIDTH
            del self._kept[: max(0, excess)]
        else:
            self._ended = activity.at
