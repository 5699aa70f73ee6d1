"""What the pages name is there: files, anchors, commands, options, variables, modules."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from pages import PAGES, ROOT, commands, prose, spans

from vatel.simulator import Scenario

LINKS = [
    (page, link)
    for page in PAGES
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page))
]  # fmt: skip
COMMANDS = [(page, command) for page in PAGES for command in commands(page)]
EXAMPLES = sorted(path.name for path in ROOT.glob("examples/*.py"))
PROGRAMS = ["-m vatel_rt.demo", "-m vatel.simulator", "-m vatel_rt.simulator"]
HAVE_OPTIONS = [*PROGRAMS, "examples/run_session.py", "examples/wav_call.py"]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
VARIABLE = re.compile(r"\bVATEL_[A-Z_]+\b")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M))
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@cache
def help_of(program: str) -> str:
    """What `python PROGRAM --help` prints."""
    paths = [str(ROOT / "tests" / "stand_ins"), *sys.path]
    ran = subprocess.run(
        [sys.executable, *program.split(), "--help"],
        capture_output=True, text=True, check=True, cwd=ROOT, timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "100"},
    )  # fmt: skip
    return ran.stdout


def anchors(page: str) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.M)
    plain = [re.sub(r"[^\w\- ]", "", heading).strip().lower() for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_links_lead_somewhere(page: str, link: str) -> None:
    if ":" in link:
        parts = urlsplit(link)
        assert parts.scheme == "https"
        assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc)
        return
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    assert target.exists()
    assert target.resolve().is_relative_to(ROOT)
    if anchor:
        assert anchor in anchors(target.resolve().relative_to(ROOT).as_posix())


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_commands_can_be_given(page: str, command: str) -> None:
    words = shlex.split(command)
    while words and re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    check = CHECKS.get(words[0]) if words else None
    assert check is not None or Path(ROOT, words[0]).exists(), f"what is {words[0]}?"
    if check is not None:
        check(words[1:])


def check_make(words: list[str]) -> None:
    for word in words:
        name, is_set, value = word.partition("=")
        assert name in TARGETS or (is_set and f"$({name})" in MAKEFILE) or name == "ARGS", word
        for path in re.findall(r"tests/[\w/.]+", value):
            assert (ROOT / path).exists()


def check_pip(words: list[str]) -> None:
    assert words[0] == "install"
    for extra in re.findall(r"\[(\w+)\]", " ".join(words)):
        assert re.search(rf"^{extra} = \[", PROJECT, re.M), f"no extra {extra}"
    if "-r" in words:
        assert (ROOT / words[words.index("-r") + 1]).exists()


def check_python(words: list[str]) -> None:
    program = " ".join(words[:2] if words[0] == "-m" else words[:1])
    assert program in PROGRAMS or program == "-m pytest" or (ROOT / program).exists()
    options = [word for word in words if OPTION.fullmatch(word)]
    assert set(options) <= set(OPTION.findall(help_of(program))) if options else True
    for word in words[2:]:
        assert (ROOT / word).exists() or not word.startswith(("vatel/", "vatel_rt/", "tests/")), (
            word
        )


def check_pytest(words: list[str]) -> None:
    assert all((ROOT / word).exists() for word in words)


def check_activate(words: list[str]) -> None:
    assert words == [".venv/bin/activate"]
    assert re.search(r"^VENV \?= \.venv$", MAKEFILE, re.M)


def check_nothing(words: list[str]) -> None:
    assert words


CHECKS = {
    ".": check_activate,
    "make": check_make,
    "pip": check_pip,
    "python": check_python,
    ".venv-bench/bin/python": check_python,
    "pytest": check_pytest,
    "export": check_nothing,  # its variables: below
    "sudo": check_nothing,
    "brew": check_nothing,
}


@pytest.mark.parametrize("page", PAGES)
def test_options_exist(page: str) -> None:
    """Those that stand alone in the text are of a program that comes with the SDK."""
    known = {option for program in HAVE_OPTIONS for option in OPTION.findall(help_of(program))}
    for span in spans(page):
        if span.startswith("--"):
            assert OPTION.match(span)[0] in known, span  # type: ignore[index]


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_names_variables_that_are_read(program: str) -> None:
    assert set(VARIABLE.findall(help_of(program))) <= read_variables()


def test_the_page_of_the_demo_has_its_options() -> None:
    told = set(OPTION.findall(PAGES["docs/demo.md"]))
    can_be_given = set(OPTION.findall(help_of("-m vatel_rt.demo")))
    assert told == {option for option in can_be_given if not option.startswith("--no-")}


def test_every_option_of_the_demo_does_something() -> None:
    code = "".join(path.read_text("utf-8") for path in ROOT.glob("vatel/cli/demo/*.py"))
    for option in set(OPTION.findall(PAGES["docs/demo.md"])) - {"--help", "--version"}:
        assert f"options.{option[2:].replace('-', '_')}" in code


def read_variables() -> set[str]:
    """What `vatel_rt.config` is asked for."""
    modules = [*(ROOT / "vatel_rt").rglob("*.py"), *(ROOT / "vatel").rglob("*.py")]
    code = "".join(path.read_text("utf-8") for path in modules)
    return set(re.findall(r'setting\("(VATEL_\w+)"', code))


@pytest.mark.parametrize(
    "page", [*PAGES, *(f"examples/{p.name}" for p in ROOT.glob("examples/*.py"))]
)
def test_variables_are_read(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert {name for name in VARIABLE.findall(text) if name != "VATEL_"} <= read_variables()


def test_every_variable_is_documented() -> None:
    assert read_variables() <= set(VARIABLE.findall("".join(PAGES.values())))


@pytest.mark.parametrize("page", PAGES)
def test_modules_and_names_exist(page: str) -> None:
    for name in re.findall(r"\bvatel(?:_rt(?:\.\w+)+|\.[A-Z]\w+)", " ".join(spans(page))):
        parts = name.split(".")
        home, rest = import_module(parts[0]), parts[1:]
        for i, part in enumerate(rest):
            if not hasattr(home, part):
                home = import_module(".".join(parts[: i + 2]))
            else:
                home = getattr(home, part)


def test_the_picture_is_that_of_the_demo() -> None:
    picture = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
    shown = " ".join("".join(ElementTree.fromstring(picture).itertext()).split())
    default = Scenario.default()
    for turn in default.turns:
        assert f"caller {turn.hears}" in shown, "python scripts/picture.py"
    assert f"agent {default.greeting.says}" in shown
    assert " dB agent" in shown
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
