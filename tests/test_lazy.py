"""Names that are loaded on first use, and packages that are missing."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Optional

import pytest
from pages import ROOT

from vatel_rt import lazy
from vatel_rt.errors import SimulatorError


def missing(package: str) -> Optional[Exception]:
    return SimulatorError(f"it needs {package}") if package == "no_such_extra" else None


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A package that re-exports from modules some of which need what is not installed."""
    package = ModuleType("lazy_package")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, package.__name__, package)
    for name, text in {
        "lazy_plain": "A = 1\nB = 2\n__all__ = ['B']\n",
        "lazy_extra": "import no_such_extra.part\n",
        "lazy_other": "import no_such_package\n",
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    homes = {"A": "lazy_plain", "Extra": "lazy_extra", "Other": "lazy_other"}
    package.__getattr__, package.__dir__ = lazy.exports(  # type: ignore[method-assign,assignment]
        package.__name__, homes, "lazy_plain", missing=missing
    )
    return package


def test_names_are_loaded_on_first_use(package: Any) -> None:
    assert "A" not in vars(package)
    assert (package.A, package.B) == (1, 2)
    assert vars(package)["A"] == 1
    assert package.__all__ == dir(package) == ["A", "B", "Extra", "Other"]
    with pytest.raises(AttributeError, match="module 'lazy_package' has no attribute 'C'"):
        _ = package.C


def test_a_package_of_an_extra_that_is_missing(package: Any) -> None:
    with pytest.raises(SimulatorError, match="it needs no_such_extra") as caught:
        _ = package.Extra
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_another_package_that_is_missing(package: Any) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        _ = package.Other


MISSING = ModuleNotFoundError("No module named 'httpx._x'", name="httpx._x")


def test_what_to_install_in_a_clone() -> None:
    hint = f"error: httpx is missing: pip install '.[demo]' in {ROOT} (Python >= 3.9)"
    assert lazy.install_hint(MISSING) == hint


def test_what_to_install_beside_a_wheel(tmp_path: Path) -> None:
    copy = tmp_path / "site-packages" / "vatel_rt" / "lazy.py"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(Path(lazy.__file__).read_bytes())
    spec = importlib.util.spec_from_file_location("installed_lazy", copy)
    assert spec is not None
    assert spec.loader is not None
    installed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installed)
    hint = "error: httpx is missing: pip install 'vatel[demo]' (Python >= 3.9)"
    assert installed.install_hint(MISSING) == hint
