"""What a call was like, measured where the caller is: at the microphone and the speaker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from vatel_rt.audio.pcm import BLOCK_MS, SAMPLE_RATE, samples_of
from vatel_rt.audio.vad import VoiceActivity
from vatel_rt.messages import (
    Incoming,
    InputAudioTranscript,
    Interruption,
    SessionStarted,
    ToolCall,
)

AUDIBLE = 330
"""Peak of a block that is heard: -40 dBFS, above the noise floor of synthetic speech."""
PAUSE_BLOCKS = 10
"""Blocks of silence, 200 ms, after which the agent's next sound is a new beginning."""


@dataclass
class CallReport:
    """Figures of a call; times in milliseconds of the device's clock.

    Attributes:
        session_id: the call's id in `GET /v1/calls/{id}`.
        duration_ms: how long microphone and speaker were open.
        caller_turns: final transcripts of the caller.
        interruptions: how often the caller spoke over the agent.
        tool_calls: names of the tools that the agent called.
        answer_ms: for each answer, from the end of the caller's speech to its first sound.
        unread_messages: messages that the application did not read in time.
    """

    session_id: Optional[str] = None
    duration_ms: float = 0
    caller_turns: int = 0
    interruptions: int = 0
    tool_calls: list[str] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)
    unread_messages: int = 0


class Reporter:
    """Fills a `CallReport` from the messages and the audio of a call."""

    def __init__(self) -> None:
        self.report = CallReport()
        self._voice = VoiceActivity()
        self._silent_blocks = PAUSE_BLOCKS
        self._asked_ms: Optional[float] = None
        self._began_ms: Optional[float] = None

    def note(self, message: Incoming) -> None:
        """Take a message of the platform into account."""
        report = self.report
        if isinstance(message, SessionStarted):
            report.session_id = message.data.id
        elif isinstance(message, InputAudioTranscript) and message.data.is_final:
            report.caller_turns += 1
        elif isinstance(message, Interruption):
            report.interruptions += 1
        elif isinstance(message, ToolCall):
            report.tool_calls.append(message.data.tool_name)

    def hear(self, captured: bytes, played: bytes) -> None:
        """Take a block of both sides into account; a device's monitor."""
        now = self.report.duration_ms
        self.report.duration_ms += BLOCK_MS
        if _audible(played):
            if self._silent_blocks >= PAUSE_BLOCKS:
                self._began_ms = now
            self._silent_blocks = 0
        else:
            self._silent_blocks += 1
        for event in self._voice.push(captured):
            self._asked_ms = event.at / SAMPLE_RATE * 1000
            if event.kind == "started":
                self._asked_ms = None
        self._match()

    def _match(self) -> None:
        asked, began = self._asked_ms, self._began_ms
        if asked is not None and began is not None and began >= asked:
            self.report.answer_ms.append(round(began - asked, 1))
            self._asked_ms = None


def _audible(block: bytes) -> bool:
    samples = samples_of(block)
    return max(samples) > AUDIBLE or min(samples) < -AUDIBLE
