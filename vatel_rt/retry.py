"""Which request is repeated, and after how long. Pure: no network, no clock, no sleeping.

A request is repeated only where that is safe. Reads and deletes always are. A write (POST,
PATCH, PUT) may have been carried out as soon as it left, and some ring a phone: it is repeated
only where no connection came about, never because of an answer. So the 503 with which `dial`
and `session-token` say "not configured" is not repeated either.

The handshake of a voice session is repeated where no session can have begun: no connection came
about, or a gateway or the platform turned it away with 429, 502 or 503. The token is then unused,
so the same one is sent again; where a source of tokens was given, each attempt gets a fresh one.
A handshake that left and was not answered is never repeated, not even with a fresh token: an
agent may already be speaking in that session, and a second one would be a second call.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Callable, Optional

REPEATABLE = frozenset({"GET", "HEAD", "DELETE"})
TRANSIENT = frozenset({408, 429, 502, 503, 504})
TURNED_AWAY = frozenset({429, 502, 503})
DEFAULT_RETRIES = 2
FIRST_WAIT = 0.5
"""Seconds; doubled with each attempt. Gateways that restart are back within a few."""
LONGEST_WAIT = 8.0
LONGEST_RETRY_AFTER = 60.0
"""Seconds that a server may ask for; who asks for more gets the error at once."""
LONGEST_HANDSHAKE_WAIT = 10.0
"""The same for a voice session, where a person waits."""


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed.

    Attributes:
        status: of the answer, None where there was none.
        retry_after: that header of the answer, seconds or an HTTP date.
        left: False where the request provably never left this machine.
    """

    status: Optional[int] = None
    retry_after: Optional[str] = None
    left: bool = True


def may_repeat(method: str, failure: Failure) -> bool:
    """Whether a request may be sent again after `failure`."""
    if failure.status is not None:
        return method in REPEATABLE and failure.status in TRANSIENT
    return method in REPEATABLE or not failure.left


def may_repeat_handshake(failure: Failure) -> bool:
    """Whether the handshake of a voice session may be sent again after `failure`."""
    return not failure.left if failure.status is None else failure.status in TURNED_AWAY


def wait_before(
    attempt: int,
    failure: Failure,
    *,
    longest: float = LONGEST_RETRY_AFTER,
    now: Optional[datetime] = None,
    jitter: Callable[[float, float], float] = random.uniform,
) -> Optional[float]:
    """Seconds to wait before attempt number `attempt` + 1; None where the wait is too long.

    What the server asks for, at most `longest`, else a random part of a time that doubles
    ("full jitter").
    """
    asked = _seconds(failure.retry_after, now or datetime.now(timezone.utc))
    if asked is None:
        return jitter(0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1)))
    return asked if asked <= longest else None


def _seconds(retry_after: Optional[str], now: datetime) -> Optional[float]:
    if not retry_after:
        return None
    try:
        return max(0.0, float(int(retry_after)))
    except (ValueError, OverflowError):
        pass
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return None
