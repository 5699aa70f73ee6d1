"""Calls that replay a trace instead of following a scenario."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Generator
from contextlib import closing, suppress
from itertools import cycle
from typing import Any, Literal, Union

import anyio

from vatel.simulator.platform.call_record import Reason, new_id
from vatel.simulator.voice.agent import CallSetup, Send
from vatel.simulator.voice.caller_audio import CallerAudio, SpeechEvent
from vatel.simulator.voice.frame_faults import PlatformMessage
from vatel.simulator.voice.trace_reader import TraceLine, read_trace
from vatel_rt.audio.pcm import SAMPLE_RATE, duration_ms
from vatel_rt.errors import ConfigurationError
from vatel_rt.realtime import messages
from vatel_rt.validation import Path

Speed = Union[float, Literal["max"]]
Lines = Generator[TraceLine, None, None]
TOOL_TIMEOUT = 10
"""Seconds to wait for the output of a tool call that has one in the trace."""
HANG_UP_TIMEOUT = 5
"""Seconds to wait for the caller to hang up, where the trace ends with that."""

log = logging.getLogger("vatel.simulator")


class Replay:
    """Makes agents that replay the calls of a trace in order, and then from the first again.

    Args:
        path: the trace.
        speed: 1 is the speed of the trace, 2 twice as fast; `max` does not wait.

    Raises:
        ConfigurationError: the trace cannot be read or contains no call, or `speed` is invalid.
    """

    def __init__(self, path: Path, speed: Speed) -> None:
        if speed != "max" and not (isinstance(speed, (int, float)) and speed > 0):
            raise ConfigurationError(f"speed must be a number above 0 or 'max', not {speed!r}")
        self._path = path
        self._speed = float("inf") if speed == "max" else speed
        self._ids: dict[str, str] = {}
        self._used: set[str] = set()
        for line in read_trace(path):
            known = self._ids.get(line.call)
            self._ids[line.call] = known or _session_id(line)
        if not self._ids:
            raise ConfigurationError(f"{path}: the trace contains no call")
        self._calls = cycle(list(self._ids))

    def agent(self, setup: CallSetup, send: Send) -> ReplayAgent:
        """Return the agent of the next call.

        Sets the id of the call to the one in the trace, unless an earlier call has that id.
        """
        call = next(self._calls)
        wanted = self._ids.pop(call, "") or setup.record.id
        setup.record.id = new_id() if wanted in self._used else wanted
        self._used.add(setup.record.id)
        return ReplayAgent(setup, send, self._lines(call), self._speed)

    def _lines(self, call: str) -> Lines:
        return (line for line in read_trace(self._path) if line.call == call)


class ReplayAgent:
    """An `Agent` that sends the platform's messages of a trace.

    It waits for a tool output where the trace has one. The caller's speech makes no difference.
    """

    def __init__(self, setup: CallSetup, send: Send, lines: Lines, speed: float) -> None:
        self._record = setup.record
        self._recording = setup.recording
        self._clock = setup.clock
        self._send = send
        self._lines = lines
        self._speed = speed
        self._outputs: dict[str, anyio.Event] = {}
        self._origin = 0.0
        self._until = 0.0

    async def hear(self, event: SpeechEvent, audio: CallerAudio) -> None:
        """Ignore the caller's speech: the messages about it are in the trace."""

    def add_output(self, tool_call_id: str, output: str) -> None:  # noqa: ARG002
        """Continue the replay if it waits for this output."""
        if tool_call_id in self._outputs:
            self._outputs[tool_call_id].set()

    async def converse(self) -> Reason:
        """Replay the call; return why it ended."""
        with closing(self._lines):
            for line in self._lines:
                kind = line.sender, line.type
                if kind == ("platform", messages.SessionStarted.type):
                    self._set_origin(line)  # the session has already sent one, with the id
                elif kind == ("client", messages.ToolCallOutput.type):
                    await self._wait_for_output(line)
                else:
                    await self._sleep_until(line)
                    if kind == ("platform", messages.SessionEnded.type):
                        return "agent_hangup"
                    if line.sender == "platform":
                        await self._send_line(line)
        await anyio.sleep(HANG_UP_TIMEOUT)
        return "user_hangup"

    def _set_origin(self, line: TraceLine) -> None:
        self._origin = self._clock() - line.at_ms / 1000 / self._speed

    async def _sleep_until(self, line: TraceLine) -> None:
        due = self._origin + line.at_ms / 1000 / self._speed
        await anyio.sleep(max(0, due - self._clock()))

    async def _wait_for_output(self, line: TraceLine) -> None:
        data = line.data if isinstance(line.data, dict) else {}
        output = self._outputs.get(str(data.get("toolCallId")))
        if output is None:  # an output of an unknown tool call
            return
        with anyio.move_on_after(TOOL_TIMEOUT) as timeout:
            await output.wait()
        if timeout.cancelled_caught:
            log.warning(
                "no output came for a tool call that has one in the trace; the replay continues"
            )
        self._set_origin(line)

    async def _send_line(self, line: TraceLine) -> None:
        if line.type == messages.InvalidMessage.type:
            log.warning("skipped a frame that could not be read when the trace was recorded")
            return
        message = line.message()
        if isinstance(message, messages.ToolCall):
            self._outputs[message.data.tool_call_id] = anyio.Event()
        await self._send(message)
        self._store(message)

    def _store(self, message: PlatformMessage) -> None:
        """Add a message to the recording or the transcript."""
        data: Any = message.data
        if isinstance(message, messages.ResponseAudio):
            begin = max(self._until, self._clock())
            self._recording.write("agent", round(begin * SAMPLE_RATE), data.pcm)
            self._until = begin + duration_ms(len(data.pcm)) / 1000
        elif isinstance(message, messages.Interruption):
            self._until = self._clock()
            self._recording.cut("agent", round(self._until * SAMPLE_RATE))
        elif isinstance(message, messages.ResponseText) and data.is_final:
            self._add_row("assistant", data.turn_id, data.text)
        elif isinstance(message, messages.InputAudioTranscript) and data.is_final:
            self._add_row("user", data.turn_id or "", data.transcript)

    def _add_row(self, role: str, turn_id: str, text: str) -> None:
        self._record.add("message", turn_id, role=role, message=text)


def _session_id(line: TraceLine) -> str:
    """Return the call's id if a line has it and it is a UUID, else an empty string."""
    if line.type == messages.SessionStarted.type:
        with suppress(LookupError, ValueError, TypeError, AttributeError):
            return str(uuid.UUID(line.data["id"]))
    return ""
