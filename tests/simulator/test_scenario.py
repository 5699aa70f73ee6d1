"""Scenario files: the packaged one, and what is wrong with others."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
import yaml
from simulated_caller import DATA

import vatel_rt.simulator
from vatel_rt.audio.pcm import duration_ms
from vatel_rt.audio.wav import read_wav
from vatel_rt.errors import SimulatorError
from vatel_rt.simulator import Scenario, caller_clip
from vatel_rt.simulator.scenario import CallerLine

DEFAULT = Scenario.default()


def load(folder: Path, text: str) -> Scenario:
    path = folder / "scenario.yaml"
    path.write_text(textwrap.dedent(text))
    return Scenario.load(path)


def test_the_packaged_one_speaks_without_a_voice() -> None:
    says = [DEFAULT.greeting.says, *(t.says for t in DEFAULT.turns)]
    assert DEFAULT.goodbye is not None
    assert {*says, DEFAULT.goodbye.says} <= DEFAULT.clips().keys()


def test_clips_are_as_long_as_their_texts() -> None:
    for text, path in DEFAULT.clips().items():
        seconds = duration_ms(len(read_wav(path))) / 1000
        assert 0.03 < seconds / len(text) < 0.12, text


def test_what_is_heard_is_what_the_caller_says() -> None:
    assert [line.says for line in DEFAULT.caller] == [turn.hears for turn in DEFAULT.turns]


def test_the_package_stays_small() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 1_200_000


def test_the_callers_clip_keeps_the_times() -> None:
    pcm = caller_clip()
    first, last = DEFAULT.caller[0], DEFAULT.caller[-1]
    assert not any(pcm[: int(first.at * 48_000)])
    begin = int(last.at * 48_000)
    assert last.clip is not None
    assert pcm[begin:] == read_wav(DATA / last.clip)
    assert 15 < duration_ms(len(pcm)) / 1000 < 30


def test_a_caller_without_a_clip_is_silent() -> None:
    scenario = Scenario(caller=[CallerLine(at=0.5, says="Hello?")])
    assert caller_clip(scenario) == bytes(24_000)


def test_the_documented_keys_are_the_keys(tmp_path: Path) -> None:
    documentation = str(vatel_rt.simulator.__doc__)
    example = documentation[documentation.index("    agent:") : documentation.index("\nText")]
    for name in re.findall(r"clip: (\w+\.wav)", example):
        (tmp_path / name).write_bytes((DATA / "goodbye.wav").read_bytes())
    scenario = load(tmp_path, example)
    keys = yaml.safe_load(textwrap.dedent(example))
    assert keys.keys() == set(Scenario.__struct_fields__)
    for part in ("agent", "voice", "delivery"):
        assert keys[part].keys() == set(getattr(scenario, part).__struct_fields__)
        assert getattr(scenario, part) == getattr(Scenario(), part)


def test_an_empty_file_is_a_scenario(tmp_path: Path) -> None:
    assert load(tmp_path, "").turns == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "turns: [",
            r"yaml: line 1: expected the node content, but found .*, while parsing a flow",
        ),
        ("turns: []\na: [b", r"yaml: line 2: expected ',' or '\]'"),
        ("delivery:\n  seed: 1\n  seed: 2", r"yaml: line 3: the key seed is there twice$"),
        ("agent: 2024-99-99", r"yaml: month must be in 1\.\.12$"),
        ("\n\0", "yaml: line 2: special characters are not allowed$"),
        ("[" * 5000, "nested too deeply"),
        ("{[a]: b}", "line 1: found unhashable key, while constructing a mapping$"),
        ("after_last_turn: stop", "'stop' .*after_last_turn`: it is hang_up, wait or repeat$"),
        (
            'turns: [{hears: a, says: "It is {status}."}]',
            r"turns\[0\]\.says: no tool fills {status}",
        ),
        ("- a list", r"Expected `object`, got `array`"),
        ("turn: []", "contains unknown field `turn`"),
        ("turns: [{hears: a, says: 1}]", r"Expected `str`, got `int` - at `\$\.turns\[0\]\.says`"),
        ("turns: [{says: a}]", r"missing required field `hears` - at `\$\.turns\[0\]`"),
        ("delivery: {speed: 0.5}", r">= 1.* - at `\$\.delivery\.speed`"),
        ("delivery: {chunk_min_ms: 50, chunk_max_ms: 20}", "delivery: chunk_min_ms is over"),
        ("after_last_turn: repeat", "after_last_turn: there are no turns to repeat"),
        ("agent: {id: me}", r"matching regex .* - at `\$\.agent\.id`"),
        ("greeting: {says: a, clip: b.wav}", r"greeting\.clip: cannot read .*b\.wav: No such file"),
        (
            "turns: [{hears: a, says: a, clip: scenario.yaml}]",
            r"turns\[0\]\.clip: .*scenario\.yaml",
        ),
        ("caller: [{at: 0, says: a, clip: .}]", r"caller\[0\]\.clip: cannot read"),
        ("goodbye: {says: a, clip: x.wav}", r"goodbye\.clip: cannot read"),
        ("\ud800", "surrogates"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(SimulatorError, match=r"scenario .*scenario\.yaml: ") as wrong:
        Scenario.load(path)
    assert "\n" not in str(wrong.value)
    if message != "surrogates":
        assert re.search(message, str(wrong.value)), wrong.value


def test_merge_keys_are_no_duplicates(tmp_path: Path) -> None:
    text = """
        voice: &usual {words_per_minute: 100}
        caller: [{<<: {at: 1, says: a}, at: 2}]
        """
    assert load(tmp_path, text).caller[0].at == 2


def test_an_argument_of_a_tool_needs_no_value(tmp_path: Path) -> None:
    scenario = load(
        tmp_path, "turns: [{hears: a, says: b, tool: {name: c, arguments: [{name: d}]}}]"
    )
    assert scenario.turns[0].tool is not None
    assert scenario.turns[0].tool.arguments[0].value is None


KLINGON = "voice: {name: klingon-x}\n"


class TestVoice:
    @pytest.fixture
    def program(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """An espeak-ng that knows no voice."""
        path = tmp_path / "espeak-ng"
        path.write_text("#!/bin/sh\nexit 1\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        return path

    @pytest.mark.parametrize(
        "rest",
        [
            "",
            "greeting: {says: ''}\nturns: [{hears: a, says: b}]",
            "greeting: {says: ''}\nturns: [{hears: a, says: '', tool: {name: b}}]",
            "greeting: {says: ''}\nturns:\n"
            "- {hears: a, says: '{b}', clip: goodbye.wav, tool: {name: b, on_timeout: ''}}",
        ],
    )
    @pytest.mark.usefixtures("program")
    def test_one_that_is_not_there(self, tmp_path: Path, rest: str) -> None:
        (tmp_path / "goodbye.wav").write_bytes((DATA / "goodbye.wav").read_bytes())
        with pytest.raises(
            SimulatorError, match=r"voice\.name: espeak-ng has no voice 'klingon-x'"
        ):
            load(tmp_path, KLINGON + rest)

    @pytest.mark.usefixtures("program")
    def test_one_that_nothing_needs(self, tmp_path: Path) -> None:
        load(tmp_path, KLINGON + "greeting: {says: ''}\ncaller: [{at: 1, says: a}]")

    def test_a_program_that_does_not_run(self, tmp_path: Path, program: Path) -> None:
        program.write_text("#!/nowhere\n")
        with pytest.raises(SimulatorError, match=r"voice\.name: espeak-ng failed: "):
            load(tmp_path, KLINGON)

    def test_without_espeak(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        load(tmp_path, KLINGON)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="No such file or directory"):
        Scenario.load(tmp_path / "none.yaml")
