"""Calls that follow a trace instead of a scenario: the platform's messages, one after another."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import cycle
from typing import Any, Literal, Union

import anyio

from vatel.simulator.platform.call_record import Reason, new_id
from vatel.simulator.voice.agent import Agent, CallSetup
from vatel.simulator.voice.caller_audio import Event
from vatel.simulator.voice.session import Session
from vatel.simulator.voice.socket import Received, Wire
from vatel_rt.audio.pcm import SAMPLE_RATE, duration_ms
from vatel_rt.errors import ConfigurationError
from vatel_rt.realtime import messages
from vatel_rt.realtime.trace import Path, TraceLine, read_trace

Speed = Union[float, Literal["max"]]
TOOL_PATIENCE = 10
"""Seconds that an output may take which came in the trace."""
HANG_UP_PATIENCE = 5
"""Seconds that a caller has to hang up where it did so in the trace."""

log = logging.getLogger("vatel.simulator")


class Replay:
    """Opens sessions that play the calls of a trace, one after another, then again from the first.

    Args:
        path: the trace.
        speed: 1 is the pace of the trace, 2 twice that; with `max` nothing waits.

    Raises:
        ConfigurationError: the trace cannot be read or has no call, or `speed` is none.
    """

    def __init__(self, path: Path, speed: Speed) -> None:
        if speed != "max" and not (isinstance(speed, (int, float)) and speed > 0):
            raise ConfigurationError(f"speed is a number above 0 or 'max', not {speed!r}")
        self._path = path
        self._speed = float("inf") if speed == "max" else speed
        self._ids: dict[str, str] = {}
        self._used: set[str] = set()
        for line in read_trace(path):
            known = self._ids.get(line.call)
            self._ids[line.call] = known or _session_id(line)
        if not self._ids:
            raise ConfigurationError(f"{path}: there is no call in this trace")
        self._calls = cycle(list(self._ids))

    def session(self, wire: Wire, setup: CallSetup) -> Session:
        """The next session. It has the id of the trace, except where it is played again."""
        call = next(self._calls)
        wanted = self._ids.pop(call, "") or setup.record.id
        setup.record.id = new_id() if wanted in self._used else wanted
        self._used.add(setup.record.id)
        return _Session(wire, setup, self._lines(call), self._speed)

    def _lines(self, call: str) -> Iterator[TraceLine]:
        return (line for line in read_trace(self._path) if line.call == call)


class _Session(Session):
    """A session whose agent is a player."""

    def __init__(
        self, wire: Wire, setup: CallSetup, lines: Iterator[TraceLine], speed: float
    ) -> None:
        super().__init__(wire, setup)
        self.agent: _Player = _Player(setup, wire.send, self._clock)
        self.agent.load(wire, lines, speed)

    async def _take(self, message: Received) -> None:
        if isinstance(message, messages.ToolCallOutput):
            self.agent.answered(message.data.tool_call_id)
        else:
            await super()._take(message)

    async def _report(self, events: Iterator[Event]) -> None:
        for _ in events:  # the recording hears the caller; what the agent hears is in the trace
            pass


class _Player(Agent):
    """Sends what the platform sent, and waits where the trace shows an output of a tool."""

    def load(self, wire: Wire, lines: Iterator[TraceLine], speed: float) -> None:
        """What `converse` will play."""
        self._wire = wire
        self._lines = lines
        self._speed = speed
        self._outputs: dict[str, anyio.Event] = {}
        self._origin = 0.0
        self._until = 0.0

    def answered(self, tool_call_id: str) -> None:
        """The caller's side sent an output."""
        if tool_call_id in self._outputs:
            self._outputs[tool_call_id].set()

    async def converse(self) -> Reason:
        """Play the trace; gives the reason why the call is over."""
        with closing(self._lines):  # type: ignore[type-var]
            for line in self._lines:
                told = line.sender, line.type
                if told == ("platform", messages.SessionStarted.type):
                    self._anchor(line)  # every session sends it, with its own id
                elif told == ("client", messages.ToolCallOutput.type):
                    await self._output(line)
                else:
                    await self._due(line)
                    if told == ("platform", messages.SessionEnded.type):
                        return "agent_hangup"
                    if line.sender == "platform":
                        await self._pass(line)
        await anyio.sleep(HANG_UP_PATIENCE)
        return "user_hangup"

    def _anchor(self, line: TraceLine) -> None:
        self._origin = self._clock() - line.at_ms / 1000 / self._speed

    async def _due(self, line: TraceLine) -> None:
        due = self._origin + line.at_ms / 1000 / self._speed
        await anyio.sleep(max(0, due - self._clock()))

    async def _output(self, line: TraceLine) -> None:
        data = line.data if isinstance(line.data, dict) else {}
        asked = self._outputs.get(str(data.get("toolCallId")))
        if asked is None:  # nobody waited for it in the trace either
            return
        with anyio.move_on_after(TOOL_PATIENCE) as patience:
            await asked.wait()
        if patience.cancelled_caught:
            log.warning("no output of a tool that was answered in the trace; it goes on")
        self._anchor(line)

    async def _pass(self, line: TraceLine) -> None:
        if line.type == messages.InvalidMessage.type:
            log.warning("the trace has a frame that could not be read; it is left out")
            return
        message = line.message()
        if isinstance(message, messages.ToolCall):
            self._outputs[message.data.tool_call_id] = anyio.Event()
        await self._wire.send(message)
        self._keep(message)

    def _keep(self, message: Any) -> None:
        """Write the recording and the transcript."""
        recording, data = self._setup.recording, message.data
        if isinstance(message, messages.ResponseAudio):
            begin = max(self._until, self._clock())
            recording.write("agent", round(begin * SAMPLE_RATE), data.pcm)
            self._until = begin + duration_ms(len(data.pcm)) / 1000
        elif isinstance(message, messages.Interruption):
            self._until = self._clock()
            recording.cut("agent", round(self._until * SAMPLE_RATE))
        elif isinstance(message, messages.ResponseText) and data.is_final:
            self._add_row("assistant", data.turn_id, data.text)
        elif isinstance(message, messages.InputAudioTranscript) and data.is_final:
            self._add_row("user", data.turn_id or "", data.transcript)

    def _add_row(self, role: str, turn_id: str, text: str) -> None:
        self._setup.record.add("message", turn_id, role=role, message=text)


def _session_id(line: TraceLine) -> str:
    """The id of the call, where a line tells it and it can be one of ours."""
    if line.type == messages.SessionStarted.type:
        with suppress(LookupError, ValueError, TypeError, AttributeError):
            return str(uuid.UUID(line.data["id"]))
    return ""
