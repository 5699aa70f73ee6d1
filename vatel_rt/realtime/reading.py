"""How a payload becomes the data of a message: field by field, so that none costs the others.

A field of the wrong type is converted where its meaning is clear (5 to "5", "true" to True), and
left out where it is not. Only what a message cannot do without makes it unreadable: the id of a
tool call, and audio that is not text.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from functools import cache
from typing import Any, Optional, Union, get_args, get_origin, get_type_hints

from vatel_rt.realtime.messages import ToolCallArgument

_REQUIRED = ("tool_call_id", "audio")
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")
_MISSING: Any = object()


def lenient_json(frame: str) -> Any:
    """Return the first JSON value in a text, read as leniently as its meaning allows.

    NaN and infinite numbers are null, lone surrogates U+FFFD; control characters in texts, a byte
    order mark and anything after the value are accepted.

    Raises:
        ValueError: there is no JSON value.
        RecursionError: it is nested too deeply.
    """
    decoder = json.JSONDecoder(
        strict=False, parse_constant=lambda _: None, parse_int=_whole, parse_float=_finite
    )
    return _encodable(decoder.raw_decode(frame.lstrip("\ufeff \t\r\n"))[0])


def fields_of(kind: Any, data: Any, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields for the data class `kind`, given decoded JSON; `names` are Python's.

    Raises:
        ValueError: what the message cannot do without is missing or unreadable.
    """
    if isinstance(data, str):  # JSON within JSON
        data = _parsed(data)
    if not isinstance(data, (dict, type(None))):
        raise ValueError(f"data must be an object, not {type(data).__name__}")
    given = {names.get(key, key): value for key, value in (data or {}).items()}
    read: dict[str, Any] = {}
    for field, hint in _hints(kind):
        value = _value(given.get(field.name), hint, names)
        if field.name == "audio" and not isinstance(given.get("audio", ""), str):
            raise ValueError("audio is not text")
        if value is not _MISSING:
            read[field.name] = value
        elif field.name in _REQUIRED and (field.name in given or _has_no_default(field)):
            raise ValueError(f"{field.name} cannot be read")
        elif _has_no_default(field):
            read[field.name] = ""
    return read


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    return dataclasses.MISSING is field.default is field.default_factory


@cache
def _hints(kind: Any) -> list[tuple[dataclasses.Field[Any], Any]]:
    hints = get_type_hints(kind)
    return [(field, hints[field.name]) for field in dataclasses.fields(kind)]


def _value(value: Any, hint: Any, names: Mapping[str, str]) -> Any:
    """Return `value` as a `hint`, or _MISSING."""
    if get_origin(hint) is Union:
        hint = get_args(hint)[0]
    if hint is Any:
        return value
    if value is None:
        return _MISSING
    if hint is str:
        return _text(value)
    if hint is bool:
        return _flag(value)
    return list(_arguments(value, names))


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else _MISSING


def _flag(value: Any) -> Any:
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else _MISSING


def _arguments(value: Any, names: Mapping[str, str]) -> Any:
    """Yield the arguments of a tool call: a list of them, or an object with their values."""
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, dict):
        yield from (ToolCallArgument(name=name, value=each) for name, each in value.items())
    elif isinstance(value, list):
        for each in value:
            if isinstance(each, dict):
                yield ToolCallArgument(**fields_of(ToolCallArgument, each, names))


def _parsed(text: str) -> Any:
    try:
        return lenient_json(text)
    except (ValueError, RecursionError):
        return None


def _whole(digits: str) -> Union[int, float, None]:
    try:
        return int(digits)
    except ValueError:  # Python reads no more than 4300 digits
        return None


def _finite(digits: str) -> Optional[float]:
    number = float(digits)
    return number if math.isfinite(number) else None


def _encodable(value: Any) -> Any:
    """Return a JSON value without lone surrogates, which could not be sent back."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_encodable(each) for each in value]
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    return value
