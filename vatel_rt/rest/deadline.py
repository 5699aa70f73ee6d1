"""The time that a request may take as a whole, with its wait for a connection."""

from __future__ import annotations

import math
import time
from typing import Any, Union

import httpx

FACTOR = 4
"""A request may take as many times its time-out: httpx's are limits for each phase, which a server
that sends a byte now and then never exceeds."""


class Deadline:
    """When a request has to be complete, given its time-out for a phase.

    Attributes:
        phase: seconds that it may wait for a connection of the pool.
        total: seconds that it may take.
    """

    def __init__(self, timeout: Union[float, tuple[Any, ...], httpx.Timeout, None]) -> None:
        limits = httpx.Timeout(timeout).as_dict()
        self.phase = _or_infinite(limits["pool"])
        self.total = FACTOR * max(map(_or_infinite, limits.values()))
        self._ends = time.monotonic() + self.total

    @property
    def left(self) -> float:
        """Seconds that are left: 0 or more, possibly infinite."""
        return max(0.0, self._ends - time.monotonic())

    def exceeded(self, request: httpx.Request) -> httpx.ReadTimeout:
        """Return the error of a request that took too long."""
        return httpx.ReadTimeout(f"it took more than {self.total:g} s", request=request)


def _or_infinite(seconds: Any) -> float:
    return math.inf if seconds is None else float(seconds)
