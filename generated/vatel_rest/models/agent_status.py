from enum import Enum


class AgentStatus(str, Enum):
    """Whether the agent is in service. An `inactive` agent cannot dial out through its Twilio
    number.
    """

    ACTIVE = "active"
    INACTIVE = "inactive"

    def __str__(self) -> str:
        return self.value
