"""What the models and operations share: reading JSON, writing it, and paths.

Reading is tolerant: null is the same as absent, values that an enum does not have are kept, and
so are fields that a model does not have. Writing is strict: only what was set is sent.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from enum import Enum
from typing import Any, Callable, Container, Dict, Generic, List, Optional, Type, TypeVar, Union
from urllib.parse import quote

from attrs import define

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


class Unset:
    """The class of UNSET, which stands for a field that is not sent. There is only one."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"  # a copy or a pickle of it is the same object


UNSET = Unset()


@define
class Response(Generic[T]):
    """An answer of the platform: what it says is `parsed`, the rest is how it came."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T


def present(value: Any) -> Any:
    """Read anything but null."""
    if value is None:
        raise ValueError("null where a value is required")
    return value


def one_of(kind: Type[E]) -> Callable[[Any], Union[E, Any]]:
    """Reader of an enum that stays open: a value that it does not have is kept as it is."""

    def read(value: Any) -> Union[E, Any]:
        try:
            return kind(value)
        except ValueError:
            return present(value)

    return read


def list_of(reader: Callable[[Any], T] = present) -> Callable[[Any], List[T]]:
    """Reader of a list; null is an empty one."""

    def read(value: Any) -> List[T]:
        if not isinstance(value, (list, type(None))):
            raise TypeError(f"a list was expected, not {type(value).__name__}")
        return [reader(item) for item in value or () if item is not None]

    return read


def read_datetime(value: Any) -> datetime.datetime:
    """Read an RFC 3339 instant."""
    from dateutil.parser import isoparse  # slow to import, and few programs come here

    return isoparse(value)


class Fields:
    """The fields of one JSON object, taken out by name; `rest` is what is left of them."""

    def __init__(self, data: Any) -> None:
        if not isinstance(data, Mapping):
            raise TypeError(f"an object was expected, not {type(data).__name__}")
        self.rest: Dict[str, Any] = dict(data)

    def required(self, name: str, reader: Callable[[Any], T] = present) -> T:
        """A field that is always there; raises KeyError if it is not."""
        return reader(self.rest.pop(name))

    def optional(self, name: str, reader: Callable[[Any], T] = present) -> Optional[T]:
        """A field that reads as None where there is none.

        The platform may also write an empty string for a date, an enum or an object it has not.
        """
        value = self.rest.pop(name, None)
        empty = value is None or (value == "" and reader is not present)
        return None if empty else reader(value)

    def given(self, name: str, reader: Callable[[Any], T] = present) -> Union[Unset, T]:
        """A field that reads as UNSET where there is none."""
        return unset_if_none(self.optional(name, reader))

    def nullable(self, name: str, reader: Callable[[Any], T] = present) -> Union[Unset, None, T]:
        """A field in which null has a meaning of its own."""
        return self.optional(name, reader) if name in self.rest else UNSET


def unset_if_none(value: Optional[T]) -> Union[Unset, T]:
    """What an optional argument is as a field that is sent."""
    return UNSET if value is None else value


def written(fields: Mapping[str, Any], nullable: Container[str] = ()) -> Dict[str, Any]:
    """The fields that are set, as JSON has them; None is sent only for the nullable ones."""
    return {
        name: to_json(value)
        for name, value in fields.items()
        if value is not UNSET and (value is not None or name in nullable)
    }


def to_json(value: Any) -> Any:
    """A field's value as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def segment(value: object) -> str:
    """An id as one segment of a path; raises ValueError for one that would name another path."""
    text = str(value)
    if value is None or text in ("", ".", ".."):
        raise ValueError(f"not an id: {value!r}")
    return quote(text, safe="")


def masked(value: object) -> str:
    """How the repr of a model shows a secret."""
    return "'***'" if value else repr(value)
