from enum import Enum


class TranscriptEntryType(str, Enum):
    """What a row of a transcript records: something said, a call of a tool, the output of a
    tool, or an interruption.
    """

    MESSAGE = "message"
    TOOL_CALL = "tool_call"
    TOOL_CALL_OUTPUT = "tool_call_output"
    INTERRUPTION = "interruption"

    def __str__(self) -> str:
        return self.value
