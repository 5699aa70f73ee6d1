"""What `make release-check` and `make test-all` go by; building and installing is their own."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = "1.2.0"
TEST = "vatel_rt/test_call.py"


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))


@pytest.fixture
def rules() -> Any:
    return importlib.import_module("release_rules")


@pytest.fixture
def tracked() -> list[str]:
    """The files that git would have, in a clone and in an unpacked sdist alike."""
    folders = ["generated/vatel_rest", "vatel", "vatel_rt"]
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    packaged = [path.relative_to(ROOT).as_posix() for path in found if path.suffix != ".pyc"]
    return [*packaged, "README.md", "tests/call/test_call.py"]


@pytest.fixture
def wheel(rules: Any, tracked: list[str]) -> list[str]:
    """What a wheel of these files holds."""
    names = [re.sub("^generated/", "", path) for path in tracked if path.count("/")]
    about = [f"vatel-{VERSION}.dist-info/{name}" for name in rules.ABOUT]
    return [*(name for name in names if not name.startswith("tests")), *about]


def test_a_wheel_of_the_packages(rules: Any, wheel: list[str], tracked: list[str]) -> None:
    assert list(rules.wheel_problems(wheel, tracked, VERSION)) == []


@pytest.mark.parametrize(
    "name",
    ["vatel_rest/openapi.json", "vatel_rt/py.typed", "vatel/simulator/data/greeting.wav",
     "vatel/simulator/data/default.yaml", f"vatel-{VERSION}.dist-info/licenses/LICENSE"],
)  # fmt: skip
def test_a_wheel_without(rules: Any, wheel: list[str], tracked: list[str], name: str) -> None:
    wheel.remove(name)
    assert list(rules.wheel_problems(wheel, tracked, VERSION)) == [f"wheel: {name} is missing"]
    # not even where git has lost it as well
    fewer = [path for path in tracked if not path.endswith(name)]
    assert f"wheel: {name} is missing" in rules.wheel_problems(wheel, fewer, VERSION)


@pytest.mark.parametrize(
    "name",
    ["tests/call/test_call.py", "vatel_rt/__pycache__/call.pyc", ".venv/bin/python", TEST,
     "vatel_rt/notes.txt", "vatel_rt/conftest.py", "conftest.py"],
)  # fmt: skip
def test_a_wheel_with(rules: Any, wheel: list[str], tracked: list[str], name: str) -> None:
    found = list(rules.wheel_problems([*wheel, name], tracked, VERSION))
    assert found == [f"wheel: {name} is not in git", f"wheel: {name} does not belong there"]


def test_a_wheel_with_a_test_from_git(rules: Any, wheel: list[str], tracked: list[str]) -> None:
    found = rules.wheel_problems([*wheel, TEST], [*tracked, TEST], VERSION)
    assert list(found) == [f"wheel: {TEST} does not belong there"]


def test_a_file_that_is_there_twice(rules: Any, wheel: list[str], tracked: list[str]) -> None:
    found = rules.wheel_problems([*wheel, "vatel/py.typed"], tracked, VERSION)
    assert list(found) == ["wheel: vatel/py.typed is there twice"]


def test_an_sdist(rules: Any, tracked: list[str]) -> None:
    names = [f"vatel-{VERSION}/{path}" for path in [*tracked, "PKG-INFO"]]
    assert list(rules.sdist_problems(names, tracked, VERSION)) == []
    odd = [*names[1:], f"vatel-{VERSION}/.venv/bin/python"]
    assert list(rules.sdist_problems(odd, tracked, VERSION)) == [
        f"sdist: {names[0]} is missing",
        f"sdist: vatel-{VERSION}/.venv/bin/python is not in git",
    ]


@pytest.fixture
def metadata(rules: Any) -> str:
    fields = {**rules.METADATA, "Version": [VERSION], "Classifier": rules.CLASSIFIERS}
    lines = [f"{name}: {value}\n" for name, values in fields.items() for value in values]
    return "".join(lines) + "\n# vatel\n\nSee [the web](https://example.com) and `docs/a.md`.\n"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("", "", None),
        ("Version: 1.2.0", "Version: 1.1.0", "Version is ['1.1.0'], not ['1.2.0']"),
        ("License-File: LICENSE\n", "", "License-File is [], not ['LICENSE']"),
        ("Provides-Extra: audio\n", "", "Provides-Extra is ['aec', 'demo', 'simulator'], not "
         "['aec', 'audio', 'demo', 'simulator']"),
        ("Classifier: Typing :: Typed\n", "", "no classifier Typing :: Typed"),
        ("# vatel", "", "the README is missing"),
        ("`docs/a.md`", "[a](docs/a.md)",
         "the README links to docs/a.md, which a package index does not have"),
        ("`docs/a.md`", "```python\nrow[0](cell)\n```", None),
    ],
)  # fmt: skip
def test_metadata(rules: Any, metadata: str, old: str, new: str, problem: Any) -> None:
    found = list(rules.metadata_problems(metadata.replace(old, new, 1), VERSION))
    assert found == ([f"metadata: {problem}"] if problem else [])


@pytest.mark.parametrize(
    ("changelog", "problem"),
    [
        ("## [1.2.0] - 2026-01-31\n\n## [1.1.0] - 2026-01-30\n", None),
        ("## [Unreleased]\n\n## [1.1.0] - 2026-01-30\n", None),
        ("## [Unreleased]\n", None),
        ("## [1.1.0] - 2026-01-30\n",
         "its newest version is 1.1.0, and vatel_rt/version.py has 1.2.0"),
        ("## [Unreleased]\n\n## [1.2.0] - 2026-01-31\n",
         "something is unreleased, and 1.2.0 is released: raise the version"),
        ("## [1.2.0]\n", "1.2.0 has no date"),
        ("# Changelog\n", "no heading of a version"),
    ],
)  # fmt: skip
def test_changelog(rules: Any, changelog: str, problem: Any) -> None:
    found = list(rules.changelog_problems(changelog, VERSION))
    assert found == ([f"changelog: {problem}"] if problem else [])


def test_our_changelog_goes_with_our_version(rules: Any) -> None:
    from vatel import __version__

    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert list(rules.changelog_problems(changelog, __version__)) == []


def test_the_readme_for_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    # hatchling is only where wheels are built; the text is what counts here
    interface = ModuleType("hatchling.metadata.plugin.interface")
    monkeypatch.setattr(interface, "MetadataHookInterface", object, raising=False)
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    for_index = importlib.import_module("index_readme").for_index
    assert for_index(
        "# vatel\n\n![A demo](docs/demo.svg)\n\n[`docs/a.md`](docs/a.md#top), "
        "[format](https://example.com)\n```python\nrow[0](cell)\n```\n"
    ) == (
        "# vatel\n\n`docs/a.md`, [format](https://example.com)\n```python\nrow[0](cell)\n```\n"
    )  # fmt: skip


def test_lowest_versions() -> None:
    constraints = importlib.import_module("lowest_versions").constraints
    listed = ['b>=2.0; python_version < "3.11"', "A-c>=1.10", "A-c>=1.10 ; extra == 'x'"]
    assert constraints(listed) == ["A-c==1.10", "b==2.0"]
    with pytest.raises(ValueError, match=re.escape("httpx>=0.25,<1 is not of the form")):
        constraints(["httpx>=0.25,<1"])


@pytest.mark.parametrize(
    ("here", "options", "found"),
    [
        ([9, 11, 13], "", [9, 11, 13]),
        ([9, 11, 13], "--ends", [9, 13]),
        ([11], "--ends", [11]),
        ([9, 11, 13], "--newest", [13]),
        ([9, 11], "--newest 3.11", [11]),
        ([9, 10], "--newest 3.11", "no supported Python is here that is 3.11 or later"),
        ([], "", "no supported Python is here that is 3.9 or later"),
    ],
)
def test_pythons(
    here: list[int], options: str, found: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    pythons = importlib.import_module("pythons")
    paths = {(3, minor): f"python3.{minor}" for minor in here}
    monkeypatch.setattr(pythons, "find", paths.get)
    monkeypatch.setattr(sys, "argv", ["pythons", *options.split()])
    if isinstance(found, str):
        with pytest.raises(SystemExit, match=found):
            pythons.main()
    else:
        pythons.main()
        assert capsys.readouterr().out.split() == [paths[3, minor] for minor in found]


def test_a_problem_of_a_command_is_told(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    script = importlib.import_module("release_check")

    def broken() -> None:
        script.run(sys.executable, "-c", "raise SystemExit('no disk')")

    monkeypatch.setattr(script, "build", broken)
    monkeypatch.setattr(sys, "argv", ["release_check", "--python", sys.executable])
    assert script.main() == 1
    assert "no disk" in capsys.readouterr().err
