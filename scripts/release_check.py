"""Build the wheel and the sdist into dist/, and check that they could be released.

Their files, metadata and changelog by `release_rules`; then the wheel in empty environments, on
each Python that is here, without extras and with each (`installed`). `--python PATH`, which may be
repeated, takes those Pythons instead. Exits with 1 where something is wrong.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from installed import CHECKS
from pythons import SUPPORTED, find
from release_rules import changelog_problems, metadata_problems, sdist_problems, wheel_problems

from vatel_rt.version import __version__ as version

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
AT_ONCE = 2
SECONDS = 600  # for one command: PyAudio is compiled
AEC_FROM = (3, 10)


class FailedError(Exception):
    """A command failed; the text is what it printed."""


def run(*command: object, cwd: Path = ROOT) -> str:
    """Run a command, and give what it printed.

    Raises:
        FailedError: its exit code is not 0, or it took too long.
    """
    line = list(map(str, command))
    try:
        done = subprocess.run(
            line, cwd=cwd, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise FailedError(str(error)) from None
    if done.returncode:
        raise FailedError(f"{' '.join(line)}\n{done.stdout}{done.stderr}".strip())
    return done.stdout


def build() -> tuple[Path, Path]:
    """Build the sdist, and the wheel from it, into an empty dist/."""
    for old in DIST.glob("vatel-*"):
        old.unlink()
    run(sys.executable, "-m", "build", "--outdir", DIST)
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    return wheel, sdist


def contents(wheel: Path) -> dict[str, bytes]:
    """Map the files of a wheel to their bytes."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def problems(wheel: Path, sdist: Path) -> Iterator[str]:
    """What is wrong with the files, and with what they say."""
    tracked = run("git", "ls-files").splitlines()
    with zipfile.ZipFile(wheel) as archive:
        yield from wheel_problems(archive.namelist(), tracked, version)
        text = archive.read(f"vatel-{version}.dist-info/METADATA").decode()
    yield from metadata_problems(text, version)
    with tarfile.open(sdist) as tree:
        yield from sdist_problems(tree.getnames(), tracked, version)
        about = tree.extractfile(f"vatel-{version}/PKG-INFO")
        if about is None or about.read().decode() != text:
            yield "sdist: PKG-INFO is not the wheel's METADATA"
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    yield from changelog_problems(changelog, version)
    yield from _against_tree(wheel)


def _against_tree(wheel: Path) -> Iterator[str]:
    """Compare the wheel, which was built from the sdist, with one of the tree."""
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "build", "--wheel", "--outdir", folder)
        (other,) = Path(folder).glob("*.whl")
        ours, theirs = contents(wheel), contents(other)
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            yield f"wheel: {name} of the sdist is not that of the tree"


def install(wheel: Path, python: str, extra: str, folder: Path) -> None:
    """Install the wheel into an empty environment, and try it there.

    Raises:
        FailedError: one of both does not work.
    """
    run(python, "-m", "venv", folder / "venv", cwd=folder)
    ours = folder / "venv" / "bin" / "python"
    wanted = wheel if extra == "base" else f"{wheel}[{extra}]"
    quiet = ["--quiet", "--disable-pip-version-check"]
    run(ours, "-m", "pip", "install", *quiet, wanted, cwd=folder)
    run(ours, "-m", "pip", "check", "--disable-pip-version-check", cwd=folder)
    run(ours, "-I", "-W", "error", ROOT / "scripts" / "installed.py", extra, cwd=folder)


def attempt(wheel: Path, python: str, extra: str) -> str:
    """Install and try; gives what failed, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            install(wheel, python, extra, Path(folder))
        except FailedError as error:
            return str(error)
    return ""


def installs(wheel: Path, pythons: Sequence[str]) -> Iterator[str]:
    """What does not install or work, on which Python and with which extra; shows progress."""
    tries = [
        (python, extra)
        for python in pythons
        for extra in CHECKS
        if extra != "aec" or _version_of(python) >= AEC_FROM
    ]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = threads.map(lambda one: attempt(wheel, *one), tries)
        for (python, extra), failed in zip(tries, answers):
            print(f"  {python} {extra}: {'FAILED' if failed else 'ok'}", flush=True)
            if failed:
                yield f"{python}, {extra}: {failed}"


def _version_of(python: str) -> tuple[int, ...]:
    asked = run(python, "-c", "import sys; print(*sys.version_info[:2])")
    return tuple(map(int, asked.split()))


def check(pythons: Sequence[str]) -> Iterator[str]:
    """Build, check, install; gives what is wrong."""
    print("building sdist and wheel", flush=True)
    wheel, sdist = build()
    print(f"checking {wheel.name} and {sdist.name}", flush=True)
    yield from problems(wheel, sdist)
    run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)
    print(f"installing into empty environments of {len(pythons)} Pythons", flush=True)
    yield from installs(wheel, pythons)


def main() -> int:
    """Run the command line; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", action="append", help="a Python to install on, by its path")
    options = parser.parse_args()
    found: list[str] = []
    try:
        pythons = options.python or [path for path in map(find, SUPPORTED) if path]
        found.extend(check(pythons))
    except FailedError as error:
        found.append(str(error))
    for problem in found:
        print(f"PROBLEM {problem}", file=sys.stderr)
    print(f"{len(found)} problems" if found else f"{DIST} could be released")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
