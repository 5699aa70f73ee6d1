"""One call: it connects the microphone, the platform, the speaker and the tools.

The logger `vatel.call` never shows audio, texts or secrets; docs/calls.md lists what it logs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from os import PathLike
from typing import Callable, Literal, Optional

from vatel_rt.audio.clocked_device import SilentDevice
from vatel_rt.audio.device import AudioDevice
from vatel_rt.audio.wav import Recorder
from vatel_rt.call import shutdown
from vatel_rt.call.dispatch import Dispatcher
from vatel_rt.call.end import CallEnd, Outcome
from vatel_rt.call.message_queue import MessageQueue
from vatel_rt.call.microphone import Microphone
from vatel_rt.call.report import CallReport, Reporter
from vatel_rt.call.threads import Home
from vatel_rt.call.tools import Tools
from vatel_rt.call.transcript import Transcript, TranscriptRow
from vatel_rt.errors import APITimeoutError, AudioDeviceError
from vatel_rt.realtime.connection import Connection
from vatel_rt.realtime.messages import Incoming
from vatel_rt.realtime.trace import Tap
from vatel_rt.validation import NONE, Path, check_types

log = logging.getLogger("vatel.call")
START_TIMEOUT = 30.0
"""Seconds: a call begins within one; an agent that has to be started takes longer."""


class LiveCall:
    """A call that runs while its context is open::

        async with client.call(agent_id, audio=WavDevice("question.wav")) as call:
            async for message in call:
                ...

    The iteration is the only way to read messages. It returns every message of the platform once,
    audio included, and ends when the agent has hung up and its last words have been played.
    Messages wait in a bounded queue: 500 of them, with at most two minutes of audio. When it is
    full, the oldest audio is dropped, then the oldest message; `report.unread_messages` counts
    them. Audio and tools do not depend on reading, and `wait` needs no reading at all.

    Leaving the context early hangs up. Cancelling hangs up too, and the call ends as `cancelled`.
    A call that fails (connection lost, error of the platform, device gone) raises in the
    iteration, after the last message. `wait` and `end` return every end as a `CallEnd`, even that
    of a call that could not be opened.

    Args:
        audio: microphone and speaker; silence by default.
        tools: what the agent may call.
        record: stereo WAV file of the call: caller left, as sent; agent right, as played.
        start_timeout: seconds after the opening within which the call must begin, or else it ends
            as `start_timeout`.

    `taps` are functions that are called with the sender (`platform` or `client`) and each message;
    add yours before entering the call. Raises `TypeError` if `audio` is not a complete device.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        *,
        audio: Optional[AudioDevice] = None,
        tools: Optional[Tools] = None,
        record: Optional[Path] = None,
        start_timeout: float = START_TIMEOUT,
    ) -> None:
        check_types(Tools, NONE, tools=tools)
        check_types(int, float, start_timeout=start_timeout)
        check_types(str, PathLike, NONE, record=record)
        self._audio: AudioDevice = SilentDevice() if audio is None else audio
        self._microphone = Microphone(self._audio)
        self.taps: list[Tap] = []
        self._connect = connect
        self._tools = tools or Tools()
        self._record = record
        self._state: Literal["new", "opening", "running", "over"] = "new"
        self._report = CallReport()
        self._transcript = Transcript()
        self._messages = MessageQueue()
        self._dispatcher: Optional[Dispatcher] = None
        self._task: Optional[asyncio.Task[None]] = None
        self._outcome = Outcome()
        self._cleanup = shutdown.Cleanup()
        self._home = Home()
        self._start_timeout = start_timeout

    @property
    def report(self) -> CallReport:
        """The report of the call so far."""
        if self._dispatcher is not None:
            self._dispatcher.update_report()
        return self._report

    @property
    def transcript(self) -> list[TranscriptRow]:
        """The settled texts of caller and agent so far."""
        return list(self._transcript.rows)

    @property
    def end(self) -> Optional[CallEnd]:
        """How the call ended; None before that."""
        return self._outcome.end

    async def __aenter__(self) -> LiveCall:
        if self._state != "new":
            raise RuntimeError("a call can be entered only once: create a new one")
        self._state = "opening"
        self._home.enter()
        try:
            reporter, connection = await self._open()
        except BaseException as error:
            self._outcome.set(CallEnd.of(error))
            self._stop()
            await self._cleanup.wait()
            raise
        self._state = "running"
        self._task = asyncio.create_task(self._run(reporter, connection))
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())  # no log
        # Not at the end of _run: a task that is cancelled before its first step never runs.
        self._task.add_done_callback(lambda _: self._stop())
        return self

    async def __aexit__(self, kind: Optional[type[BaseException]], *_: object) -> None:
        try:
            if kind is None and self._outcome.is_clean:
                await self.wait()
        finally:
            cancelled = kind is not None and issubclass(kind, asyncio.CancelledError)
            self._outcome.set(CallEnd("cancelled" if cancelled else "caller_hung_up"))
            self._stop()
            try:
                if self._task is not None:
                    await shutdown.wait_shielded(self._task, shutdown.CLOSE_TIMEOUT)
            finally:
                await self._cleanup.wait()
                report = self._report
                log.info("call %s ended: %s; %s", report.session_id, self.end, report.to_dict())

    def __aiter__(self) -> LiveCall:
        return self

    async def __anext__(self) -> Incoming:
        self._check_entered()
        self._home.check()
        message = await self._messages.get()
        if message is not None:
            return message
        if self._outcome.failure is not None:
            raise self._outcome.failure
        raise StopAsyncIteration

    async def wait(self) -> CallEnd:
        """Wait for the end of the call, without reading its messages; return how it ended.

        Raises:
            RuntimeError: the call has not been entered.
        """
        self._check_entered()
        await self._home.run(self._messages.wait_closed())
        assert self._outcome.end is not None  # noqa: S101  (set before the queue is closed)
        return self._outcome.end

    def hang_up(self) -> None:
        """End the call now, if it is running: drop the queued audio and end the iteration.

        This method, `interrupt`, `mute`, `say_audio` and `wait` may be used from any thread.
        """
        self._home.do(self._hang_up)

    def interrupt(self) -> None:
        """Stop the agent's speech: drop the queued audio and the rest of the turn."""
        self._home.do(self._interrupt)

    def mute(self, on: bool = True) -> None:
        """Send and record silence instead of the captured audio, or stop doing so.

        The same as `device.muted = on`; the end of the call restores the value.
        """
        self._home.do(lambda: setattr(self._audio, "muted", on))

    async def say_audio(self, pcm: bytes) -> None:
        """Speak to the agent: send and record `pcm` instead of the captured audio.

        It is sent at the microphone's pace, even while that is muted, and padded with silence to
        whole blocks of 20 ms. Returns when all of it has been handed to the socket. Concurrent
        calls are sent one after the other. Cancelling leaves the rest unsaid.

        Args:
            pcm: signed 16-bit little-endian, 24 000 Hz, mono, whole samples.

        Raises:
            AudioFormatError: `pcm` does not hold whole samples, or is a WAV file.
            ConnectionClosed: the call ended before everything was sent.
            RuntimeError: the call has not been entered.
        """
        self._check_entered()
        await self._home.run(self._microphone.say(pcm))

    def _hang_up(self) -> None:
        if self._state == "running":
            self._outcome.set(CallEnd("caller_hung_up"))
            self._stop()

    def _interrupt(self) -> None:
        if self._dispatcher is not None:
            self._dispatcher.interrupt()

    def _check_entered(self) -> None:
        if self._state == "new":
            raise RuntimeError("the call has not begun: enter its context with `async with call:`")

    async def _open(self) -> tuple[Reporter, Connection]:
        reporter = Reporter(self._report)
        recorder: Optional[Recorder] = None

        def hear(captured: bytes, played: bytes) -> None:
            sent = self._microphone.as_sent(captured)
            reporter.block_played(sent, played)
            if recorder is not None:
                recorder.write(sent, played)

        self._audio.attach(hear)
        self._cleanup.callback(self._audio.detach)
        self._cleanup.callback(setattr, self._audio, "muted", self._audio.muted)
        if self._record is not None:
            recorder = Recorder(self._record)
            self._cleanup.callback(recorder.close)
        connection = await self._connect()
        self._cleanup.push_async_callback(shutdown.close_in_time, "connection", connection.close)
        connection.taps.extend(self.taps)
        self._cleanup.push_async_callback(shutdown.close_in_time, "audio device", self._audio.close)
        await self._audio.start()
        return reporter, connection

    async def _run(self, reporter: Reporter, connection: Connection) -> None:
        async with shutdown.call_tasks(self._outcome.fail) as tasks:
            record = (reporter, self._transcript, self._messages, self._outcome)
            self._dispatcher = Dispatcher(connection, self._audio, self._tools, tasks, *record)
            tasks.start_soon(connection.send_queued_audio)
            tasks.start_soon(self._send_microphone, connection)
            tasks.start_soon(self._limit_start)
            await self._dispatcher.run()

    async def _send_microphone(self, connection: Connection) -> None:
        try:
            await self._microphone.send_to(connection)
        except AudioDeviceError as error:
            self._outcome.set(CallEnd.of(error), error)  # not only when all tasks have ended
            raise

    async def _limit_start(self) -> None:
        await asyncio.sleep(self._start_timeout)
        if self._outcome.session_id is None and self._outcome.end is None:
            text = f"the platform did not begin the call within {self._start_timeout:g} s"
            self._outcome.set(CallEnd("start_timeout", text=text), APITimeoutError(text))
            self._stop()

    def _stop(self) -> None:
        """End the call once: complete the report, wake everybody who waits, begin to close."""
        if self._state == "over":
            return
        self._state = "over"
        self._outcome.set(CallEnd("cancelled"))
        if self._task is not None:
            self._task.cancel()
        self._microphone.close()
        if self._dispatcher is not None:
            self._dispatcher.stop()
            self._dispatcher = None
        self._messages.close()
        self._cleanup.start()


Call = LiveCall  # its name in version 0.1.0
