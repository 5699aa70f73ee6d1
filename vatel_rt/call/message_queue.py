"""Messages on their way to the application, which may be slow or not read at all."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Optional

from vatel_rt.realtime.messages import Incoming, ResponseAudio

CAPACITY = 500
"""Messages kept: ten seconds of audio in the smallest usual pieces."""
AUDIO_CAPACITY = 8 * 1024 * 1024
"""Characters of audio kept, two minutes; a longer message is kept alone."""


class Inbox:
    """A bounded queue: when it is full, the oldest audio goes first, then the oldest message.

    It is full with `capacity` messages, or `audio_capacity` characters of base64 audio.

    Attributes:
        dropped: messages that nobody read in time.
    """

    def __init__(self, capacity: int = CAPACITY, audio_capacity: int = AUDIO_CAPACITY) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._audio_capacity = audio_capacity
        self._audio = 0
        self._messages: deque[Incoming] = deque()
        self._changed = asyncio.Event()
        self._closed = False

    def put(self, message: Incoming) -> None:
        """Add a message, never waiting."""
        self._audio += _audio_in(message)
        if len(self._messages) >= self._capacity:
            self._drop()
        while self._audio > self._audio_capacity and self._audio > _audio_in(message):
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
        message = self._messages.popleft()
        self._audio -= _audio_in(message)
        return message

    def _drop(self) -> None:
        self.dropped += 1
        for index, message in enumerate(self._messages):
            if isinstance(message, ResponseAudio):
                self._audio -= _audio_in(message)
                del self._messages[index]
                return
        self._messages.popleft()


def _audio_in(message: Incoming) -> int:
    return len(message.data.audio) if isinstance(message, ResponseAudio) else 0
