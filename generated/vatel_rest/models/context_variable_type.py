from enum import Enum


class ContextVariableType(str, Enum):
    """Where a variable comes from: the platform, the input of the call, or the conversation."""

    SYSTEM = "system"
    INPUT = "input"
    EXTRACTED = "extracted"

    def __str__(self) -> str:
        return self.value
