"""How often scenarios are checked and their clips are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from simulated_caller import DATA

from vatel.simulator import CallerLine, Line, Scenario, Simulator
from vatel.simulator.scenario import checks, clips, tables
from vatel_rt.audio.wav import read_wav
from vatel_rt.errors import SimulatorError


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read."""
    names: list[str] = []

    def read(path: Path) -> bytes:
        names.append(path.name)
        return read_wav(path)

    clips._read_version.cache_clear()
    monkeypatch.setattr(clips, "read_wav", read)
    return names


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The scenarios whose tables are checked."""
    scenarios: list[object] = []

    def problems(scenario: object) -> list[object]:
        scenarios.append(scenario)
        return []

    monkeypatch.setattr(tables, "problems", problems)
    return scenarios


def spoken(folder: Path) -> Path:
    (folder / "a.wav").write_bytes((DATA / "goodbye.wav").read_bytes())
    path = folder / "scenario.yaml"
    path.write_text("greeting: {says: a, clip: a.wav}\nturns: [{hears: b, says: a, clip: a.wav}]")
    return path


def test_a_file_is_checked_once_and_each_clip_is_read_once(
    tmp_path: Path, reads: list[str], checked: list[object]
) -> None:
    Simulator(spoken(tmp_path))
    assert (reads, len(checked)) == (["a.wav"], 1)


@pytest.mark.parametrize("keys", [{"seed": 2}, Scenario(seed=2)])
def test_keys_are_checked_once(keys: dict[str, object], checked: list[object]) -> None:
    simulator = Simulator(keys)
    assert checked == [simulator.platform.scenario]


def test_the_packaged_scenario_is_checked_once_for_all_simulators(
    reads: list[str], checked: list[object]
) -> None:
    Simulator()
    del checked[:], reads[:]
    Simulator()
    assert (reads, checked) == ([], [])


def test_the_packaged_scenario_can_be_changed_by_its_owner_only() -> None:
    Scenario.default().turns.clear()
    Scenario.default().faults.mute = True
    assert Scenario.default().turns
    assert not Scenario.default().faults.mute


def test_a_clip_that_has_changed_is_read_again(tmp_path: Path, reads: list[str]) -> None:
    path = spoken(tmp_path).with_name("a.wav")
    first = clips.read_clip(path)
    path.write_bytes((DATA / "welcome.wav").read_bytes())
    assert clips.read_clip(path) == clips.read_clip(path) == read_wav(DATA / "welcome.wav") != first
    os.utime(path, ns=(0, 0))
    clips.read_clip(path)
    assert reads == ["a.wav"] * 3


def test_a_clip_that_cannot_be_read_is_tried_again(tmp_path: Path) -> None:
    scenario = Scenario(greeting=Line(says="a", clip="b.wav"), folder=str(tmp_path))
    with pytest.raises(SimulatorError, match=r"greeting\.clip: cannot read"):
        checks.check(scenario)
    (tmp_path / "b.wav").write_bytes((DATA / "goodbye.wav").read_bytes())
    checks.check(scenario)


def test_the_callers_audio_uses_the_clips_that_were_read(tmp_path: Path, reads: list[str]) -> None:
    scenario = Scenario.load(spoken(tmp_path))
    caller = Scenario(caller=[CallerLine(at=0, says="a", clip="a.wav")], folder=scenario.folder)
    assert caller.caller_audio() == read_wav(DATA / "goodbye.wav")
    assert reads == ["a.wav"]
