"""Load re-exported names on first use (PEP 562), and report packages that are missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Callable, Optional

Missing = Callable[[str], Optional[Exception]]
"""Returns the error to raise if a package is missing, or None for packages it does not know."""


def exports(
    package: str, homes: Mapping[str, str], *wholes: str, missing: Optional[Missing] = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and `__dir__` of a package that re-exports names.

    Args:
        package: name of the package.
        homes: the module of each name; for a submodule its full name.
        wholes: modules of which all public names are re-exported.
        missing: called with the name of a package that is not installed.
    """

    def public() -> list[str]:
        names = (import_module(whole).__all__ for whole in wholes)
        return sorted({*homes}.union(*names))

    def home_of(name: str) -> str:
        home = homes.get(name)
        if home is None and not name.startswith("_"):
            home = next((whole for whole in wholes if name in import_module(whole).__all__), None)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return home

    def get(name: str) -> Any:
        if name == "__all__":
            return public()
        with _translated(missing):
            home = home_of(name)
            module = import_module(home)
            value = module if home == f"{package}.{name}" else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    return get, public


@contextmanager
def _translated(missing: Optional[Missing]) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        replacement = missing(_top_level(error)) if missing else None
        if replacement is None:
            raise
        raise replacement from error


def install_hint(error: ModuleNotFoundError) -> str:
    """Return what a program prints if a dependency of this package is not installed."""
    from pathlib import Path  # slow to import

    folder = Path(__file__).parents[1]
    is_clone = (folder / "pyproject.toml").is_file()
    what = f"'.[demo]' in {folder}" if is_clone else "'vatel[demo]'"
    return f"error: {_top_level(error)} is missing: pip install {what} (Python >= 3.9)"


def _top_level(error: ModuleNotFoundError) -> str:
    return str(error.name).partition(".")[0]
