"""The figures of a call, measured at the caller's microphone and speaker."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any, Optional

from vatel_rt.audio.device import AudioDevice
from vatel_rt.audio.pcm import BLOCK_MS, SAMPLE_RATE, samples_of
from vatel_rt.audio.vad import VoiceActivity

AUDIBLE = 330  # peak sample of an audible block: -40 dBFS, above the noise of synthetic speech
PAUSE_BLOCKS = 10  # silence after which the agent's next sound counts as a new beginning
RECENT_TURNS = 16  # whose first audio may belong to an answer that has not been played yet


@dataclass
class CallReport:
    """Figures of a call. Times are milliseconds of the device's clock, in steps of its blocks.

    Attributes:
        session_id: the call's id in `GET /v1/calls/{id}`.
        duration_ms: how long microphone and speaker were open.
        caller_turns: number of final transcripts of the caller.
        interruptions: how often the caller interrupted the agent.
        tool_calls: names of the tools that the agent called.
        answer_ms: for each answer, time from the end of the caller's speech to the first sound.
        unread_messages: messages that the application did not read in time.
        session_started_ms: time from entering the call to `session_started` (system clock).
        answer_received_ms: the same answers as `answer_ms`, to the first audio received.
        silence_ms: for each interruption of audible speech, time to silence or the next turn.
        heard_ms: how much of each turn, by `turn_id`, was played; the last 5 ms may fade out.
        unplayed_ms: speech of the agent that was discarded because ten minutes were queued.
        underruns: how often the speaker ran out of audio within a turn, if the device reports it.
        dropped_blocks: blocks of the microphone that the program or the network was too slow for.
        bytes_sent, bytes_received: bytes of messages to and from the platform.
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
        """The 95th percentile of each list of times that is not empty, by the list's name."""
        return self._percentiles(0.95)

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, `p50` and `p95`, ready for JSON."""
        return {**asdict(self), "p50": self.p50, "p95": self.p95}

    def _percentiles(self, share: float) -> dict[str, float]:
        """Return the nearest-rank percentile of each list."""
        names = ("answer_ms", "answer_received_ms", "silence_ms")
        lists = {name: sorted(getattr(self, name)) for name in names}
        return {name: ms[math.ceil(share * len(ms)) - 1] for name, ms in lists.items() if ms}


class Reporter:
    """Fills a `CallReport`; the clock of `session_started_ms` starts when it is created."""

    def __init__(self, report: CallReport) -> None:
        self.report = report
        self._created = time.monotonic()
        self._voice = VoiceActivity()
        self._silent_blocks = PAUSE_BLOCKS
        self._asked_ms: Optional[float] = None
        self._answered_ms: Optional[float] = None
        self._turn_id: Optional[str] = None
        self._received_ms: deque[float] = deque(maxlen=RECENT_TURNS)
        self._interrupted_ms: Optional[float] = None

    def session_started(self, session_id: str) -> None:
        """Record the id of the call, and the time until it started."""
        self.report.session_id = session_id
        self.report.session_started_ms = round((time.monotonic() - self._created) * 1000, 1)

    def interrupted(self) -> None:
        """Count an interruption; if the agent is audible, measure the time to silence."""
        self.report.interruptions += 1
        if self._silent_blocks < PAUSE_BLOCKS:
            self._interrupted_ms = self.report.duration_ms

    def audio_received(self, turn_id: str, *, is_empty: bool, is_final: bool) -> None:
        """Record when the first audio of a turn arrived."""
        if not is_empty and turn_id != self._turn_id:
            self._turn_id = turn_id
            self._received_ms.append(self.report.duration_ms)
            self._measure_silence()
        if is_final:
            self._turn_id = None

    def block_played(self, captured: bytes, played: bytes) -> None:
        """Measure one block of both sides."""
        now = self.report.duration_ms
        self.report.duration_ms += BLOCK_MS
        samples = samples_of(played)
        if max(samples) > AUDIBLE or min(samples) < -AUDIBLE:
            if self._silent_blocks >= PAUSE_BLOCKS:
                self._answered_ms = now
            self._silent_blocks = 0
        else:
            self._silent_blocks += 1
            if self._silent_blocks == PAUSE_BLOCKS:
                self._measure_silence()
        for event in self._voice.push(captured):
            self._asked_ms = None if event.kind == "started" else event.at / SAMPLE_RATE * 1000
        asked, answered = self._asked_ms, self._answered_ms
        if asked is not None and answered is not None and answered >= asked:
            self._asked_ms = None
            received = next((ms for ms in self._received_ms if ms >= asked), asked)
            self.report.answer_ms.append(round(answered - asked, 1))
            self.report.answer_received_ms.append(round(min(received, answered) - asked, 1))

    def _measure_silence(self) -> None:
        """Record how long playback took to fall silent after an interruption."""
        if self._interrupted_ms is not None:
            ended = self.report.duration_ms - self._silent_blocks * BLOCK_MS
            self.report.silence_ms.append(max(0.0, ended - self._interrupted_ms))
            self._interrupted_ms = None


class LossCounter:
    """Counts the audio lost during one call; the device may have served other calls before."""

    def __init__(self, device: AudioDevice) -> None:
        self._device = device
        self._before = (device.dropped, device.underruns, device.refused_ms)

    def update(self, report: CallReport, *, underruns: int, unsent_ms: float) -> None:
        """Update the lost audio in `report`; the device may have counted `underruns` too."""
        device, (dropped, counted, refused_ms) = self._device, self._before
        report.dropped_blocks = max(0, device.dropped - dropped) + math.ceil(unsent_ms / BLOCK_MS)
        report.underruns = max(underruns, device.underruns - counted)
        report.unplayed_ms = device.refused_ms - refused_ms
