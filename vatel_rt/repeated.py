"""Log lines that may come a thousand times a minute: the first, and then a count."""

from __future__ import annotations

import logging
import time

from vatel_rt.text import printable

PERIOD = 60.0
"""Seconds between two lines."""


class Repeated:
    """Logs warnings of one kind: the first one at once, the others as a count.

    Args:
        log: the logger.
        text: what happens, as the beginning of the line.
    """

    def __init__(self, log: logging.Logger, text: str) -> None:
        self._log, self._text = log, text
        self._since = float("-inf")
        self._more = 0

    def warn(self, detail: str) -> None:
        """Log one, or count it."""
        now = time.monotonic()
        if now - self._since < PERIOD:
            self._more += 1
            return
        self.flush()
        self._since = now
        self._log.warning("%s: %s", self._text, printable(detail))

    def flush(self) -> None:
        """Log how many were only counted."""
        if self._more:
            self._log.warning("%s, %d more times", self._text, self._more)
            self._more = 0
