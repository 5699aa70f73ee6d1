"""Type checks of arguments at the public edge."""

from __future__ import annotations

from typing import Any

NONE = type(None)


def check_types(*kinds: Any, **arguments: object) -> None:
    """Raise `TypeError` for each argument that is not an instance of one of `kinds`.

    The message names the argument, the accepted types and the type that was given.
    """
    for name, value in arguments.items():
        if not isinstance(value, kinds):
            may_be = " or ".join("None" if k is NONE else k.__name__ for k in kinds)
            given = value.__name__ if isinstance(value, type) else type(value).__name__
            its = "the class " if isinstance(value, type) else ""
            raise TypeError(f"{name} is {may_be}, not {its}{given}")
