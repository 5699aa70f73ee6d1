"""The receiving half of a call: what each message of the platform does."""

from __future__ import annotations

import asyncio
import logging

from anyio.abc import TaskGroup

from vatel_rt.audio.device import AudioDevice
from vatel_rt.call.message_queue import Inbox
from vatel_rt.call.report import Reporter
from vatel_rt.call.tools import RunningTools, Tools
from vatel_rt.call.transcript import Transcript
from vatel_rt.call.turns import Turns
from vatel_rt.errors import ConnectionClosed
from vatel_rt.realtime.connection import Connection
from vatel_rt.realtime.messages import Incoming, Interruption, ResponseAudio, ToolCall

log = logging.getLogger("vatel.call")


class Receiver:
    """Plays the agent's speech, runs its tools, and passes every message on.

    Attributes:
        reporter: figures of the call.
        transcript: what was said.
        turns: the agent's turns.
        inbox: the messages, for the application; from `enter` on.
    """

    def __init__(self, audio: AudioDevice, tools: Tools) -> None:
        self.reporter = Reporter()
        self.transcript = Transcript()
        self.turns = Turns()
        self._audio = audio
        self._tools = tools

    def enter(self) -> None:
        """The call is being entered, in the event loop that runs now."""
        self.reporter.enter()
        self.inbox = Inbox()
        self._running_tools = RunningTools(self._tools)

    def start(self, connection: Connection) -> None:
        """`connection` is open, and the device has started."""
        self._connection = connection
        self.reporter.start(self._audio)

    def take(self, message: Incoming, tasks: TaskGroup) -> None:
        """Do what `message` is for; tools run among `tasks`."""
        self.reporter.note(message)
        self.transcript.note(message)
        if isinstance(message, ResponseAudio):
            if self.turns.admit(message.data, getattr(self._audio, "queued_ms", None)):
                self._play(message.data.pcm)
        elif isinstance(message, Interruption):
            self.interrupt()
            # After the first step of tools that were asked for just before.
            asyncio.get_running_loop().call_soon(self._running_tools.interrupt)
        elif isinstance(message, ToolCall):
            tasks.start_soon(self._run_tool, message)
        self.inbox.put(message)

    def _play(self, pcm: bytes) -> None:
        before = getattr(self._audio, "refused_ms", 0)
        self._audio.play(pcm)
        self.turns.drop(getattr(self._audio, "refused_ms", 0) - before)

    def interrupt(self) -> None:
        """Stop the agent's speech: what is not yet played is dropped, the turn's rest too."""
        self.transcript.interrupt(self.turns.interrupt(self._audio.clear()))

    def drop(self) -> None:
        """The call is over: what is not yet played is dropped."""
        try:
            self.transcript.interrupt(self.turns.drop(self._audio.clear()))
        except Exception:
            log.exception("the audio device failed")

    def count(self) -> None:
        """Bring the report up to date with what others count; a device that fails ends nothing."""
        try:
            self._count()
        except Exception:
            log.exception("the audio device failed")

    def _count(self) -> None:
        report, connection = self.reporter.report, self._connection
        self.reporter.count(self._audio, self.turns.underruns, connection.audio_dropped_ms)
        report.heard_ms = self.turns.heard_ms(getattr(self._audio, "queued_ms", 0))
        report.unread_messages = self.inbox.dropped
        report.bytes_sent, report.bytes_received = connection.bytes_sent, connection.bytes_received

    async def _run_tool(self, message: ToolCall) -> None:
        arguments = {a.name: a.value for a in message.data.arguments if a.name}
        output = await self._running_tools.run(message.data.tool_name, arguments)
        try:
            await self._connection.send_tool_call_output(message.data.tool_call_id, output)
        except ConnectionClosed:
            log.info("the output of %s came after the end", message.data.tool_name)
