"""Load re-exported names on first use (PEP 562), and report packages that are missing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Callable, Optional

Missing = Callable[[str], Optional[Exception]]


def exports(
    package: str, homes: Mapping[str, str], *wholes: str, missing: Optional[Missing] = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and `__dir__` of `package`, which re-exports names.

    Args:
        package: name of the package.
        homes: the module of each name; the full name of a submodule itself.
        wholes: modules of which all public names are re-exported.
        missing: returns the error to raise if the named package is not installed, or None.
    """

    def public() -> list[str]:
        names = (import_module(whole).__all__ for whole in wholes)
        return sorted({*homes}.union(*names))

    def get(name: str) -> Any:
        if name == "__all__":
            return public()
        searched = () if name.startswith("_") else wholes
        found = (whole for whole in searched if name in import_module(whole).__all__)
        try:
            if (home := homes.get(name) or next(found, None)) is None:
                raise AttributeError(f"module {package!r} has no attribute {name!r}")
            module = import_module(home)
            value = module if home == f"{package}.{name}" else getattr(module, name)
        except ModuleNotFoundError as error:
            replacement = missing(_top_level(error)) if missing else None
            if replacement is None:
                raise
            raise replacement from error
        setattr(sys.modules[package], name, value)
        return value

    return get, public


def install_hint(error: ModuleNotFoundError) -> str:
    """Return what a program prints if a dependency of this package is not installed."""
    from pathlib import Path  # slow to import

    folder = Path(__file__).parents[1]
    is_clone = (folder / "pyproject.toml").is_file()
    what = f"'.[demo]' in {folder}" if is_clone else "'vatel[demo]'"
    return f"error: {_top_level(error)} is missing: pip install {what} (Python >= 3.9)"


def _top_level(error: ModuleNotFoundError) -> str:
    return str(error.name).partition(".")[0]
