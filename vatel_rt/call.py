"""One call: microphone to platform, platform to speaker, and the tools in between.

Logger `vatel.call`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from typing import Callable, Optional

import anyio

from vatel_rt.audio.device import AudioDevice, SilentDevice
from vatel_rt.audio.wav import Path, Recorder
from vatel_rt.connection import Connection
from vatel_rt.ending import CallEnd
from vatel_rt.errors import AudioDeviceError, ConnectionClosed
from vatel_rt.inbox import Inbox
from vatel_rt.messages import Incoming, Interruption, ResponseAudio, SessionEnded, ToolCall
from vatel_rt.report import CallReport, Reporter
from vatel_rt.tools import Tools

log = logging.getLogger("vatel.call")

Connect = Callable[[], Awaitable[Connection]]
CLOSE_GRACE = 5.0
"""Seconds for each thing that is closed, also when the call is cancelled."""


class Call:
    """A call that runs while the context is open::

        async with client.call(agent_id, audio=WavDevice("question.wav")) as call:
            async for message in call:
                ...

    The iteration gives every message of the platform, audio included, and ends when the
    agent has hung up and its last words have been played. Audio and tools do not depend on
    it: an application that is slow or never reads loses messages (oldest audio first), not
    sound. Leaving the context earlier hangs up. Cancelling is hanging up, too.

    A call that breaks off (connection lost, error of the platform, device gone) raises in the
    iteration, after the last message; `wait` gives it as a `CallEnd`.

    Args:
        connect: opens the connection.
        audio: microphone and speaker; silence by default.
        tools: what the agent may call.
        record: stereo WAV file of the call: caller left, agent right as played.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        audio: Optional[AudioDevice] = None,
        tools: Optional[Tools] = None,
        record: Optional[Path] = None,
    ) -> None:
        if not isinstance(tools, (Tools, type(None))):
            raise TypeError(f"tools is a vatel_rt.Tools, not {type(tools).__name__}")
        if isinstance(audio, (str, bytes)):
            raise TypeError("audio is a device; for a file: vatel_rt.WavDevice(path)")
        self._connect = connect
        self._audio: AudioDevice = audio or SilentDevice()
        self._tools = tools or Tools()
        self._record = record
        self._reporter = Reporter()
        self._end: Optional[CallEnd] = None
        self._failure: Optional[Exception] = None
        self._turn = ""
        self._cut: set[str] = set()
        self._entered = False

    @property
    def report(self) -> CallReport:
        """The call in figures, so far."""
        return self._reporter.report

    @property
    def end(self) -> Optional[CallEnd]:
        """How the call ended; None while it goes on."""
        return self._end

    async def __aenter__(self) -> Call:
        if self._entered:
            raise RuntimeError("a call takes place once: make a new one")
        self._entered = True
        self._inbox = Inbox()
        self._over = asyncio.Event()
        async with AsyncExitStack() as stack:
            self._listen_in(stack)
            self._connection = await self._connect()
            stack.push_async_callback(_in_time, self._connection.close)
            stack.push_async_callback(_in_time, self._audio.close)
            await self._audio.start()
            self._stack = stack.pop_all()
        self._running = asyncio.create_task(self._run())
        # Not at the end of _run: a task that is cancelled before its first step has none.
        self._running.add_done_callback(lambda _: self._conclude())
        return self

    async def __aexit__(self, kind: Optional[type[BaseException]], *_: object) -> None:
        try:
            if kind is None and self._end is not None and self._end.clean:
                await self._over.wait()
        finally:
            self._running.cancel()
            with anyio.move_on_after(CLOSE_GRACE, shield=True):
                await asyncio.wait({self._running})
            await self._stack.aclose()
            self._conclude()
            log.info("call %s ended: %s", self.report.session_id, self._end)

    def __aiter__(self) -> Call:
        return self

    async def __anext__(self) -> Incoming:
        message = await self._inbox.get()
        if message is not None:
            return message
        await self._over.wait()
        if self._failure is not None:
            raise self._failure
        raise StopAsyncIteration

    async def wait(self) -> CallEnd:
        """Wait for the end of the call, without reading its messages."""
        await self._over.wait()
        assert self._end is not None  # noqa: S101  (set before _over)
        return self._end

    def hang_up(self) -> None:
        """End the call now; what is not yet played is dropped, and the iteration ends."""
        self._running.cancel()
        self._audio.clear()
        self._conclude()

    def interrupt(self) -> None:
        """Stop the agent's speech: what is not yet played is dropped, the turn's rest too."""
        if self._turn:
            self._cut.add(self._turn)
        self._audio.clear()

    def _listen_in(self, stack: AsyncExitStack) -> None:
        monitors = [self._reporter.hear]
        if self._record is not None:
            recorder = Recorder(self._record)
            stack.callback(recorder.close)
            monitors.append(recorder.write)

        def monitor(captured: bytes, played: bytes) -> None:
            for each in monitors:
                each(captured, played)

        self._audio.monitor = monitor

    async def _run(self) -> None:
        try:
            async with anyio.create_task_group() as self._tasks:
                self._tasks.start_soon(self._send_audio)
                await self._receive()
                self._tasks.cancel_scope.cancel()
        except Exception as error:
            log.exception("the call failed")
            while getattr(error, "exceptions", None):  # the group in which a task group packs it
                error = error.exceptions[0]  # type: ignore[attr-defined]
            self._fail(error)

    async def _receive(self) -> None:
        try:
            while self._end is None:
                self._take(await self._connection.receive())
        except ConnectionClosed as closed:
            end = CallEnd.of(closed)
            self._finish(end, None if end.clean else closed)
        if self._end is not None and self._end.clean:
            await self._audio.drain()

    def _take(self, message: Incoming) -> None:
        self._reporter.note(message)
        if isinstance(message, ResponseAudio):
            self._play(message)
        elif isinstance(message, Interruption):
            self.interrupt()
        elif isinstance(message, ToolCall):
            self._tasks.start_soon(self._run_tool, message)
        self._inbox.put(message)
        if isinstance(message, SessionEnded):
            self._finish(CallEnd("agent_hung_up"))

    def _play(self, message: ResponseAudio) -> None:
        turn = message.data.turn_id
        if turn not in self._cut:
            self._turn = turn
            self._audio.play(message.data.pcm)
        elif message.data.is_final:
            self._cut.discard(turn)  # of platforms that give all turns the same id

    async def _run_tool(self, message: ToolCall) -> None:
        arguments = {a.name: a.value for a in message.data.arguments if a.name}
        try:
            output = await self._tools.call(message.data.tool_name, arguments)
        except asyncio.CancelledError:
            if self._tasks.cancel_scope.cancel_called:
                raise
            output = '{"error": "the tool was cancelled"}'
        try:
            await self._connection.send_tool_call_output(message.data.tool_call_id, output)
        except ConnectionClosed:
            log.info("the output of %s came after the end", message.data.tool_name)

    async def _send_audio(self) -> None:
        try:
            while True:
                await self._connection.send_input_audio(await self._audio.read())
        except ConnectionClosed:
            return  # the receiving side says how it ended
        except AudioDeviceError as error:
            self._fail(error)
            await self._connection.close()

    def _fail(self, error: Exception) -> None:
        self._finish(CallEnd("failed", text=str(error) or repr(error)), error)

    def _finish(self, end: CallEnd, failure: Optional[Exception] = None) -> None:
        if self._end is None:
            self._end = end
            self._failure = failure
        self._inbox.close()

    def _conclude(self) -> None:
        self._finish(CallEnd("caller_hung_up"))
        self.report.unread_messages = self._inbox.dropped
        self._over.set()


async def _in_time(close: Callable[[], Awaitable[None]]) -> None:
    with anyio.move_on_after(CLOSE_GRACE, shield=True):
        await close()
