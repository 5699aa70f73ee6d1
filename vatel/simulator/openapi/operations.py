"""The REST operations of the document, and checks of a request against its operation.

Path ids, query parameters and body are checked here, so handlers get only valid values.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

import msgspec

from vatel.simulator.openapi.document import Json, document
from vatel.simulator.openapi.errors import HttpError
from vatel.simulator.openapi.schemas import check_value, parameter, schema_named

HANDSHAKE = "voiceSessionWebSocket"
"""The one operation of the document that is not REST."""


@dataclass(frozen=True)
class Operation:
    """An operation of the document.

    Attributes:
        success: status of a successful answer.
        body: name of the body's schema; None for an operation without a body.
        parameters: references to the query parameters.
    """

    name: str
    method: str
    path: str
    success: int
    body: Optional[str]
    parameters: tuple[str, ...]

    def check_ids(self, ids: Mapping[str, str]) -> dict[str, str]:
        """Return the ids of the path, in lower case.

        Raises:
            HttpError: (400) an id is not a UUID.
        """
        return {name: _uuid(name, text) for name, text in ids.items()}

    def check_query(self, query: Mapping[str, str]) -> Json:
        """Return the query parameters that are set and not empty.

        Raises:
            HttpError: (400) a parameter is not valid.
        """
        values = {}
        for name, kind, validator in map(parameter, self.parameters):
            if name in query:
                is_number = kind == "integer" and re.fullmatch("-?[0-9]{1,100}", query[name])
                value = int(query[name]) if is_number else query[name]
                values[name] = check_value(validator, value, name)
        return {name: value for name, value in values.items() if value != ""}

    def check_body(self, body: Any) -> Any:
        """Return the body; None for an operation without a body.

        Raises:
            HttpError: (400) the body is not valid.
        """
        return check_value(schema_named(self.body), body) if self.body else None


def _uuid(name: str, text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise HttpError(400, f"{name}: not a UUID") from error


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON body.

    Raises:
        HttpError: (400) the body is not JSON.
    """
    try:
        return msgspec.json.decode(body)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise HttpError(400, "the body is not JSON") from error


def operations() -> Iterator[Operation]:
    """Return all REST operations of the document."""
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
