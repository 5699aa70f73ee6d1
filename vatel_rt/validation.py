"""Types of arguments at the public edge, and their checks."""

from __future__ import annotations

from os import PathLike
from typing import Any, Union

NONE = type(None)
Path = Union[str, "PathLike[str]"]


def check_types(*kinds: Any, **arguments: object) -> None:
    """Raise TypeError unless each argument is an instance of one of `kinds`."""
    for name, value in arguments.items():
        if not isinstance(value, kinds):
            accepted = " or ".join("None" if k is NONE else k.__name__ for k in kinds)
            kind = isinstance(value, type) and f"the class {value.__name__}"
            raise TypeError(f"{name} must be {accepted}, not {kind or type(value).__name__}")
