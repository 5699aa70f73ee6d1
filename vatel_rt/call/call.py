"""One call: microphone to platform, platform to speaker, and the tools in between.

Logger `vatel.call`: at INFO one line when a call has ended (session id, end, all figures of its
report) and one for a tool's output that came too late; at WARNING what could not be closed in
time; at ERROR, with traceback, what failed on this side. Never audio, texts or secrets.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import replace
from os import PathLike
from typing import Callable, Optional

import anyio
from anyio.abc import TaskGroup

from vatel_rt.audio.clocked_device import SilentDevice
from vatel_rt.audio.device import AudioDevice
from vatel_rt.audio.wav import Path, Recorder
from vatel_rt.call.dispatch import Receiver
from vatel_rt.call.end import CallEnd
from vatel_rt.call.microphone import Microphone
from vatel_rt.call.report import CallReport
from vatel_rt.call.shutdown import close_in_time, to_the_end
from vatel_rt.call.tools import Tools
from vatel_rt.call.transcript import TranscriptRow
from vatel_rt.errors import AudioDeviceError, ConnectionClosed
from vatel_rt.realtime.connection import Connection
from vatel_rt.realtime.messages import Incoming, SessionEnded
from vatel_rt.validation import NONE, check_types

log = logging.getLogger("vatel.call")

Connect = Callable[[], Awaitable[Connection]]
CLOSE_GRACE = 5.0
"""Seconds for each thing that is closed, also when the call is cancelled."""


class Call:
    """A call that runs while the context is open::

        async with client.call(agent_id, audio=WavDevice("question.wav")) as call:
            async for message in call:
                ...

    The iteration is the one way to read. It gives every message of the platform, audio included,
    each once, and ends when the agent has hung up and its last words have been played. Messages
    wait in a bounded queue: 500 of them, with two minutes of audio at most. When it is full, the
    oldest audio is dropped, then the oldest message, and counted in `report.unread_messages`.
    Audio and tools do not depend on reading: an application that is slow or never reads loses
    messages, not sound, and `wait` needs no reading at all.

    Leaving the context earlier hangs up. Cancelling hangs up, too: nothing is left behind, and
    the call ends as `cancelled`.

    A call that breaks off (connection lost, error of the platform, device gone) raises in the
    iteration, after the last message. `wait` and `end` give any end as the same `CallEnd`, also
    that of a call that could not begin.

    Args:
        connect: opens the connection.
        audio: microphone and speaker; silence by default.
        tools: what the agent may call.
        record: stereo WAV file of the call: caller left, as sent; agent right, as played.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        audio: Optional[AudioDevice] = None,
        tools: Optional[Tools] = None,
        record: Optional[Path] = None,
    ) -> None:
        check_types(Tools, NONE, tools=tools)
        check_types(str, PathLike, NONE, record=record)
        if audio is not None and (isinstance(audio, type) or not hasattr(audio, "attach")):
            raise TypeError(f"audio is a device, as vatel_rt.WavDevice(path), not {audio!r:.60}")
        self._connect = connect
        self._audio: AudioDevice = audio or SilentDevice()
        self._record = record
        self._recorder: Optional[Recorder] = None
        self._receiver = Receiver(self._audio, tools or Tools())
        self._microphone = Microphone(self._audio)
        self._end: Optional[CallEnd] = None
        self._failure: Optional[Exception] = None
        self._entered = False
        self._is_live = False

    @property
    def report(self) -> CallReport:
        """The call in figures, so far."""
        if self._is_live:
            self._receiver.count()
        return self._receiver.reporter.report

    @property
    def transcript(self) -> list[TranscriptRow]:
        """What both sides said, so far, as far as it is settled."""
        return list(self._receiver.transcript.rows)

    @property
    def end(self) -> Optional[CallEnd]:
        """How the call ended; None while it goes on."""
        return self._end

    async def __aenter__(self) -> Call:
        if self._entered:
            raise RuntimeError("a call takes place once: make a new one")
        self._entered = True
        self._over = asyncio.Event()
        self._opened = AsyncExitStack()
        self._receiver.enter()
        try:
            await self._open()
        except BaseException as error:
            self._finish(CallEnd.of(error))
            self._microphone.close()
            self._over.set()
            await to_the_end(asyncio.create_task(self._opened.aclose()))
            raise
        self._running = asyncio.create_task(self._run())
        # Not at the end of _run: a task that is cancelled before its first step has none.
        self._running.add_done_callback(self._ran)
        return self

    async def __aexit__(self, kind: Optional[type[BaseException]], *_: object) -> None:
        try:
            if kind is None and self._end is not None and self._end.clean:
                await self._over.wait()
        finally:
            cancelled = kind is not None and issubclass(kind, asyncio.CancelledError)
            self._finish(CallEnd("cancelled") if cancelled else CallEnd("caller_hung_up"))
            self._running.cancel()
            await self._leave()

    def __aiter__(self) -> Call:
        return self

    async def __anext__(self) -> Incoming:
        self._check_entered()
        message = await self._receiver.inbox.get()
        if message is not None:
            return message
        await self._over.wait()
        if self._failure is not None:
            raise self._failure
        raise StopAsyncIteration

    async def wait(self) -> CallEnd:
        """Wait for the end of the call, without reading its messages.

        Raises:
            RuntimeError: the call has not begun.
        """
        self._check_entered()
        await self._over.wait()
        assert self._end is not None  # noqa: S101  (set before _over)
        return self._end

    def hang_up(self) -> None:
        """End the call now; what is not yet played is dropped, and the iteration ends.

        Does nothing where no call runs.
        """
        if self._is_live:
            self._finish(CallEnd("caller_hung_up"))
            self._running.cancel()
            self._conclude()

    def interrupt(self) -> None:
        """Stop the agent's speech: what is not yet played is dropped, the turn's rest too."""
        self._receiver.interrupt()

    def mute(self, on: bool = True) -> None:
        """Send and record silence instead of what the microphone captures, or no longer.

        With a device of ours it is the same as `device.muted = on`.
        """
        self._microphone.muted = on

    async def say_audio(self, pcm: bytes) -> None:
        """Speak to the agent: `pcm` is sent and recorded instead of the microphone's blocks.

        It goes out at the microphone's pace, also while that is muted, filled up with silence to
        whole blocks of 20 ms. Returns when all was handed to the socket; what others give
        meanwhile is said after it. Cancelling leaves the rest unsaid.

        Args:
            pcm: signed 16-bit little-endian, 24 000 Hz, mono, whole samples.

        Raises:
            AudioFormatError: bytes that end within a sample, or of a WAV file.
            ConnectionClosed: the call ended before all was sent.
            RuntimeError: the call has not begun.
        """
        self._check_entered()
        await self._microphone.say(pcm)

    def _check_entered(self) -> None:
        if not self._entered:
            raise RuntimeError("the call has not begun: enter its context, `async with call:`")

    async def _open(self) -> None:
        self._audio.attach(self._hear)
        self._opened.callback(setattr, self._microphone, "muted", self._microphone.muted)
        self._opened.callback(self._audio.detach)
        if self._record is not None:
            self._recorder = Recorder(self._record)
            self._opened.callback(self._recorder.close)
        self._connection = await self._connect()
        self._to_close("connection", self._connection.close)
        self._to_close("audio device", self._audio.close)
        await self._audio.start()
        self._receiver.start(self._connection)
        self._is_live = True

    def _to_close(self, name: str, close: Callable[[], Awaitable[None]]) -> None:
        self._opened.push_async_callback(close_in_time, name, close, CLOSE_GRACE)

    def _hear(self, captured: bytes, played: bytes) -> None:
        """The device's monitor."""
        sent = self._microphone.as_sent(captured)
        self._receiver.reporter.hear(sent, played)
        if self._recorder is not None:
            self._recorder.write(sent, played)

    async def _run(self) -> None:
        stop: Optional[BaseException] = None
        try:
            async with anyio.create_task_group() as tasks:
                try:
                    tasks.start_soon(self._connection.send_queued_audio)
                    tasks.start_soon(self._send_audio, tasks.cancel_scope)
                    await self._receive(tasks)
                except (KeyboardInterrupt, SystemExit) as error:
                    stop = error  # a group would pack it, and then nobody knows it
                tasks.cancel_scope.cancel()
        except BaseException as error:
            cause = error
            while getattr(cause, "exceptions", None):  # the group in which a task group packs it
                cause = cause.exceptions[0]  # type: ignore[attr-defined]
            if isinstance(cause, Exception):
                log.error("the call failed", exc_info=cause)
                self._finish(CallEnd.of(cause), cause)
            elif cause is error:
                raise
            # else Ctrl-C in another task, before Python 3.11: it has ended the event loop already
        if stop is not None:
            raise stop

    async def _receive(self, tasks: TaskGroup) -> None:
        try:
            while self._end is None:
                message = await self._connection.receive()
                self._receiver.take(message, tasks)
                if isinstance(message, SessionEnded):
                    self._finish(CallEnd("agent_hung_up"))
        except ConnectionClosed as closed:
            end = CallEnd.of(closed)
            self._finish(end, None if end.clean else closed)
        if self._end is not None and self._end.clean:
            with anyio.move_on_after(self._receiver.turns.remaining + CLOSE_GRACE):
                await self._audio.drain()

    async def _send_audio(self, scope: anyio.CancelScope) -> None:
        try:
            await self._microphone.send_to(self._connection)
        except AudioDeviceError as error:
            self._finish(CallEnd.of(error), error)
            scope.cancel()

    def _finish(self, end: CallEnd, failure: Optional[Exception] = None) -> None:
        if self._end is None:
            self._end = replace(end, session_id=self._receiver.reporter.report.session_id)
            self._failure = failure
        self._receiver.inbox.close()

    def _ran(self, running: asyncio.Task[None]) -> None:
        if not running.cancelled():
            running.exception()  # it is known: asyncio need not tell of it
        self._conclude()

    def _conclude(self) -> None:
        """The end, once: the last figures, and everything that waits for it goes on."""
        if self._over.is_set():
            return
        self._finish(CallEnd("cancelled"))
        self._microphone.close()
        self._receiver.drop()
        self._receiver.count()
        self._is_live = False
        self._over.set()
        self._closing = asyncio.create_task(self._opened.aclose())

    async def _leave(self) -> None:
        try:
            await to_the_end(self._running, CLOSE_GRACE)
        finally:
            self._conclude()
            await to_the_end(self._closing)
            figures = self.report.to_dict()
            log.info("call %s ended: %s; %s", self.report.session_id, self._end, figures)
