from enum import Enum


class PbxType(str, Enum):
    """The telephone system at the other end of a trunk. All but `generic` are presets; `generic`
    needs every setting spelled out.
    """

    VALUE_3CX = "3cx"
    YEASTAR = "yeastar"
    WEBEX = "webex"
    GENERIC = "generic"

    def __str__(self) -> str:
        return self.value
