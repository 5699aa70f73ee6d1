from enum import Enum


class CallerTransformType(str, Enum):
    """How to rewrite a caller id: `add_prefix` and `add_suffix` put `value` in front or at the
    end, `strip_digits_start` and `strip_digits_end` take `number` digits away there, and
    `replace` puts `value2` where `value` is.
    """

    ADD_PREFIX = "add_prefix"
    ADD_SUFFIX = "add_suffix"
    REPLACE = "replace"
    STRIP_DIGITS_END = "strip_digits_end"
    STRIP_DIGITS_START = "strip_digits_start"

    def __str__(self) -> str:
        return self.value
