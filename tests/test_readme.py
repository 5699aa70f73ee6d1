"""The programs and tests on the pages run, as they stand there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import PAGES, blocks
from platforms import running_simulator
from scenarios import GREETING, HOURS, QUESTION, TOOL, scenario

from vatel.simulator import Simulator, caller_clip
from vatel_rt.audio.wav import WavWriter

PROGRAMS = [
    pytest.param(program, id=f"{page}-{number}")
    for page in PAGES
    for number, program in enumerate(blocks(page, "python"))
]
TESTS = [
    pytest.param(test, id=f"{page}-{number}")
    for page in PAGES
    for number, test in enumerate(blocks(page, "python pytest"))
]
TALK = scenario(
    greeting=GREETING,
    turns=[{"hears": QUESTION["says"], "tool": TOOL, **HOURS}],
    caller=[{**QUESTION, "at": 4}],
)
README = PAGES["README.md"]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator(scenario=TALK) as simulator:
        yield simulator


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_run(
    program: str, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VATEL_API_KEY", simulator.api_key)
    monkeypatch.setenv("VATEL_BASE_URL", simulator.url)
    question = WavWriter("question.wav")
    question.write(caller_clip(TALK))
    question.close()
    exec(compile(program, "program", "exec"), {"__name__": "program"})
    printed = capsys.readouterr().out
    assert printed
    if "wait()" in program and "WavDevice" in program:
        assert "We are open from nine to five." in printed
        assert "agent hung up" in printed


@pytest.mark.parametrize("test", TESTS)
def test_tests_run(test: str, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("pytest_plugins = ['vatel.testing']")
    pytester.makepyfile(test)
    result = pytester.runpytest_subprocess("-p", "no:vatel", "-p", "no:cacheprovider")
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] == test.count("def test_")


def test_the_first_call_is_on_the_first_screen() -> None:
    head = README.splitlines()[:24]
    assert "make demo" in " ".join(head)
    assert "](docs/demo.svg)" in " ".join(head)
    rest, call, *_ = blocks("README.md", "python")
    assert len([line for line in rest.splitlines() if line]) <= 10
    assert len([line for line in call.splitlines() if line]) <= 18
    assert len(README.splitlines()) <= 120
