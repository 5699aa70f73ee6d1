"""The REST operations of the document: what each takes, and what a handler of one gets.

The document says which path ids, query parameters and body an operation has, and which status
tells success; all of that is held against it here, so handlers get only what is valid.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

import msgspec

from vatel_rt.simulator.document import (
    InvalidValueError,
    check,
    document,
    read_query,
    schema_named,
)

if TYPE_CHECKING:
    from vatel_rt.simulator.platform import Platform

Json = dict[str, Any]
HANDSHAKE = "voiceSessionWebSocket"
_METHODS = ("get", "post", "put", "patch", "delete")


class RefusedError(Exception):
    """A request is refused with an HTTP status and a reason."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


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
            RefusedError: 404.
        """
        if key not in table or self.platform.owners[key] != self.owner:
            raise RefusedError(404, f"{what} not found")
        return table[key]


Handler = Callable[[Asked], Awaitable[Union[Json, list[Json], Download, None]]]


@dataclass(frozen=True)
class Operation:
    """An operation of the document.

    Attributes:
        success: the status of an answer that is no refusal.
        body: the name of the body's schema, if it has a body.
    """

    name: str
    method: str
    path: str
    success: int
    body: Optional[str]

    def ids(self, given: Mapping[str, str]) -> dict[str, str]:
        """The ids in the path, in the spelling that they are kept under.

        Raises:
            RefusedError: one is no UUID.
        """
        try:
            return {name: str(uuid.UUID(value)) for name, value in given.items()}
        except ValueError as error:
            raise RefusedError(400, "an id in the path is not a UUID") from error

    def query(self, given: Mapping[str, str]) -> Json:
        """The query parameters.

        Raises:
            RefusedError: one is not what the document says.
        """
        try:
            return read_query(self.path, self.method.lower(), given)
        except InvalidValueError as error:
            raise RefusedError(400, str(error)) from error

    def check(self, body: Any) -> Any:
        """The body, if it is what the document says.

        Raises:
            RefusedError: it is not.
        """
        try:
            if self.body:
                check(schema_named(self.body), body)
        except InvalidValueError as error:
            raise RefusedError(400, str(error)) from error
        return body


def read_json(body: bytes) -> Any:
    """A body as a value.

    Raises:
        RefusedError: it is not JSON.
    """
    try:
        return msgspec.json.decode(body)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise RefusedError(400, "the body is not JSON") from error


def operations() -> Iterator[Operation]:
    """All REST operations of the document."""
    for path, methods in document()["paths"].items():
        for method, spec in methods.items():
            if method in _METHODS and spec["operationId"] != HANDSHAKE:
                success = min(int(status) for status in spec["responses"])
                yield Operation(
                    spec["operationId"], method.upper(), path, success, _body_schema(spec)
                )


def _body_schema(spec: Json) -> Optional[str]:
    if "requestBody" not in spec:
        return None
    reference: str = spec["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return reference.rsplit("/", 1)[1]
