from __future__ import annotations

import asyncio
import random
from typing import Optional

import pytest

from vatel_rt.call.message_queue import MessageQueue
from vatel_rt.realtime.messages import (
    Incoming,
    ResponseAudio,
    ResponseAudioData,
    SpeechStopped,
    UnknownMessage,
)

pytestmark = pytest.mark.anyio
AUDIO = ResponseAudio(ResponseAudioData("t"))


def put(queue: MessageQueue, message: Incoming) -> None:
    is_audio = isinstance(message, ResponseAudio)
    queue.put(message, audio=len(message.data.audio) if is_audio else None)


def note(number: int) -> UnknownMessage:
    return UnknownMessage(str(number))


async def test_messages_come_in_order_and_then_the_end() -> None:
    queue = MessageQueue()
    reading = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    put(queue, SpeechStopped())
    put(queue, AUDIO)
    queue.close()
    assert await reading == SpeechStopped()
    assert await queue.get() == AUDIO
    assert await queue.get() is None
    assert await queue.get() is None


async def test_a_full_queue_drops_the_oldest_audio_then_the_oldest() -> None:
    queue = MessageQueue(capacity=3)
    for message in (note(1), AUDIO, note(2), note(3), note(4)):
        put(queue, message)
    queue.close()
    kept = [await queue.get() for _ in range(4)]
    assert kept == [note(2), note(3), note(4), None]
    assert queue.dropped == 2


async def test_a_reader_that_is_cancelled_loses_nothing() -> None:
    queue = MessageQueue()
    reading = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait({reading})
    put(queue, note(1))
    assert await queue.get() == note(1)


async def test_the_audio_that_waits_is_bounded() -> None:
    queue = MessageQueue(audio_capacity=10)
    small, large = (ResponseAudio(ResponseAudioData("t", "A" * size)) for size in (4, 12))
    for message in (note(1), small, small, small):
        put(queue, message)
    assert queue.dropped == 1
    put(queue, large)  # kept alone
    assert queue.dropped == 3
    assert [await queue.get(), await queue.get()] == [note(1), large]
    put(queue, small)
    put(queue, small)
    assert queue.dropped == 3


class Scanning:
    """The same rule in its simplest form: it scans the queue."""

    def __init__(self, capacity: int, audio_capacity: int) -> None:
        self.kept: list[tuple[Incoming, Optional[int]]] = []
        self._capacity, self._audio_capacity = capacity, audio_capacity

    def put(self, message: Incoming, audio: Optional[int]) -> None:
        if len(self.kept) >= self._capacity:
            self._drop()
        while self._size() and self._size() + (audio or 0) > self._audio_capacity:
            self._drop()
        self.kept.append((message, audio))

    def _size(self) -> int:
        return sum(audio or 0 for _, audio in self.kept)

    def _drop(self) -> None:
        with_audio = (i for i, (_, audio) in enumerate(self.kept) if audio is not None)
        del self.kept[next(with_audio, 0)]


@pytest.mark.parametrize("seed", range(20))
async def test_what_is_dropped_does_not_depend_on_how_it_is_found(seed: int) -> None:
    dice = random.Random(seed)
    queue, scanning = MessageQueue(20, 100), Scanning(20, 100)
    for number in range(500):
        if scanning.kept and dice.random() < 0.3:
            assert await queue.get() == scanning.kept.pop(0)[0]
        else:
            audio = dice.choice([None, None, 0, 5, 20, 150])
            queue.put(note(number), audio=audio)
            scanning.put(note(number), audio)
    queue.close()
    for message, _ in scanning.kept:
        assert await queue.get() == message
    assert await queue.get() is None
