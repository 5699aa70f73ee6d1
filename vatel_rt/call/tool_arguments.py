"""What an agent gives a tool, and what a tool gives an agent: values in the types of each side.

The annotations of a function decide; msgspec converts.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Mapping
from typing import Any, Callable, Union

import msgspec

_UNFIT = (ValueError, msgspec.MsgspecError)  # the second is one of the first in later versions


class Signature:
    """The parameters of a function that can be a tool.

    Raises:
        TypeError: the function takes arguments by position, or names types that are not known,
            or that JSON cannot be converted to.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        try:
            parameters = list(inspect.signature(function).parameters.values())
            if any(p.kind in {p.POSITIONAL_ONLY, p.VAR_POSITIONAL} for p in parameters):
                raise TypeError("an agent gives arguments by name")
            hints = typing.get_type_hints(_annotated(function))
            named = [(p, hints.get(p.name, Any)) for p in parameters if p.kind is not p.VAR_KEYWORD]
            self._parameters = [(p, hint, _takes_none(hint)) for p, hint in named]
            self._takes_more = len(named) < len(parameters)
        except (NameError, ValueError, TypeError) as error:
            raise TypeError(f"{function!r} cannot be a tool: {error}") from error

    def bind(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Keyword arguments for the function, and the names of those that it does not take.

        Raises:
            ValueError: one is missing or does not fit; the text names it.
        """
        left = dict(given)
        bound: dict[str, Any] = {}
        for parameter, hint, takes_none in self._parameters:
            name = parameter.name
            has_default = parameter.default is not parameter.empty
            if has_default and left.get(name) is None and not takes_none:
                left.pop(name, None)  # null is as absent, to agents
            elif name in left:
                bound[name] = _converted(name, left.pop(name), hint)
            elif not has_default:
                raise ValueError(f"{name} is missing")
        return ({**bound, **left}, []) if self._takes_more else (bound, list(left))


def text_of(result: Any) -> str:
    """The output that tells an agent `result`: a string as it is, anything else as JSON.

    Raises:
        TypeError: it cannot be JSON.
    """
    text = result
    if not isinstance(result, str):
        text = msgspec.json.encode(result, enc_hook=_plain).decode("utf-8")
    return str(text).encode("utf-8", "replace").decode("utf-8")  # half a surrogate cannot travel


def _annotated(function: Any) -> Any:
    """What has the annotations of `function`, which may be any callable."""
    while isinstance(function, functools.partial):
        function = function.func
    return function if inspect.isroutine(function) else function.__call__


def _converted(name: str, value: Any, hint: Any) -> Any:
    """`value` as `hint`. Agents give "42" for 42, 42 for "42", and JSON text for a list."""
    try:
        return _convert(value, hint)
    except _UNFIT as error:
        try:
            return _convert(_other_form(value), hint)
        except _UNFIT:
            raise ValueError(f"{name}: {error}") from None


def _takes_none(hint: Any) -> bool:
    try:
        _convert(None, hint)
    except TypeError:  # about the type, whatever the value
        raise
    except Exception:  # also what a model of the caller's raises
        return False
    return True


def _convert(value: Any, hint: Any) -> Any:
    return msgspec.convert(value, hint, strict=False, dec_hook=_model)


def _other_form(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str) else text_of(value)


def _model(kind: Union[type[Any], Any], value: Any) -> Any:
    """For types that msgspec does not know: those of pydantic read themselves."""
    if isinstance(value, kind):
        return value
    if hasattr(kind, "model_validate"):
        return kind.model_validate(value)
    raise ValueError(f"a {kind.__name__} cannot be made of it")


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):  # pydantic
        return value.model_dump(mode="json")
    raise TypeError(f"a {type(value).__name__} cannot be JSON")
