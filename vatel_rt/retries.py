"""Which request is repeated, and after how long. Pure: no network, no clock, no sleeping.

A request is repeated only where that is safe. Reads and deletes always are. A write (POST,
PATCH, PUT) may have been carried out as soon as it left, and some ring a phone: it is repeated
only where no connection came about, never because of an answer. So the 503 with which `dial`
and `session-token` say "not configured" is not repeated either.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Callable, Optional

REPEATABLE = frozenset({"GET", "HEAD", "DELETE"})
TRANSIENT = frozenset({408, 429, 502, 503, 504})
DEFAULT_RETRIES = 2
FIRST_WAIT = 0.5
"""Seconds; doubled with each attempt. Gateways that restart are back within a few."""
LONGEST_WAIT = 8.0
LONGEST_RETRY_AFTER = 60.0
"""Seconds that a server may ask for; who asks for more gets the error at once."""


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


def wait_before(
    attempt: int,
    failure: Failure,
    *,
    now: Optional[datetime] = None,
    jitter: Callable[[float, float], float] = random.uniform,
) -> Optional[float]:
    """Seconds to wait before attempt number `attempt` + 1; None where the wait is too long.

    What the server asks for, else a random part of a time that doubles ("full jitter").
    """
    asked = _seconds(failure.retry_after, now or datetime.now(timezone.utc))
    if asked is None:
        return jitter(0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1)))
    return asked if asked <= LONGEST_RETRY_AFTER else None


def _seconds(retry_after: Optional[str], now: datetime) -> Optional[float]:
    if not retry_after:
        return None
    try:
        return max(0.0, float(int(retry_after)))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - now).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return None
