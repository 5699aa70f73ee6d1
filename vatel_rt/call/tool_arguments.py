"""Converts the arguments of a tool call to the annotated types, and its result to text."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import math
import typing
from collections.abc import Mapping
from typing import Any, Callable

import msgspec

from vatel_rt.realtime.reading import lenient_json

# MsgspecError is a ValueError only in newer versions.
_CONVERSION_ERRORS = (ValueError, msgspec.MsgspecError)


class Signature:
    """The parameters of a tool. Raises TypeError if the function cannot be a tool."""

    def __init__(self, function: Callable[..., Any]) -> None:
        try:
            parameters = list(inspect.signature(function).parameters.values())
            if any(p.kind in {p.POSITIONAL_ONLY, p.VAR_POSITIONAL} for p in parameters):
                raise TypeError("it takes arguments by position, and agents pass them by name")
            hints = typing.get_type_hints(_annotated(function))
            named = [(p, hints.get(p.name, Any)) for p in parameters if p.kind is not p.VAR_KEYWORD]
            self._parameters = [(p, hint, _takes_none(hint)) for p, hint in named]
            self._takes_more = len(named) < len(parameters)
        except (NameError, ValueError, TypeError) as error:
            raise TypeError(f"{function!r} cannot be a tool: {error}") from error

    def bind(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Return the keyword arguments and the unexpected names, or raise ValueError."""
        left = dict(given)
        bound: dict[str, Any] = {}
        for parameter, hint, takes_none in self._parameters:
            name = parameter.name
            has_default = parameter.default is not parameter.empty
            if has_default and left.get(name) is None and not takes_none:
                left.pop(name, None)  # agents send null for an absent argument
            elif left.get(name) is None and not takes_none:
                raise ValueError(f"{name} is missing")
            elif name in left:
                bound[name] = _converted(name, left.pop(name), hint)
            elif not has_default:
                raise ValueError(f"{name} is missing")
        return ({**bound, **left}, []) if self._takes_more else (bound, list(left))


def text_of(result: Any) -> str:
    """Return the result of a tool as text: a string without lone surrogates, or JSON."""
    if isinstance(result, str):
        return result.encode("utf-8", "replace").decode("utf-8")
    try:
        return msgspec.json.encode(result, enc_hook=_plain).decode("utf-8")
    except (TypeError, ValueError, msgspec.MsgspecError):  # keys that are no text, surrogates, ...
        text = json.dumps(result, default=_plain, ensure_ascii=True)
        return json.dumps(lenient_json(text), ensure_ascii=False)


def _annotated(function: Any) -> Any:
    """Return the object that holds the annotations of `function`, which may be any callable."""
    while isinstance(function, functools.partial):
        function = function.func
    return function if inspect.isroutine(function) else function.__call__


def _converted(name: str, value: Any, hint: Any) -> Any:
    """Convert `value` to `hint`. Agents send "42" for 42, 42 for "42", and JSON text for a list."""
    try:
        return _convert(value, hint)
    except _CONVERSION_ERRORS as error:
        try:
            other = msgspec.json.decode(value) if isinstance(value, str) else text_of(value)
            return _convert(other, hint)
        except _CONVERSION_ERRORS:
            raise ValueError(f"{name}: {error}") from None


def _takes_none(hint: Any) -> bool:
    try:
        _convert(None, hint)
    except TypeError:  # the type itself is not supported
        raise
    except Exception:  # also an error raised by a model of the application
        return False
    return True


def _convert(value: Any, hint: Any) -> Any:
    converted = msgspec.convert(value, hint, strict=False, dec_hook=_model)
    if isinstance(converted, float) and not math.isfinite(converted):
        raise ValueError("not a finite number")
    return converted


def _model(kind: Any, value: Any) -> Any:
    """Convert to a type that msgspec does not support, such as a pydantic model."""
    if isinstance(value, kind):
        return value
    if hasattr(kind, "model_validate"):
        return kind.model_validate(value)
    raise ValueError(f"cannot be converted to {kind.__name__}")


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):  # pydantic
        return value.model_dump(mode="json")
    if isinstance(value, (str, int, float)):  # a subclass
        plain: Any = next(kind for kind in (str, int, float) if isinstance(value, kind))
        return plain(value)
    if hasattr(value, "tolist"):  # numpy
        return value.tolist()
    if dataclasses.is_dataclass(value) or isinstance(value, (set, frozenset, tuple)):
        return msgspec.to_builtins(value, enc_hook=_plain)
    raise TypeError(f"{type(value).__name__} cannot be converted to JSON")
