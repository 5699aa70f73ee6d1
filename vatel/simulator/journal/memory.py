"""How much memory a JSON value takes: some take fifty times the size of their text."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any


def memory_of(value: Any) -> int:
    """Return the memory in bytes of a JSON value with all that it holds."""
    total, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        total += sys.getsizeof(one)
        parts: Iterable[Any] = ()
        if isinstance(one, dict):
            waiting.extend(one)
            parts = one.values()
        elif isinstance(one, (list, tuple)):
            parts = one
        waiting.extend(parts)
    return total
