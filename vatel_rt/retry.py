"""Which requests are retried, and after how long.

Reads and deletes are retried after temporary failures. A write (POST, PATCH, PUT) may have been
carried out once it was sent, and some ring a phone: it is retried only if no connection was made.

The handshake of a voice session is retried if no session can have begun: no connection was made,
or it was refused with 429, 502 or 503. The token is then unused and is sent again; a token function
is called for each attempt. A handshake without an answer is never retried: an agent may already be
speaking, and a second session would be a second call.
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Callable, Optional

REPEATABLE = frozenset({"GET", "HEAD", "DELETE"})
TRANSIENT = frozenset({408, 429, 502, 503, 504})
TURNED_AWAY = frozenset({429, 502, 503})
DEFAULT_RETRIES = 2
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
"""Seconds, doubled with each attempt. A gateway takes a few seconds to restart."""
LONGEST_RETRY_AFTER = 60.0
"""Maximum `Retry-After` in seconds; a longer one raises the error at once."""
LONGEST_HANDSHAKE_WAIT = 10.0
"""The same for a voice session, for which a person waits."""


@dataclass(frozen=True)
class Failure:
    """A failed attempt: its answer, if any; `was_sent` is False only if it certainly was not."""

    status: Optional[int] = None
    retry_after: Optional[str] = None
    was_sent: bool = True


def may_repeat(method: str, failure: Failure) -> bool:
    """Return whether a request may be sent again after `failure`."""
    if failure.status is None:
        return method in REPEATABLE or not failure.was_sent
    return method in REPEATABLE and failure.status in TRANSIENT


def may_repeat_handshake(failure: Failure) -> bool:
    """Return whether the handshake of a voice session may be sent again after `failure`."""
    return not failure.was_sent if failure.status is None else failure.status in TURNED_AWAY


def wait_before(
    attempt: int,
    failure: Failure,
    *,
    longest: float = LONGEST_RETRY_AFTER,
    now: Optional[datetime] = None,
    jitter: Callable[[float, float], float] = random.uniform,
) -> Optional[float]:
    """Return the seconds to wait before attempt `attempt` + 1, or None if that is too long.

    The server's `Retry-After` of at most `longest` seconds, or else a random part of a time
    that doubles with each attempt ("full jitter").
    """
    asked = _seconds(failure.retry_after or "", now or datetime.now(timezone.utc))
    if asked is None:
        return jitter(0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1)))
    return asked if asked <= longest else None


def _seconds(retry_after: str, now: datetime) -> Optional[float]:
    with suppress(ValueError, OverflowError):  # not a number
        return max(0.0, float(int(retry_after)))
    with suppress(ValueError, TypeError, OverflowError):  # not a date, or one without a zone
        return max(0.0, (parsedate_to_datetime(retry_after) - now).total_seconds())
    return None
