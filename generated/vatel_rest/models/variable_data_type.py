from enum import Enum


class VariableDataType(str, Enum):
    """The JSON type of a variable's value."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    OBJECT = "object"
    ARRAY = "array"

    def __str__(self) -> str:
        return self.value
