"""Messages on their way to the application, which may be slow or not read at all."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Optional

from vatel_rt.messages import Incoming, ResponseAudio

CAPACITY = 500
"""Messages kept: ten seconds of audio in the smallest usual pieces."""


class Inbox:
    """A bounded queue: when it is full, the oldest audio goes first, then the oldest message.

    Attributes:
        dropped: messages that nobody read in time.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._messages: deque[Incoming] = deque()
        self._changed = asyncio.Event()
        self._closed = False

    def put(self, message: Incoming) -> None:
        """Add a message, never waiting."""
        if len(self._messages) >= self._capacity:
            self._drop()
        self._messages.append(message)
        self._changed.set()

    def close(self) -> None:
        """Let the reader end when it has read what is there."""
        self._closed = True
        self._changed.set()

    async def get(self) -> Optional[Incoming]:
        """Wait for the next message; None when there will be no more."""
        while not self._messages:
            if self._closed:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._messages.popleft()

    def _drop(self) -> None:
        self.dropped += 1
        for index, message in enumerate(self._messages):
            if isinstance(message, ResponseAudio):
                del self._messages[index]
                return
        self._messages.popleft()
