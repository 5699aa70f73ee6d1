from enum import Enum


class CallStatus(str, Enum):
    """How far a call has come. `ended` is a call that is over, `auth_failed` one that was turned
    away.
    """

    CONNECTED = "connected"
    STARTED = "started"
    IN_PROGRESS = "in_progress"
    AUTH_FAILED = "auth_failed"
    ENDED = "ended"

    def __str__(self) -> str:
        return self.value
