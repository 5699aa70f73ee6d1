"""The rules of a release, and the Pythons that the checks run on."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vatel import __version__

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = "1.2.0"


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))


@pytest.fixture
def release() -> Any:
    return importlib.import_module("release_check")


def test_an_sdist(release: Any) -> None:
    tracked = ["README.md", "vatel/__init__.py", "tests/call/test_call.py"]
    names = [f"vatel-{VERSION}/{path}" for path in [*tracked, "PKG-INFO"]]
    assert list(release.sdist_problems(names, tracked, VERSION)) == []
    odd = [*names[1:], names[1], f"vatel-{VERSION}/.venv/bin/python"]
    assert list(release.sdist_problems(odd, tracked, VERSION)) == [
        f"sdist: {names[0]} is missing",
        f"sdist: vatel-{VERSION}/.venv/bin/python is not in git",
        f"sdist: {names[1]} is included twice",
    ]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("vatel_rt/test_call.py", True),
        ("vatel_rt/conftest.py", True),
        ("conftest.py", True),
        ("vatel/testing.py", False),
        ("vatel_rt/latest_call.py", False),
    ],
)
def test_a_test_in_a_wheel(release: Any, name: str, found: bool) -> None:
    assert bool(release.TEST.search(name)) == found


def test_the_packages_have_what_a_wheel_needs() -> None:
    """check-wheel-contents sees to it that a wheel has all files of the packages."""
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert packages == ["generated/vatel_rest", "vatel", "vatel_rt"]
    assert PROJECT["tool"]["check-wheel-contents"]["package"] == packages
    for package in packages:
        assert {"__init__.py", "py.typed"} <= {path.name for path in (ROOT / package).iterdir()}
    assert (ROOT / "generated/vatel_rest/openapi.json").is_file()
    data = {path.name for path in (ROOT / "vatel/simulator/data").iterdir()}
    assert {"default.yaml", "greeting.wav", "caller_hours.wav", "no_voice.wav"} <= data
    assert {name.rpartition(".")[2] for name in data} == {"yaml", "wav"}


def test_the_metadata() -> None:
    project = PROJECT["project"]
    assert project["requires-python"] == ">=3.9"
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    assert sorted(project["optional-dependencies"]) == ["aec", "audio", "demo", "simulator"]
    supported = importlib.import_module("pythons").SUPPORTED
    pythons = ["Programming Language :: Python :: {}.{}".format(*version) for version in supported]
    assert {"Typing :: Typed", "Framework :: AsyncIO", *pythons} <= {*project["classifiers"]}
    assert list(PROJECT["dependency-groups"]) == ["dev", "generate", "bench", "release"]


def changelog_problems(text: str, version: str) -> Iterator[str]:
    """Compare the changelog with the version: the newest heading has it, or none has it yet."""
    headings = re.findall(r"^## \[(.+?)\](.*)", text, re.MULTILINE)
    if not headings:
        yield "no heading of a version"
        return
    newest, released = headings[0][0], [name for name, _ in headings if name != "Unreleased"]
    if newest == "Unreleased" and version in released:
        yield f"{version} is released already: raise the version"
    elif newest not in ("Unreleased", version):
        yield f"its newest version is {newest}, but vatel_rt/version.py has {version}"
    for name, rest in headings:
        if name != "Unreleased" and not re.fullmatch(r" - \d{4}-\d\d-\d\d", rest):
            yield f"{name} has no date"


@pytest.mark.parametrize(
    ("changelog", "problem"),
    [
        ("## [1.2.0] - 2026-01-31\n\n## [1.1.0] - 2026-01-30\n", None),
        ("## [Unreleased]\n\n## [1.1.0] - 2026-01-30\n", None),
        ("## [Unreleased]\n", None),
        ("## [1.1.0] - 2026-01-30\n",
         "its newest version is 1.1.0, but vatel_rt/version.py has 1.2.0"),
        ("## [Unreleased]\n\n## [1.2.0] - 2026-01-31\n",
         "1.2.0 is released already: raise the version"),
        ("## [1.2.0]\n", "1.2.0 has no date"),
        ("# Changelog\n", "no heading of a version"),
    ],
)  # fmt: skip
def test_changelog(changelog: str, problem: Any) -> None:
    assert list(changelog_problems(changelog, VERSION)) == ([problem] if problem else [])


def test_our_changelog_goes_with_our_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert list(changelog_problems(changelog, __version__)) == []


def for_index(readme: str) -> str:
    hook = PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    for rule in hook["substitutions"]:
        readme = re.sub(rule["pattern"], rule["replacement"], readme)
    return readme


def test_the_readme_for_an_index() -> None:
    assert for_index(
        "# vatel\n\n![A demo](docs/demo.svg)\n\n[`docs/a.md`](docs/a.md#top), "
        "[format](https://example.com)\n"
    ) == "# vatel\n\n`docs/a.md`, [format](https://example.com)\n"  # fmt: skip


def test_the_code_of_our_readme_is_left_alone() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for block in re.findall(r"```.*?```", readme, re.DOTALL):
        assert for_index(block) == block
    assert re.findall(r"\]\((?!https?:|mailto:)(.*?)\)", for_index(readme)) == []


@pytest.mark.parametrize(
    ("here", "choice", "found"),
    [
        ([9, 11, 13], "all", [9, 11, 13]),
        ([9, 11, 13], "older", [9]),
        ([11], "older", []),
        ([9, 11, 13], "newest", [13]),
        ([11], "newest", [11]),
    ],
)
def test_pythons(
    here: list[int], choice: str, found: list[int], monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    pythons = importlib.import_module("pythons")
    paths = {(3, minor): f"python3.{minor}" for minor in here}
    monkeypatch.setattr(pythons, "find", paths.get)
    assert pythons.main(choice, "echo", "make", "test") == 0
    lines = [f"make test PYTHON=python3.{minor} VENV=.venv-3.{minor}" for minor in found]
    assert capfd.readouterr().out.splitlines() == lines


def test_pythons_passes_on_a_failure(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    pythons = importlib.import_module("pythons")
    monkeypatch.setattr(pythons, "find", str)
    command = [sys.executable, "-c", "import sys; print(sys.argv[1][:13]); sys.exit(3)"]
    assert pythons.main("all", *command) == 3
    assert capfd.readouterr().out.splitlines() == ["PYTHON=(3, 9)"]
    monkeypatch.setattr(pythons, "find", lambda version: None)
    with pytest.raises(SystemExit, match="No supported Python found"):
        pythons.main("newest", *command)


def test_a_problem_of_a_command_is_told(
    release: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no disk' >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(release.sys, "executable", str(broken))
    monkeypatch.setattr(release, "DIST", tmp_path / "dist")
    assert release.main() == 1
    assert "no disk" in capsys.readouterr().err
