"""The OpenAPI document: its operations, and what it says about values. The only schema of REST.

The document says which path ids, query parameters and body an operation has, and which status
tells success; all of that is held against it here, so handlers get only what is valid. A handler
refuses a request with an `HTTPException`.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Callable, Optional

import msgspec
from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.exceptions import best_match
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from vatel.simulator.platform.platform import Platform

Json = dict[str, Any]
HANDSHAKE = "voiceSessionWebSocket"
_LONGEST = 200


def _matches(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    # The document's patterns are JavaScript's: `$` is the end, not also before a last newline.
    exact = re.sub(r"(?<!\\)\$$", r"\\Z", pattern)
    if isinstance(value, str) and not re.search(exact, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


_Validator: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _matches}
)


@cache
def document() -> Json:
    """The document."""
    text = resources.files("vatel_rest").joinpath("openapi.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def fields_of(name: str) -> Json:
    """The schemas of the properties of the schema `name`."""
    return document()["components"]["schemas"][name]["properties"]  # type: ignore[no-any-return]


@cache
def schema_named(name: str) -> Draft202012Validator:
    """A validator for the document's schema `name`."""
    return _validator({"$ref": f"#/components/schemas/{name}"})


@cache
def parameter(reference: str) -> tuple[str, Any, Draft202012Validator]:
    """The name of a parameter, its type, and a validator for it."""
    found = document()["components"]["parameters"][reference.rsplit("/", 1)[1]]
    return found["name"], found["schema"].get("type"), _validator(found["schema"])


def check(validator: Draft202012Validator, value: Any, name: str = "body") -> Any:
    """`value`, if it fits a schema.

    Raises:
        HTTPException: (400) it does not; `name` is what the text calls the value as a whole.
    """
    error = best_match(validator.iter_errors(value))
    if error:
        where = ".".join(str(step) for step in error.absolute_path) or name
        raise HTTPException(400, f"{where}: {error.message[:_LONGEST]}")
    return value


def _validator(schema: Json) -> Draft202012Validator:
    rooted = {**schema, "components": document()["components"]}
    checker = Draft202012Validator.FORMAT_CHECKER
    return _Validator(rooted, format_checker=checker)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Download:
    """An answer that is a file."""

    content: AsyncIterator[bytes]
    headers: dict[str, str]


@dataclass(frozen=True)
class Asked:
    """A request that the document allows.

    Attributes:
        owner: id of the organization that asks.
        ids: the ids in the path, by their names there.
        query: the query parameters that are given, and not empty.
        body: as the document describes it; None for an operation without one.
    """

    platform: Platform
    owner: str
    ids: dict[str, str]
    query: Json
    body: Any

    def own(self, table: Mapping[str, Json], what: str, key: str) -> Json:
        """What `table` has under an id, if it is the organization's.

        Raises:
            HTTPException: (404) it has nothing there.
        """
        if key not in table or self.platform.owners[key] != self.owner:
            raise HTTPException(404, f"{what} not found")
        return table[key]

    def all(self, table: Mapping[str, Json]) -> list[Json]:
        """What the organization has in `table`."""
        return [thing for key, thing in table.items() if self.platform.owners[key] == self.owner]


Handler = Callable[[Asked], Any]
"""Gives JSON, a `Download` or None, at once or awaited."""


@dataclass(frozen=True)
class Operation:
    """An operation of the document.

    Attributes:
        success: the status of an answer that is no refusal.
        body: the name of the body's schema, if it has a body.
        parameters: references to those of the query.
    """

    name: str
    method: str
    path: str
    success: int
    body: Optional[str]
    parameters: tuple[str, ...]

    def ids(self, given: Mapping[str, str]) -> dict[str, str]:
        """The ids in the path, in the spelling that they are kept under.

        Raises:
            HTTPException: (400) one is no UUID.
        """
        return {name: _uuid(name, text) for name, text in given.items()}

    def query(self, given: Mapping[str, str]) -> Json:
        """The query parameters.

        Raises:
            HTTPException: (400) one is not what the document says.
        """
        values = {}
        for name, kind, validator in map(parameter, self.parameters):
            if name in given:
                is_number = kind == "integer" and re.fullmatch("-?[0-9]{1,100}", given[name])
                value = int(given[name]) if is_number else given[name]
                values[name] = check(validator, value, name)
        return {name: value for name, value in values.items() if value != ""}

    def check(self, body: Any) -> Any:
        """The body, if it is what the document says.

        Raises:
            HTTPException: (400) it is not.
        """
        return check(schema_named(self.body), body) if self.body else None


def _uuid(name: str, text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise HTTPException(400, f"{name}: not a UUID") from error


def read_json(body: bytes) -> Any:
    """A body as a value.

    Raises:
        HTTPException: (400) it is not JSON.
    """
    try:
        return msgspec.json.decode(body)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise HTTPException(400, "the body is not JSON") from error


def operations() -> Iterator[Operation]:
    """All REST operations of the document."""
    for path, item in document()["paths"].items():
        specs = ((m.upper(), spec) for m, spec in item.items() if m != "parameters")
        for method, spec in specs:
            name, success = spec["operationId"], min(map(int, spec["responses"]))
            parameters = tuple(found["$ref"] for found in spec.get("parameters", []))
            if name != HANDSHAKE:
                yield Operation(name, method, path, success, _body_schema(spec), parameters)


def _body_schema(spec: Json) -> Optional[str]:
    if "requestBody" not in spec:
        return None
    reference: str = spec["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return reference.rsplit("/", 1)[1]
