"""A bounded log that one thread writes and any thread reads."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedLog(Generic[T]):
    """Keeps the latest entries and counts the dropped ones."""

    def __init__(self, size: int) -> None:
        self._count = 0
        self._kept: deque[T] = deque(maxlen=size)
        self._lock = Lock()

    def add(self, entry: T) -> None:
        """Add an entry; drop the oldest one if the log is full."""
        with self._lock:
            self._count += 1
            self._kept.append(entry)

    def all(self) -> list[T]:
        """Return the entries that are kept, oldest first."""
        with self._lock:
            return list(self._kept)

    @property
    def dropped(self) -> int:
        """Number of dropped entries."""
        with self._lock:
            return self._count - len(self._kept)
