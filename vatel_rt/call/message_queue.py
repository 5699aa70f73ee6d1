"""The bounded queue between the platform's messages and an application that may read slowly."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Optional

from vatel_rt.realtime.messages import Incoming

CAPACITY = 500  # ten seconds of audio in the smallest usual pieces
AUDIO_CAPACITY = 8 * 1024 * 1024  # characters of base64: two minutes


class MessageQueue:
    """A queue that drops messages when it is full: the oldest audio first, then the oldest message.

    It is full with `capacity` messages or `audio_capacity` characters of audio; a longer message
    is kept alone. `dropped` counts the messages that were dropped unread.
    """

    def __init__(self, capacity: int = CAPACITY, audio_capacity: int = AUDIO_CAPACITY) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._audio_capacity = audio_capacity
        self._number = 0
        self._audio_size = 0
        # Two queues, so that the oldest audio is found at once; the numbers give the order.
        self._audio: deque[tuple[int, Incoming, int]] = deque()
        self._others: deque[tuple[int, Incoming, int]] = deque()
        self._changed: Optional[asyncio.Event] = None  # Python 3.9 needs a loop to create it
        self._closed = self._is_read = False

    def put(self, message: Incoming, *, audio: Optional[int] = None) -> None:
        """Add a message with that many characters of audio; None if it is not an audio message."""
        size = audio or 0
        while len(self._audio) + len(self._others) >= self._capacity or (
            self._audio_size and self._audio_size + size > self._audio_capacity
        ):
            self.dropped += 1
            self._pop(self._audio or self._others)
        self._number += 1
        queue = self._others if audio is None else self._audio
        queue.append((self._number, message, size))
        self._audio_size += size
        self._notify()

    def close(self) -> None:
        """Make `get` return None once the queue is empty."""
        self._closed = True
        self._notify()

    async def get(self) -> Optional[Incoming]:
        """Return the next message, or None at the end. Cancellation-safe: no message is lost.

        Raises:
            RuntimeError: another task is reading.
        """
        if self._is_read:
            raise RuntimeError("another task is reading the messages of this call")
        self._is_read = True
        try:
            while not self._audio and not self._others:
                if self._closed:
                    return None
                await self._change()
        finally:
            self._is_read = False
        waiting = filter(None, (self._audio, self._others))
        return self._pop(min(waiting, key=lambda queue: queue[0][0]))

    async def wait_closed(self) -> None:
        """Wait until the queue is closed, without reading."""
        while not self._closed:
            await self._change()

    async def _change(self) -> None:
        if self._changed is None or self._changed.is_set():
            self._changed = asyncio.Event()
        await self._changed.wait()

    def _notify(self) -> None:
        if self._changed is not None:
            self._changed.set()

    def _pop(self, queue: deque[tuple[int, Incoming, int]]) -> Incoming:
        _, message, size = queue.popleft()
        self._audio_size -= size
        return message
