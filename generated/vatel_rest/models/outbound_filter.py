from enum import Enum


class OutboundFilter(str, Enum):
    """A filter on the direction of a call, as text: `true` for outbound, `false` for inbound."""

    TRUE = "true"
    FALSE = "false"

    def __str__(self) -> str:
        return self.value
