from __future__ import annotations

import asyncio

import pytest

from vatel_rt.call.message_queue import Inbox
from vatel_rt.realtime.messages import (
    ResponseAudio,
    ResponseAudioData,
    SpeechStopped,
    UnknownMessage,
)

pytestmark = pytest.mark.anyio
AUDIO = ResponseAudio(ResponseAudioData("t"))


def note(number: int) -> UnknownMessage:
    return UnknownMessage(str(number))


async def test_messages_come_in_order_and_then_the_end() -> None:
    inbox = Inbox()
    reading = asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    inbox.put(SpeechStopped())
    inbox.put(AUDIO)
    inbox.close()
    assert await reading == SpeechStopped()
    assert await inbox.get() == AUDIO
    assert await inbox.get() is None
    assert await inbox.get() is None


async def test_a_full_inbox_drops_the_oldest_audio_then_the_oldest() -> None:
    inbox = Inbox(capacity=3)
    for message in (note(1), AUDIO, note(2), note(3), note(4)):
        inbox.put(message)
    inbox.close()
    kept = [await inbox.get() for _ in range(4)]
    assert kept == [note(2), note(3), note(4), None]
    assert inbox.dropped == 2


async def test_a_reader_that_is_cancelled_loses_nothing() -> None:
    inbox = Inbox()
    reading = asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait({reading})
    inbox.put(note(1))
    assert await inbox.get() == note(1)


async def test_the_audio_that_waits_is_bounded() -> None:
    inbox = Inbox(audio_capacity=10)
    small, large = (ResponseAudio(ResponseAudioData("t", "A" * size)) for size in (4, 12))
    for message in (note(1), small, small, small):
        inbox.put(message)
    assert inbox.dropped == 1
    inbox.put(large)  # kept alone
    assert inbox.dropped == 3
    assert [await inbox.get(), await inbox.get()] == [note(1), large]
    inbox.put(small)
    inbox.put(small)
    assert inbox.dropped == 3
