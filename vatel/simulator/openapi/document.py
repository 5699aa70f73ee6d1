"""The OpenAPI document of the REST API, as packaged in `vatel_rest`."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

Json = dict[str, Any]
"""A JSON object."""


@cache
def document() -> Json:
    """Return the document. It is read once, and must not be changed."""
    text = resources.files("vatel_rest").joinpath("openapi.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def fields_of(name: str) -> Json:
    """Return the schemas of the properties of the schema `name`."""
    return document()["components"]["schemas"][name]["properties"]  # type: ignore[no-any-return]
