"""What the models and operations share: reading JSON, writing it, and paths.

Reading is tolerant: null is the same as absent, values that an enum does not have are kept, and
so are fields that a model does not have. Writing is strict: only what was set is sent.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Callable, Container, Dict, Generic, List, Optional, Type, TypeVar, Union
from urllib.parse import quote

from attrs import define

T = TypeVar("T")


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


@cache  # one reader of each enum, for every object has some
def one_of(kind: Type[Enum]) -> Callable[[Any], Any]:
    """Reader of an enum that stays open: a value that it does not have is kept as it is."""
    members = {member.value: member for member in kind}

    def read(value: Any) -> Any:
        try:
            return members[value]
        except (KeyError, TypeError):  # of a list, say
            return present(value)

    return read


def items_of(value: Any) -> List[Any]:
    """The items of a list, without those that are null; null is an empty one."""
    if not isinstance(value, (list, type(None))):
        raise TypeError(f"a list was expected, not {type(value).__name__}")
    return [item for item in value or () if item is not None]


def list_of(reader: Callable[[Any], T]) -> Callable[[Any], List[T]]:
    """Reader of a list whose items are read, too."""
    return lambda value: [reader(item) for item in items_of(value)]


def read_datetime(value: Any) -> datetime.datetime:
    """Read an RFC 3339 instant, or whatever else of ISO 8601 dateutil reads."""
    try:
        # Before Python 3.11, `fromisoformat` knows neither Z nor every number of decimals.
        utc = value[-1:] == "Z" and len(value) > 10  # not of a date alone
        return datetime.datetime.fromisoformat(value[:-1] + "+00:00" if utc else value)
    except ValueError:
        from dateutil.parser import (
            isoparse,  # slow to import, and few programs come here
        )

        return isoparse(value)


def optional(value: Any, reader: Callable[[Any], T]) -> Optional[T]:
    """Read a field that is None where there is none.

    The platform may also write an empty string for a date, an enum or an object it has not.
    """
    return None if value is None or value == "" else reader(value)


def nullable(value: Any, reader: Callable[[Any], T]) -> Union[Unset, None, T]:
    """Read a field in which null has a meaning of its own."""
    if value is UNSET:
        return UNSET
    return optional(value, reader)


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
