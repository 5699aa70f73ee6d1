"""What a call was like, measured where the caller is: at the microphone and the speaker."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Optional

from vatel_rt.audio.device import AudioDevice
from vatel_rt.audio.pcm import BLOCK_MS, SAMPLE_RATE, samples_of
from vatel_rt.audio.vad import VoiceActivity
from vatel_rt.realtime.messages import (
    Incoming,
    InputAudioTranscript,
    Interruption,
    ResponseAudio,
    SessionStarted,
    ToolCall,
)

AUDIBLE = 330
"""Peak of a block that is heard: -40 dBFS, above the noise floor of synthetic speech."""
PAUSE_BLOCKS = 10
"""Blocks of silence, 200 ms, after which the agent's next sound is a new beginning."""
RECENT_TURNS = 16
"""Turns of the agent whose first piece may belong to an answer that is yet to be heard."""


@dataclass
class CallReport:
    """Figures of a call; times in milliseconds of the device's clock, in steps of its blocks.

    Attributes:
        session_id: the call's id in `GET /v1/calls/{id}`.
        duration_ms: how long microphone and speaker were open.
        caller_turns: final transcripts of the caller.
        interruptions: how often the caller spoke over the agent.
        tool_calls: names of the tools that the agent called.
        answer_ms: for each answer, from the end of the caller's speech to its first sound.
        unread_messages: messages that the application did not read in time.
        session_started_ms: from the begin of entering the call to `session_started`, by the
            system's clock; None where it did not come.
        answer_received_ms: as `answer_ms`, item for item, to the first audio that came.
        silence_ms: for each interruption of the agent's sound, from its message to silence (or
            to the next turn) at the device.
        heard_ms: for each turn of the agent, by `turn_id`, how much of it was played until now,
            to the sample; what was cut by an interruption fades in its last 5 ms.
        unplayed_ms: speech of the agent that was not queued, for ten minutes of it were waiting.
        underruns: how often the speaker ran dry in the middle of a turn, as far as the device
            tells.
        dropped_blocks: blocks of the microphone that were not sent, because the program or the
            network was too slow.
        bytes_sent: bytes of messages to the platform.
        bytes_received: bytes of messages from the platform.
    """

    session_id: Optional[str] = None
    duration_ms: float = 0
    caller_turns: int = 0
    interruptions: int = 0
    tool_calls: list[str] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)
    unread_messages: int = 0
    session_started_ms: Optional[float] = None
    answer_received_ms: list[float] = field(default_factory=list)
    silence_ms: list[float] = field(default_factory=list)
    heard_ms: dict[str, float] = field(default_factory=dict)
    unplayed_ms: float = 0
    underruns: int = 0
    dropped_blocks: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0

    @property
    def p50(self) -> dict[str, float]:
        """The median of each list of times that is not empty, by the list's name."""
        return self._percentiles(0.5)

    @property
    def p95(self) -> dict[str, float]:
        """As `p50`, what 95 % do not exceed."""
        return self._percentiles(0.95)

    def to_dict(self) -> dict[str, Any]:
        """All figures, `p50` and `p95`, ready for JSON."""
        return {**asdict(self), "p50": self.p50, "p95": self.p95}

    def _percentiles(self, share: float) -> dict[str, float]:
        lists = {
            "answer_ms": self.answer_ms,
            "answer_received_ms": self.answer_received_ms,
            "silence_ms": self.silence_ms,
        }
        return {name: _percentile(times, share) for name, times in lists.items() if times}


def _percentile(times: Sequence[float], share: float) -> float:
    """The smallest of `times` that at least `share` of them do not exceed (nearest rank)."""
    return sorted(times)[math.ceil(share * len(times)) - 1]


class Reporter:
    """Fills a `CallReport` from the messages and the audio of a call."""

    def __init__(self) -> None:
        self.report = CallReport()
        self._voice = VoiceActivity()
        self._silent_blocks = PAUSE_BLOCKS
        self._entered = time.monotonic()
        self._before: tuple[int, int, float] = (0, 0, 0)
        self._asked_ms: Optional[float] = None
        self._began_ms: Optional[float] = None
        self._turn: Optional[str] = None
        self._received_ms: deque[float] = deque(maxlen=RECENT_TURNS)
        self._cut_ms: Optional[float] = None

    def enter(self) -> None:
        """The call is being entered now."""
        self._entered = time.monotonic()

    def start(self, device: AudioDevice) -> None:
        """`device` has started; it may have served other calls before."""
        self._before = _counts(device)

    def count(self, device: AudioDevice, underruns: int, unsent_ms: float) -> None:
        """Take into account what was lost.

        Args:
            device: what it counted, if it counts.
            underruns: how often it was seen to run dry; it may have seen that, too.
            unsent_ms: milliseconds of the microphone that waited too long for the socket.
        """
        (dropped, ran_dry, refused), before = _counts(device), self._before
        self.report.unplayed_ms = refused - before[2]
        lost = max(0, dropped - before[0])
        self.report.dropped_blocks = lost + math.ceil(unsent_ms / BLOCK_MS)
        self.report.underruns = max(underruns, ran_dry - before[1])

    def note(self, message: Incoming) -> None:
        """Take a message of the platform into account."""
        report = self.report
        if isinstance(message, ResponseAudio):
            self._receive(message)
        elif isinstance(message, SessionStarted):
            report.session_id = message.data.id
            report.session_started_ms = round((time.monotonic() - self._entered) * 1000, 1)
        elif isinstance(message, InputAudioTranscript) and message.data.is_final:
            report.caller_turns += 1
        elif isinstance(message, Interruption):
            report.interruptions += 1
            if self._silent_blocks < PAUSE_BLOCKS:
                self._cut_ms = report.duration_ms
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
            if self._silent_blocks == PAUSE_BLOCKS:
                self._silence()
        for event in self._voice.push(captured):
            self._asked_ms = event.at / SAMPLE_RATE * 1000
            if event.kind == "started":
                self._asked_ms = None
        self._match()

    def _receive(self, message: ResponseAudio) -> None:
        if message.data.audio and message.data.turn_id != self._turn:
            self._turn = message.data.turn_id
            self._received_ms.append(self.report.duration_ms)
            self._silence()
        if message.data.is_final:
            self._turn = None

    def _silence(self) -> None:
        """The agent's sound is over, or gives way to the next: reckon from the last block."""
        if self._cut_ms is not None:
            ended = self.report.duration_ms - self._silent_blocks * BLOCK_MS
            self.report.silence_ms.append(max(0.0, ended - self._cut_ms))
            self._cut_ms = None

    def _match(self) -> None:
        asked, began = self._asked_ms, self._began_ms
        if asked is not None and began is not None and began >= asked:
            self.report.answer_ms.append(round(began - asked, 1))
            received = next((ms for ms in self._received_ms if ms >= asked), asked)
            self.report.answer_received_ms.append(round(min(received, began) - asked, 1))
            self._asked_ms = None


def _counts(device: AudioDevice) -> tuple[int, int, float]:
    """Dropped blocks, underruns and refused milliseconds, for devices that count them."""
    names = ("dropped", "underruns", "refused_ms")
    dropped, underruns, refused = (getattr(device, name, 0) for name in names)
    return dropped, underruns, refused


def _audible(block: bytes) -> bool:
    samples = samples_of(block)
    return max(samples) > AUDIBLE or min(samples) < -AUDIBLE
