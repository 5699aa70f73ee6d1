"""The queue of the caller's audio in front of a socket that may be full."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Optional

from vatel_rt.audio.pcm import bytes_of, duration_ms

log = logging.getLogger("vatel.connection")

CAPACITY_MS = 1000  # the agent must never answer stale speech


class AudioQueue:
    """Audio to be sent: at most `capacity_ms`. Beyond that the oldest is dropped."""

    def __init__(self, capacity_ms: float = CAPACITY_MS) -> None:
        self._limit = bytes_of(capacity_ms)
        self._pieces: deque[bytes] = deque()
        self._waiting = self._dropped = 0
        self.dropped_ms = 0.0
        self._dropping = self._closed = False
        self._changed = asyncio.Event()
        self._emptied = asyncio.Event()

    def put(self, pcm: bytes) -> None:
        """Add a piece. Never waits."""
        self._pieces.append(bytes(pcm))
        self._emptied.clear()
        self._waiting += len(self._pieces[-1])
        while self._waiting > self._limit:
            self._drop()
        self._changed.set()

    async def get(self) -> Optional[bytes]:
        """Remove and return the oldest piece. Waits for one; returns None once closed."""
        while not self._pieces:
            if self._closed:
                return None
            self._dropping = False
            self._changed.clear()
            await self._changed.wait()
        piece = self._pieces.popleft()
        self._waiting -= len(piece)
        if not self._pieces:
            self._emptied.set()
        return piece

    async def emptied(self) -> None:
        """Wait until the queue is empty or closed."""
        while self._pieces:
            await self._emptied.wait()

    def close(self) -> None:
        """Remove all pieces; `get` returns None from now on."""
        self._pieces.clear()
        self._waiting = 0
        self._closed = True
        self._changed.set()
        self._emptied.set()

    def _drop(self) -> None:
        if not self._dropping:
            log.warning("the network is slower than speech: the oldest audio is dropped")
        self._dropping = True
        oldest = self._pieces.popleft()
        lost = len(oldest)
        if not self._pieces:  # one piece, longer than the capacity: keep its end
            lost -= self._limit
            self._pieces.append(oldest[lost:])
        self._waiting -= lost
        self._dropped += lost
        self.dropped_ms = duration_ms(self._dropped)
