"""The bounded queue between the platform's messages and an application that may read slowly."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple, Optional

from vatel_rt.realtime.messages import Incoming

CAPACITY = 500
"""Messages kept: ten seconds of audio in the smallest usual pieces."""
AUDIO_CAPACITY = 8 * 1024 * 1024
"""Characters of base64 audio kept: two minutes. A longer message is kept alone."""


class LazyEvent:
    """A one-way event that may be created outside an event loop.

    `asyncio.Event` binds to an event loop when it is created, on Python 3.9.
    """

    def __init__(self) -> None:
        self.is_set = False
        self._event: Optional[asyncio.Event] = None

    def set(self) -> None:
        """Let `wait` return, now and later."""
        self.is_set = True
        if self._event is not None:
            self._event.set()

    async def wait(self) -> None:
        """Wait until the event is set."""
        if not self.is_set:
            self._event = self._event or asyncio.Event()
            await self._event.wait()


class _Entry(NamedTuple):
    number: int
    message: Incoming
    audio: int


class MessageQueue:
    """A queue that drops messages when it is full: the oldest audio first, then the oldest message.

    It is full with `capacity` messages or `audio_capacity` characters of audio.

    Attributes:
        dropped: number of messages that were dropped unread.
    """

    def __init__(self, capacity: int = CAPACITY, audio_capacity: int = AUDIO_CAPACITY) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._audio_capacity = audio_capacity
        self._number = 0
        self._audio_size = 0
        # Two queues, so that the oldest audio is found at once; the numbers give the order.
        self._audio: deque[_Entry] = deque()
        self._others: deque[_Entry] = deque()
        self._changed = LazyEvent()
        self._closed = False

    def put(self, message: Incoming, *, audio: Optional[int] = None) -> None:
        """Add a message without waiting.

        Args:
            message: the message.
            audio: characters of audio in it; None if it is not an audio message.
        """
        size = audio or 0
        if len(self._audio) + len(self._others) >= self._capacity:
            self._drop()
        while self._audio_size and self._audio_size + size > self._audio_capacity:
            self._drop()
        self._number += 1
        queue = self._others if audio is None else self._audio
        queue.append(_Entry(self._number, message, size))
        self._audio_size += size
        self._changed.set()

    def close(self) -> None:
        """Make `get` return None once the queue is empty."""
        self._closed = True
        self._changed.set()

    async def get(self) -> Optional[Incoming]:
        """Return the next message, or None at the end. Cancellation-safe: no message is lost."""
        while not self._audio and not self._others:
            if self._closed:
                return None
            if self._changed.is_set:
                self._changed = LazyEvent()
            await self._changed.wait()
        return self._pop(self._older()).message

    def _older(self) -> deque[_Entry]:
        """Return the queue that holds the oldest message."""
        if not self._audio or not self._others:
            return self._audio or self._others
        return min(self._audio, self._others, key=lambda queue: queue[0].number)

    def _drop(self) -> None:
        self.dropped += 1
        self._pop(self._audio or self._others)

    def _pop(self, queue: deque[_Entry]) -> _Entry:
        entry = queue.popleft()
        self._audio_size -= entry.audio
        return entry
