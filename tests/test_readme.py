"""What the README says is true: its programs run, its commands and files exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from platforms import running_simulator
from scenarios import GREETING, HOURS, QUESTION, TOOL, scenario

from vatel_rt.audio.wav import WavWriter
from vatel_rt.simulator import Simulator, caller_clip

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.S)
TALK = scenario(
    greeting=GREETING,
    turns=[{"hears": QUESTION["says"], "tool": TOOL, **HOURS}],
    caller=[{**QUESTION, "at": 4}],
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator(scenario=TALK) as simulator:
        yield simulator


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_programs_run(
    number: int, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VATEL_API_KEY", simulator.api_key)
    monkeypatch.setenv("VATEL_BASE_URL", simulator.url)
    question = WavWriter("question.wav")
    question.write(caller_clip(TALK))
    question.close()
    exec(compile(PROGRAMS[number], f"README program {number}", "exec"), {"__name__": "program"})
    printed = capsys.readouterr().out
    assert printed
    if "WavDevice" in PROGRAMS[number]:
        assert "agent: We are open from nine to five." in printed
        assert "agent hung up" in printed


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_linked_files_exist() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
