from enum import Enum


class CallOutcome(str, Enum):
    """How a call ended, in three groups of termination reasons: passed on to somebody else,
    ended by the agent, or ended by the caller.
    """

    TRANSFERRED = "transferred"
    ENDED_BY_AGENT = "ended_by_agent"
    ENDED_BY_USER = "ended_by_user"

    def __str__(self) -> str:
        return self.value
