"""What is wrong in a scenario or in faults: the place, the problem, the valid values.

msgspec reports a wrong type only as English text, so that text is parsed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Union

import msgspec
from msgspec import inspect

from vatel_rt.errors import SimulatorError

Place = tuple[Union[str, int], ...]
"""The keys and indexes that lead to a value."""
Problems = Iterator[tuple[Place, str]]
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_UNKNOWN = re.compile("unknown field `(.*)`", re.S)
_TYPES = re.compile(r"`(\w+(?: \| \w+)*)`")
_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
}


class ScenarioError(SimulatorError):
    """A value of a scenario is wrong.

    Attributes:
        place: the keys and indexes that lead to the value.
    """

    def __init__(self, place: Place, problem: str) -> None:
        self.place = place
        where = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in place)
        super().__init__(" ".join(f"{where[1:]}: {problem}".split()) if place else problem)


def unknown_key(known: str) -> str:
    """Return the text for a key that is not one of those in `known`."""
    return f"unknown key; the keys are {known}"


def from_msgspec(error: msgspec.ValidationError, kind: type) -> ScenarioError:
    """Return the error for what msgspec found wrong in a value of the type `kind`."""
    text, _, where = str(error).rpartition(" - at `$")
    if not text:
        text, where = where, ""
    place: Place = tuple(key or int(index) for key, index in _STEP.findall(where))
    choices = ", ".join(_choices(inspect.type_info(kind), place))
    unknown = _UNKNOWN.search(text)
    if unknown:
        return ScenarioError((*place, unknown[1]), unknown_key(choices))
    suffix = f"; valid values: {choices}" if "enum" in text else ""
    return ScenarioError(place, _in_yaml_terms(text) + suffix)


def _in_yaml_terms(text: str) -> str:
    """Return a text of msgspec with the names of YAML types instead of Python's."""

    def names(types: re.Match[str]) -> str:
        known = [name for name in types[1].split(" | ") if name != "null"]
        return " or ".join(_NAMES.get(name, name) for name in known) or "nothing"

    text = re.sub(r"Object missing required field `(.*)`", r"\1 is missing", text)
    text = re.sub("`str` matching regex .*", "a UUID in lower case", text)
    renamed = _TYPES.sub(names, text)
    is_unquoted = renamed.startswith("Expected text, got") and "`object`" not in text
    return f"{renamed}; put it in quotes" if is_unquoted else renamed


def _choices(kind: inspect.Type, place: Place) -> Iterator[str]:
    """Return the keys of a mapping, or the values of a choice, at a place in a `kind`."""
    for found in _types_at(kind, place):
        if isinstance(found, inspect.StructType):
            yield from (field.encode_name for field in found.fields)
        elif isinstance(found, inspect.LiteralType):
            yield from map(str, found.values)
        elif isinstance(found, inspect.FloatType):
            yield "a number"


def _types_at(kind: inspect.Type, place: Place) -> Iterator[inspect.Type]:
    """Return the types allowed at a place in a `kind`."""
    if isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _types_at(one, place)
    elif not place:
        yield kind
    elif isinstance(kind, inspect.ListType):
        yield from _types_at(kind.item_type, place[1:])
    elif isinstance(kind, inspect.StructType):
        for field in (field for field in kind.fields if field.encode_name == place[0]):
            yield from _types_at(field.type, place[1:])
