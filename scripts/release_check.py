"""Build wheel and sdist into dist/ and check them; print the problems and exit with 1 if any.

Checks files and metadata, then installs the wheel in empty environments: on each Python of this
machine (or those whose paths are given), without extras and with each of them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from installed import CHECKS
from pythons import SUPPORTED, find

from vatel_rt.version import __version__ as version

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
ERRORS = (RuntimeError, subprocess.TimeoutExpired)
TEST = re.compile(r"(^|/)(test_\w*|conftest)\.py$")


def run(*command: object, cwd: Path = ROOT) -> str:
    """Run a command and return its output; raise RuntimeError if its exit code is not 0."""
    line = list(map(str, command))
    done = subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise RuntimeError(f"{' '.join(line)}\n{done.stdout}{done.stderr}".strip())
    return done.stdout


def problems(wheel: Path, sdist: Path) -> Iterator[str]:
    """Compare the files with git and the tree, and check the metadata."""
    with tarfile.open(sdist) as tree:
        yield from sdist_problems(tree.getnames(), run("git", "ls-files").splitlines(), version)
    with zipfile.ZipFile(wheel) as archive:
        yield from (f"wheel: {n} is a test" for n in archive.namelist() if TEST.search(n))
    for command in ("check_wheel_contents", wheel), ("twine", "check", "--strict", wheel, sdist):
        run(sys.executable, "-m", *command)


def sdist_problems(names: Iterable[str], tracked: Iterable[str], version: str) -> Iterator[str]:
    """Compare the files of an sdist with those in git."""
    found = Counter(names)
    wanted = {f"vatel-{version}/{path}" for path in [*tracked, "PKG-INFO"]}
    yield from (f"sdist: {name} is missing" for name in sorted(wanted - found.keys()))
    yield from (f"sdist: {name} is not in git" for name in sorted(found.keys() - wanted))
    yield from (f"sdist: {name} is included twice" for name, n in found.items() if n > 1)


def install(wheel: Path, python: str, extra: str) -> Iterator[str]:
    """Install the wheel into an empty environment and try it there."""
    print(f"  {python} {extra}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = folder / "venv" / "bin" / "python"
        try:
            run(python, "-m", "venv", folder / "venv", cwd=folder)
            run(ours, "-m", "pip", "install", "-q", f"{wheel}[{extra}]".replace("[base]", ""))
            run(ours, "-m", "pip", "check", cwd=folder)
            run(ours, "-I", "-W", "error", ROOT / "scripts" / "installed.py", extra, cwd=folder)
        except ERRORS as error:
            yield f"{python}, {extra}: {error}"


def main(*pythons: str) -> int:
    """Build, check and install; return the exit code."""
    found: list[str] = []
    try:
        shutil.rmtree(DIST, ignore_errors=True)
        run(sys.executable, "-m", "build", "--outdir", DIST)  # the wheel from the sdist
        (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
        found.extend(problems(wheel, sdist))
        for python in pythons or filter(None, map(find, SUPPORTED)):
            for extra in CHECKS:
                found.extend(install(wheel, python, extra))
    except ERRORS as error:
        found.append(str(error))
    for problem in found:
        print(f"PROBLEM {problem}", file=sys.stderr)
    print(f"{len(found)} problems" if found else f"{DIST} is ready for release")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
