"""What is wrong in a scenario or in faults: where it stands, and what may stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Union

import msgspec
from msgspec import inspect

from vatel_rt.errors import SimulatorError

Place = tuple[Union[str, int], ...]
"""The keys and indexes that lead to a value."""
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_UNKNOWN = re.compile("unknown field `(.*)`", re.S)
_KINDS = re.compile(r"`(\w+(?: \| \w+)*)`")
_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
}


class MistakeError(SimulatorError):
    """Something in a scenario cannot be.

    Attributes:
        place: where.
    """

    def __init__(self, place: Place, text: str) -> None:
        self.place = place
        where = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in place)
        super().__init__(" ".join(f"{where[1:]}: {text}".split()) if place else text)


def in_types(error: msgspec.ValidationError, kind: type) -> MistakeError:
    """The mistake that msgspec found in what should be a `kind`."""
    text, _, where = str(error).rpartition(" - at `$")
    if not text:
        text, where = where, ""
    place: Place = tuple(key or int(index) for key, index in _STEP.findall(where))
    choices = ", ".join(_choices(inspect.type_info(kind), place))
    unknown = _UNKNOWN.search(text)
    if unknown:
        return MistakeError((*place, unknown[1]), f"there is no such key; there are {choices}")
    text = _in_words(text)
    return MistakeError(place, text + (f"; it is one of {choices}" if "enum" in text else ""))


def _in_words(text: str) -> str:
    """What msgspec says, in words of YAML instead of those of Python."""

    def names(kinds: re.Match[str]) -> str:
        known = [kind for kind in kinds[1].split(" | ") if kind != "null"]
        return " or ".join(_NAMES.get(kind, kind) for kind in known) or "nothing"

    text = re.sub(r"Object missing required field `(.*)`", r"\1 is missing", text)
    text = re.sub(" matching regex .*", " that is a UUID in small letters", text)
    in_words = _KINDS.sub(names, text)
    is_unquoted = in_words.startswith("Expected text, got") and "`object`" not in text
    return f"{in_words}; it needs quotes" if is_unquoted else in_words


def _choices(kind: inspect.Type, place: Place) -> Iterator[str]:
    """The keys of a mapping, or the values of a choice, at a place in a `kind`."""
    for found in _kinds(kind, place):
        if isinstance(found, inspect.StructType):
            yield from (field.encode_name for field in found.fields)
        elif isinstance(found, inspect.LiteralType):
            yield from map(str, found.values)
        elif isinstance(found, inspect.FloatType):
            yield "a number"


def _kinds(kind: inspect.Type, place: Place) -> Iterator[inspect.Type]:
    """What may stand at a place in a `kind`."""
    if isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _kinds(one, place)
    elif not place:
        yield kind
    elif isinstance(kind, inspect.ListType):
        yield from _kinds(kind.item_type, place[1:])
    elif isinstance(kind, inspect.StructType):
        for field in (field for field in kind.fields if field.encode_name == place[0]):
            yield from _kinds(field.type, place[1:])
