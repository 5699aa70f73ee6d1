from enum import Enum


class RegistrationStatus(str, Enum):
    """State of a SIP registration."""

    NOT_REGISTERED = "not_registered"
    PENDING = "pending"
    REGISTERED = "registered"
    FAILED = "failed"
    AUTH_FAILED = "auth_failed"

    def __str__(self) -> str:
        return self.value
