"""What each message of the platform does in a call: one table from message class to handler."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import InitVar, dataclass
from functools import partial
from typing import Any, Callable, Optional

import anyio
from anyio.abc import TaskGroup

from vatel_rt.audio.device import AudioDevice
from vatel_rt.audio.pcm import duration_ms
from vatel_rt.call import shutdown
from vatel_rt.call.answered import AnsweredCalls
from vatel_rt.call.end import CallEnd, Outcome
from vatel_rt.call.message_queue import MessageQueue
from vatel_rt.call.report import LossCounter, Reporter
from vatel_rt.call.tools import RunningTools, Tools
from vatel_rt.call.transcript import Transcript
from vatel_rt.call.turns import Turns
from vatel_rt.errors import ConnectionClosed
from vatel_rt.realtime import messages
from vatel_rt.realtime.connection import Connection

log = logging.getLogger("vatel.call")


@dataclass(eq=False)
class Dispatcher:
    """Handles the platform's messages: plays the speech, runs the tools, queues every message."""

    connection: Connection
    device: AudioDevice
    tools: InitVar[Tools]
    tasks: TaskGroup
    reporter: Reporter
    transcript: Transcript
    queue: MessageQueue
    outcome: Outcome

    def __post_init__(self, tools: Tools) -> None:
        self._turns = Turns()
        self._running_tools = RunningTools(tools)
        self._answered = AnsweredCalls()
        self._losses = LossCounter(self.device)

    async def run(self) -> None:
        """Receive messages until the call has ended, then wait until the speech has been played."""
        try:
            while self.outcome.end is None:
                message = await self.connection.receive()
                handler = HANDLERS.get(type(message))
                audio = None if handler is None else handler(self, message)
                self.queue.put(message, audio=audio)
        except ConnectionClosed as closed:
            end = CallEnd.of(closed)
            self.outcome.set(end, None if end.clean else closed)
        if self.outcome.is_clean:
            with anyio.move_on_after(self._turns.remaining + shutdown.CLOSE_TIMEOUT):
                await self.device.drain()

    def interrupt(self) -> None:
        """Stop the agent's speech: drop the queued audio and the rest of the turn."""
        self.transcript.interrupted(self._turns.interrupt(self.device.clear()))

    def stop(self) -> None:
        """Drop the queued audio, and update the report for the last time."""
        try:
            self.transcript.interrupted(self._turns.drop(self.device.clear()))
        except Exception:
            log.exception("the audio device failed")
        self.update_report()

    def update_report(self) -> None:
        """Copy counts of device, connection and queue to the report; only log a device error."""
        report, connection = self.reporter.report, self.connection
        report.unread_messages = self.queue.dropped
        report.bytes_sent, report.bytes_received = connection.bytes_sent, connection.bytes_received
        unsent_ms = connection.audio_dropped_ms
        try:
            self._losses.update(report, underruns=self._turns.underruns, unsent_ms=unsent_ms)
            report.heard_ms = self._turns.heard_ms(self.device.queued_ms)
        except Exception:
            log.exception("the audio device failed")

    def _session_started(self, message: messages.SessionStarted) -> None:
        self.outcome.session_id = message.data.id
        self.reporter.session_started(message.data.id)
        self.transcript.session_started()

    def _response_audio(self, message: messages.ResponseAudio) -> int:
        data, device = message.data, self.device
        turn_id, is_final, ms = data.turn_id, data.is_final, duration_ms(len(data.pcm))
        self.reporter.audio_received(turn_id, is_empty=not data.audio, is_final=is_final)
        if self._turns.admit(turn_id, ms, is_final=is_final, queued_ms=device.queued_ms):
            refused_ms = device.refused_ms
            device.play(data.pcm)
            self._turns.drop(device.refused_ms - refused_ms)
        return len(data.audio)

    def _response_text(self, message: messages.ResponseText) -> None:
        data = message.data
        self.transcript.agent_said(data.turn_id, data.text, is_final=data.is_final)

    def _input_audio_transcript(self, message: messages.InputAudioTranscript) -> None:
        if message.data.is_final:
            self.reporter.report.caller_turns += 1
            self.transcript.caller_said(message.data.turn_id or "", message.data.transcript)

    def _interruption(self, _message: messages.Interruption) -> None:
        self.reporter.interrupted()
        self.interrupt()
        # Later, since a tool whose call has just arrived must start before it can be cancelled.
        asyncio.get_running_loop().call_soon(self._running_tools.cancel_interruptible)

    def _tool_call(self, message: messages.ToolCall) -> None:
        self.reporter.report.tool_calls.append(message.data.tool_name)
        self.tasks.start_soon(self._run_tool, message)

    def _session_ended(self, _message: messages.SessionEnded) -> None:
        self.outcome.set(CallEnd("agent_hung_up"))

    async def _run_tool(self, message: messages.ToolCall) -> None:
        arguments = {a.name: a.value for a in message.data.arguments if a.name}
        run = partial(self._running_tools.run, message.data.tool_name, arguments)
        output = await self._answered.output(message.data.tool_call_id, run)
        try:
            await self.connection.send_tool_call_output(message.data.tool_call_id, output)
        except ConnectionClosed:
            log.info("the call ended before the tool %s returned", message.data.tool_name)


HANDLERS: dict[type[Any], Callable[[Dispatcher, Any], Optional[int]]] = {
    messages.SessionStarted: Dispatcher._session_started,
    messages.ResponseAudio: Dispatcher._response_audio,
    messages.ResponseText: Dispatcher._response_text,
    messages.InputAudioTranscript: Dispatcher._input_audio_transcript,
    messages.Interruption: Dispatcher._interruption,
    messages.ToolCall: Dispatcher._tool_call,
    messages.SessionEnded: Dispatcher._session_ended,
}
"""The handler of each message class. It returns the size of the audio in the message, if any."""
