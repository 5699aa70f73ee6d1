from enum import Enum


class TimeoutAction(str, Enum):
    """What the agent does when a time limit is reached. `transfer_call` needs a number to
    transfer to.
    """

    END_CALL = "end_call"
    TRANSFER_CALL = "transfer_call"

    def __str__(self) -> str:
        return self.value
