"""The agent's side of a call: the interface of a session to it, and what a call consists of."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, Callable, Protocol

import anyio

from vatel.simulator.platform.call_record import CallRecord, Reason
from vatel.simulator.platform.recording import Recording
from vatel.simulator.scenario.scenario import Scenario
from vatel.simulator.voice.caller_audio import CallerAudio, SpeechEvent
from vatel.simulator.voice.frame_faults import PlatformMessage
from vatel.simulator.voice.speech import Speech

Send = Callable[[PlatformMessage], Awaitable[None]]


@dataclass(frozen=True)
class CallSetup:
    """The parts and settings of one call.

    Attributes:
        profile: the agent in the format of the REST API.
        greeting: the agent's first message.
        began: when the call began, by the clock of the event loop.
    """

    record: CallRecord
    recording: Recording
    scenario: Scenario
    speech: Speech
    profile: dict[str, Any]
    greeting: str
    began: float = field(default_factory=anyio.current_time)

    def clock(self) -> float:
        """Return the seconds since the call began."""
        return anyio.current_time() - self.began


class Agent(Protocol):
    """The agent's side of one call. `converse` runs beside `hear` and `add_output`."""

    async def converse(self) -> Reason:
        """Hold the conversation; return why the agent ended it."""
        ...

    async def hear(self, event: SpeechEvent, audio: CallerAudio) -> None:
        """Handle a change in the caller's speech, which `audio` describes."""

    def add_output(self, tool_call_id: str, output: str) -> None:
        """Handle the application's output of a tool call."""
