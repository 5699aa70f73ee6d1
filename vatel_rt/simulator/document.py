"""The OpenAPI document, and what it says about values: the simulator's only schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

_LONGEST = 200


class InvalidValueError(ValueError):
    """A value is not what the document says; the text names the field."""


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The document."""
    text = resources.files("vatel_rest").joinpath("openapi.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


@cache
def schema_named(name: str) -> Draft202012Validator:
    """A validator for the document's schema `name`."""
    return _validator({"$ref": f"#/components/schemas/{name}"})


def check(validator: Draft202012Validator, value: Any, name: str = "body") -> None:
    """Hold `value` against a schema.

    Raises:
        InvalidValueError: it does not fit; `name` is what the text calls the value as a whole.
    """
    error = best_match(validator.iter_errors(value))
    if error:
        where = ".".join(str(step) for step in error.absolute_path) or name
        raise InvalidValueError(f"{where}: {error.message[:_LONGEST]}")


def read_query(path: str, method: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The documented query parameters of an operation that are `given`, and not empty.

    Raises:
        InvalidValueError: one is not what the document says.
    """
    wanted = _query_parameters(path, method)
    values = {name: given[name] for name in wanted if given.get(name)}
    return {name: _read(name, wanted[name], text) for name, text in values.items()}


def _read(name: str, schema: dict[str, Any], text: str) -> Any:
    is_number = schema.get("type") == "integer" and re.fullmatch("-?[0-9]{1,18}", text)
    value = int(text) if is_number else text
    check(_validator(schema), value, name)
    return value


@cache
def _query_parameters(path: str, method: str) -> dict[str, dict[str, Any]]:
    parameters = map(_resolved, document()["paths"][path][method].get("parameters", []))
    return {p["name"]: p["schema"] for p in parameters if p["in"] == "query"}


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    rooted = {**schema, "components": document()["components"]}
    return Draft202012Validator(rooted, format_checker=Draft202012Validator.FORMAT_CHECKER)
