"""Environments that hold the package with some extra and nothing else, kept in `.venv-bench-*`.

Other programs in the environment of the benchmarks would be measured along: httpx, for one, loads
rich and click where it finds them.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class NotInstalledError(Exception):
    """The extra cannot be installed here; the text is the installer's."""


@cache
def environment(extra: str = "") -> Path:
    """The Python of an environment with the package as it stands now, and an extra.

    The dependencies are those of the first run, until `make clean` or a change of pyproject.toml.

    Raises:
        NotInstalledError: it cannot be installed.
    """
    folder = ROOT / f".venv-bench-{extra or 'base'}-{sys.version_info[0]}.{sys.version_info[1]}"
    python, stamp = folder / "bin" / "python", folder / "installed.toml"
    project = (ROOT / "pyproject.toml").read_text()
    if not stamp.exists() or stamp.read_text() != project:
        _run("-m", "venv", "--clear", "--without-pip", str(folder))
        _pip(python, f"{_wheel()}[{extra}]" if extra else str(_wheel()))
        stamp.write_text(project)
    _pip(python, "--no-deps", "--force-reinstall", str(_wheel()))
    return python


def packages(python: Path) -> Path:
    """Where the packages of an environment are."""
    (folder,) = python.parents[1].glob("lib/python*/site-packages")
    return folder


@cache
def _wheel() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="vatel-wheel-"))
    atexit.register(shutil.rmtree, folder)
    _run("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    return wheel


def _pip(python: Path, *what: str) -> None:
    _run("-m", "pip", "--python", str(python), "install", "--quiet", *what)


def _run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalledError(done.stderr)
