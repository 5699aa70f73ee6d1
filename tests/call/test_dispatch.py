"""The effect of each message, without a network."""

from __future__ import annotations

import typing
from typing import Any, Optional

import anyio
import pytest

from vatel_rt.audio.device import BaseDevice
from vatel_rt.call.dispatch import HANDLERS, Dispatcher
from vatel_rt.call.end import CallEnd, Outcome
from vatel_rt.call.message_queue import MessageQueue
from vatel_rt.call.report import CallReport, Reporter
from vatel_rt.call.tools import Tools
from vatel_rt.call.transcript import Transcript
from vatel_rt.errors import ConnectionClosed
from vatel_rt.realtime.messages import (
    Incoming,
    InputAudioTranscript,
    InputAudioTranscriptData,
    InvalidMessage,
    ResponseAudio,
    ServerMessage,
    SessionEnded,
    SpeechStarted,
    SpeechStopped,
    UnknownMessage,
)

pytestmark = pytest.mark.anyio


class Received:
    """A connection that receives these messages and is then lost."""

    audio_dropped_ms = 0.0
    bytes_sent = bytes_received = 7

    def __init__(self, *messages: Incoming) -> None:
        self._messages = list(messages)

    async def receive(self) -> Incoming:
        if not self._messages:
            raise ConnectionClosed(1006)
        return self._messages.pop(0)


class Speaker(BaseDevice):
    """A device that does not report its queue."""

    def __init__(self) -> None:
        self.played = b""

    def play(self, pcm: bytes) -> None:
        self.played += pcm

    def clear(self) -> float:
        return 0.0

    async def drain(self) -> None: ...


class Handled:
    """Dispatches messages, and holds everything that they change."""

    def __init__(self, *messages: Incoming) -> None:
        self.device: Any = Speaker()
        self.report = CallReport()
        self.transcript = Transcript()
        self.messages = MessageQueue()
        self.outcome = Outcome()
        self._connection: Any = Received(*messages)

    async def run(self) -> Handled:
        async with anyio.create_task_group() as tasks:
            dispatcher = Dispatcher(
                self._connection,
                self.device,
                Tools(),
                tasks,
                Reporter(self.report),
                self.transcript,
                self.messages,
                self.outcome,
            )
            await dispatcher.run()
            dispatcher.stop()
        self.messages.close()
        return self

    async def next(self) -> Optional[Incoming]:
        return await self.messages.get()


def test_every_message_that_does_something_has_a_handler() -> None:
    kinds = set(typing.get_args(ServerMessage))
    assert kinds - set(HANDLERS) == {SpeechStarted, SpeechStopped}
    assert set(HANDLERS) < kinds


async def test_messages_without_a_handler_are_only_queued() -> None:
    unread = [UnknownMessage("new"), InvalidMessage("", "no JSON"), SpeechStarted()]
    handled = await Handled(*unread).run()
    assert [await handled.next() for _ in range(4)] == [*unread, None]
    assert handled.outcome.end == CallEnd("connection_lost", 1006)


async def test_the_end_of_the_session_is_queued_and_ends_the_call() -> None:
    handled = await Handled(SessionEnded(), SpeechStarted()).run()
    assert [await handled.next(), await handled.next()] == [SessionEnded(), None]
    assert handled.outcome.end == CallEnd("agent_hung_up")


async def test_an_interim_transcript_of_the_caller_is_not_settled() -> None:
    texts = (("My", False), ("My order?", True))
    said = [InputAudioTranscript(InputAudioTranscriptData(text, final)) for text, final in texts]
    handled = await Handled(*said).run()
    assert [row.text for row in handled.transcript.rows] == ["My order?"]
    assert handled.report.caller_turns == 1


async def test_a_device_that_does_not_report_its_queue_has_no_underruns() -> None:
    pieces = [ResponseAudio.of("1", b"\1\0" * 480) for _ in range(3)]
    handled = await Handled(*pieces).run()
    assert handled.device.played == b"\1\0" * 3 * 480
    assert handled.report.underruns == 0
    assert handled.report.heard_ms == {"1": 60}
