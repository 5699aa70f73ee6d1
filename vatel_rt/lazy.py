"""Packages that load what is behind a name when the name is first used (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Callable


def exports(
    package: str, homes: Mapping[str, str], *wholes: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package that re-exports.

    Args:
        package: its name.
        homes: the module of each name; its own full name for a module of the package.
        wholes: modules of which it re-exports all public names.
    """

    def public() -> list[str]:
        names = (import_module(whole).__all__ for whole in wholes)
        return sorted({*homes}.union(*names))

    def get(name: str) -> Any:
        if name == "__all__":
            return public()
        home = homes.get(name)
        if home is None and not name.startswith("_"):
            home = next((whole for whole in wholes if name in import_module(whole).__all__), None)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(home)
        value = module if home == f"{package}.{name}" else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    return get, public
