"""The caller's audio: placed on the call's clock, and split into speech and silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from vatel.simulator.platform.recording import Recording
from vatel_rt.audio.pcm import SAMPLE_RATE, SAMPLE_WIDTH
from vatel_rt.audio.vad import Activity, VoiceActivity

SpeechEvent = Literal["started", "word", "stopped"]

WORD_MS = 300
"""Length of speech that counts as a word: 200 words a minute."""
LATE_MS = 500
"""Audio up to this late still follows the audio before it, since network delay varies."""
ECHO_SECONDS = 60
"""Maximum length of an utterance kept for an echo."""
_ECHO = ECHO_SECONDS * SAMPLE_RATE * SAMPLE_WIDTH
_ONSET = SAMPLE_RATE * SAMPLE_WIDTH
"""Bytes kept during silence (a second): speech is detected later than it starts."""
_STEP = SAMPLE_RATE * 20 // 1000 * SAMPLE_WIDTH
_WORD_STEPS = WORD_MS // 20
_LATE = SAMPLE_RATE * LATE_MS // 1000


class CallerAudio:
    """Records one caller's audio and detects speech in it.

    Args:
        start_secs: seconds of speech that start an utterance.
        stop_secs: seconds of silence that end it.
        keeps: whether to keep the audio of utterances, for echoes.
    """

    def __init__(
        self, recording: Recording, *, start_secs: float, stop_secs: float, keeps: bool = False
    ) -> None:
        self._vad = VoiceActivity(start_ms=1000 * start_secs, stop_ms=1000 * stop_secs)
        self._silence = bytes(int(SAMPLE_RATE * (stop_secs + 0.1)) * SAMPLE_WIDTH)
        self._recording = recording
        self._end = 0
        self._steps = 0
        self._keeps = keeps
        self._kept = bytearray()
        self._began = self._ended = self._heard = 0

    @property
    def speech_secs(self) -> float:
        """Length in seconds of the current utterance, or else of the last one."""
        end = self._vad.position if self.speaking else self._ended
        return (end - self._began) / SAMPLE_RATE

    @property
    def utterance(self) -> bytes:
        """The last utterance as PCM, up to its first minute; empty unless it is kept."""
        return bytes(self._kept[: (self._ended - self._began) * SAMPLE_WIDTH])

    @property
    def speaking(self) -> bool:
        """Whether the caller is speaking."""
        return self._vad.speaking

    def add_audio(self, pcm: bytes, now: int) -> Iterator[SpeechEvent]:
        """Record audio that arrived at sample `now` of the call, and yield its speech events.

        Audio directly follows the audio before it, however fast it arrives, except after a gap.
        """
        begin = now - len(pcm) // SAMPLE_WIDTH
        if begin - self._end > _LATE:
            self._end = begin
        self._recording.write("caller", self._end, pcm)
        self._end += len(pcm) // SAMPLE_WIDTH
        yield from self._listen(pcm)

    def add_silence(self) -> Iterator[SpeechEvent]:
        """End the current utterance, since no more audio arrives; yield its speech events."""
        if self.speaking:
            yield from self._listen(self._silence)

    def _listen(self, pcm: bytes) -> Iterator[SpeechEvent]:
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
