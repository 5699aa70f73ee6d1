"""Validators for the schemas and parameters of the document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.exceptions import best_match

from vatel.simulator.openapi.document import Json, document
from vatel.simulator.openapi.errors import HttpError

_MAX_MESSAGE = 200


def _matches(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    # Patterns are JavaScript's: `$` does not match before a newline at the end.
    exact = re.sub(r"(?<!\\)\$$", r"\\Z", pattern)
    if isinstance(value, str) and not re.search(exact, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


_Validator: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _matches}
)


@cache
def schema_named(name: str) -> Draft202012Validator:
    """Return a validator for the schema `name` of the document."""
    return _validator({"$ref": f"#/components/schemas/{name}"})


@cache
def parameter(reference: str) -> tuple[str, Any, Draft202012Validator]:
    """Return the name of a parameter, its JSON type, and a validator for it."""
    found = document()["components"]["parameters"][reference.rsplit("/", 1)[1]]
    return found["name"], found["schema"].get("type"), _validator(found["schema"])


def check_value(validator: Draft202012Validator, value: Any, name: str = "body") -> Any:
    """Return `value` if it is valid.

    Raises:
        HttpError: (400) it is not valid; the text names the field, or `name` for the whole value.
    """
    error = best_match(validator.iter_errors(value))
    if error:
        where = ".".join(str(step) for step in error.absolute_path) or name
        raise HttpError(400, f"{where}: {error.message[:_MAX_MESSAGE]}")
    return value


def _validator(schema: Json) -> Draft202012Validator:
    rooted = {**schema, "components": document()["components"]}
    checker = Draft202012Validator.FORMAT_CHECKER
    return _Validator(rooted, format_checker=checker)  # type: ignore[no-any-return]
