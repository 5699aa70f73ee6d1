"""A bounded log that one thread writes and any thread reads."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class BoundedLog(Generic[T]):
    """Keeps the latest entries and counts the dropped ones.

    Args:
        size: maximum number of entries.
        max_bytes: maximum sum of the entries' sizes.
    """

    def __init__(self, size: int, max_bytes: int) -> None:
        self._size = size
        self._max_bytes = max_bytes
        self._count = self._bytes = 0
        self._kept: deque[list[Any]] = deque()  # pairs of entry and size
        self._lock = Lock()

    def add(self, entry: T, size: int) -> None:
        """Add an entry of `size` bytes; drop the oldest ones if the log is full."""
        with self._lock:
            self._count += 1
            self._bytes += size
            self._kept.append([entry, size])
            self._trim()

    def resize(self, entry: T, size: int) -> None:
        """Set the size of an entry that has grown; drop the oldest ones if the log is full."""
        with self._lock:
            pair = next((pair for pair in self._kept if pair[0] is entry), None)
            if pair:
                self._bytes += size - pair[1]
                pair[1] = size
                self._trim()

    def _trim(self) -> None:
        while len(self._kept) > self._size or self._bytes > self._max_bytes:
            self._bytes -= self._kept.popleft()[1]

    def all(self) -> list[T]:
        """Return the entries that are kept, oldest first."""
        with self._lock:
            return [entry for entry, _ in self._kept]

    @property
    def bytes(self) -> int:
        """Sum of the sizes of the entries that are kept."""
        return self._bytes

    @property
    def dropped(self) -> int:
        """Number of dropped entries."""
        with self._lock:
            return self._count - len(self._kept)
