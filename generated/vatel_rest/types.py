"""Functions shared by models and operations: read JSON, write JSON, escape ids in paths.

Reading is tolerant: null reads as absent; unknown enum values and unknown fields are kept.
Writing is strict: only fields that are set are sent.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Callable, Container, Dict, Generic, List, Optional, Type, TypeVar, Union
from urllib.parse import quote

from attrs import define

T = TypeVar("T")
_SEPARATORS = frozenset("/\\?#% ")


class Unset:
    """The class of UNSET, its only instance, which marks a field that is not sent."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"  # copying and pickling keep the identity


UNSET = Unset()


@define
class Response(Generic[T]):
    """An answer of the platform: status, body and headers, and the parsed body."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T


def present(value: Any) -> Any:
    """Return any value but null.

    Raises:
        ValueError: the value is null.
    """
    if value is None:
        raise ValueError("null where a value is required")
    return value


@cache  # one reader for each enum
def one_of(kind: Type[Enum]) -> Callable[[Any], Any]:
    """Return a reader of an open enum, which keeps unknown values as they are."""
    members = {member.value: member for member in kind}

    def read(value: Any) -> Any:
        try:
            return members[value]
        except (KeyError, TypeError):  # TypeError: not hashable
            return present(value)

    return read


def items_of(value: Any) -> List[Any]:
    """Return the items of a list without nulls; null reads as an empty list."""
    if not isinstance(value, (list, type(None))):
        raise TypeError(f"expected a list, not {type(value).__name__}")
    return [item for item in value or () if item is not None]


def list_of(reader: Callable[[Any], T]) -> Callable[[Any], List[T]]:
    """Return a reader of a list that reads each item with `reader`."""
    return lambda value: [reader(item) for item in items_of(value)]


def read_datetime(value: Any) -> datetime.datetime:
    """Read an RFC 3339 timestamp, or any ISO 8601 date and time that dateutil accepts."""
    try:
        # Before Python 3.11, `fromisoformat` accepts neither Z nor all numbers of decimals.
        utc = value[-1:] == "Z" and len(value) > 10  # not a date without a time
        return datetime.datetime.fromisoformat(value[:-1] + "+00:00" if utc else value)
    except ValueError:
        from dateutil.parser import isoparse  # slow to import and rarely needed

        return isoparse(value)


def optional(value: Any, reader: Callable[[Any], T]) -> Optional[T]:
    """Read an optional field; null and an empty string read as None.

    The platform may send an empty string for a date, an enum or an object that is not set.
    """
    if value is None or value == "":
        return None
    if reader is read_datetime and _is_zero_time(value):
        return None
    return reader(value)


def _is_zero_time(value: Any) -> bool:
    """Return whether an instant is "not set" in Go, in which the platform is written."""
    return value == 0 or (isinstance(value, str) and value.startswith("0001-01-01T00:00:00"))


def nullable(value: Any, reader: Callable[[Any], T]) -> Union[Unset, None, T]:
    """Read a field in which null differs from absent."""
    if value is UNSET:
        return UNSET
    return optional(value, reader)


def unset_if_none(value: Optional[T]) -> Union[Unset, T]:
    """Return UNSET for None, and any other value unchanged."""
    return UNSET if value is None else value


def written(fields: Mapping[str, Any], nullable: Container[str] = ()) -> Dict[str, Any]:
    """Return the fields that are set as JSON values; None is kept only in nullable fields."""
    return {
        name: to_json(value)
        for name, value in fields.items()
        if value is not UNSET and (value is not None or name in nullable)
    }


def to_json(value: Any) -> Any:
    """Return the value of a field as a JSON value."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def segment(value: object) -> str:
    """Return an id as one segment of a path.

    Raises:
        ValueError: the id would change the path.
    """
    text = str(value)
    is_plain = text.isprintable() and not _SEPARATORS.intersection(text)
    if value is None or text.strip() in ("", ".", "..") or not is_plain:
        raise ValueError(f"not an id: {str(value)[:60]!a}")
    return quote(text, safe="")


def masked(value: object) -> str:
    """Return the repr of a secret."""
    return "'***'" if value else repr(value)
