"""Type checks of arguments at the public edge."""

from __future__ import annotations

from typing import Any

NONE = type(None)


def check_types(*kinds: Any, **arguments: object) -> None:
    """Check that each argument is an instance of one of `kinds`.

    Raises:
        TypeError: names the argument, the accepted types and the given type.
    """
    for name, value in arguments.items():
        if not isinstance(value, kinds):
            accepted = " or ".join("None" if k is NONE else k.__name__ for k in kinds)
            given = type(value).__name__
            if isinstance(value, type):
                given = f"the class {value.__name__}"
            raise TypeError(f"{name} must be {accepted}, not {given}")
