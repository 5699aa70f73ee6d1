"""Scenario files: the packaged one, and the errors for wrong ones."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import inspect
from simulated_caller import DATA

import vatel.simulator
from vatel.simulator import (
    CallerLine,
    Delivery,
    Quirks,
    Scenario,
    Simulator,
    Tool,
    Turn,
    caller_clip,
)
from vatel_rt.audio.pcm import duration_ms
from vatel_rt.audio.wav import read_wav
from vatel_rt.errors import SimulatorError

DEFAULT = Scenario.default()
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "simulator.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.S)


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


def keys_in(value: Any, path: str = "") -> Iterator[str]:
    """Return the keys of an example, without the indexes of lists."""
    if isinstance(value, list):
        for item in value:
            yield from keys_in(item, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"{path}.{key}"
            yield from keys_in(item, f"{path}.{key}")


def keys_of(kind: inspect.Type, path: str = "") -> Iterator[str]:
    """Return the keys of the schema."""
    if isinstance(kind, inspect.ListType):
        yield from keys_of(kind.item_type, path)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from keys_of(one, path)
    elif isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield f"{path}.{field.encode_name}"
            yield from keys_of(field.type, f"{path}.{field.encode_name}")


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_documented_examples_are_scenarios(number: int, tmp_path: Path) -> None:
    for name in re.findall(r"clip: (\w+\.wav)", EXAMPLES[number]):
        (tmp_path / name).write_bytes((DATA / "goodbye.wav").read_bytes())
    assert load(tmp_path, EXAMPLES[number]) != Scenario()


LINE_KEYS = {"clip", "interim", "pauses", "thinking_ms", "barge_in", "send", "then"}


def test_every_key_has_an_example() -> None:
    documented = {key for text in EXAMPLES for key in keys_in(yaml.safe_load(text))}
    # What every line has is shown for one of them.
    shown = {key.rsplit(".", 1)[1] for key in documented}
    for key in keys_of(inspect.type_info(Scenario)):
        line_key = next((part for part in key.split(".") if part in LINE_KEYS), None)
        assert key in documented or line_key in shown, key


@pytest.mark.parametrize("key", ["agent", "voice", "delivery", "after_last_turn", "barge_in"])
def test_examples_show_the_defaults(key: str, tmp_path: Path) -> None:
    (example,) = (text for text in EXAMPLES if re.search(f"^{key}:", text, re.M))
    for name in re.findall(r"clip: (\w+\.wav)", example):
        (tmp_path / name).write_bytes((DATA / "goodbye.wav").read_bytes())
    assert getattr(load(tmp_path, example), key) == getattr(Scenario(), key)


def test_an_empty_file_is_a_scenario(tmp_path: Path) -> None:
    assert load(tmp_path, "").turns == []


MISTAKES = [
    ("turns: [", r"line 1: expected the node content, but found .*, while parsing a flow"),
    ("turns: []\na: [b", r"line 2: expected ',' or '\]'"),
    ("delivery:\n  speed: 1\n  speed: 2", "line 3: duplicate key speed$"),
    ("agent: 2024-99-99", "line 1: agent: Expected a mapping, got text$"),
    ("\n\0", "line 2: special characters are not allowed$"),
    ("\n\nseed: \ud800", "line 3: not valid UTF-8$"),
    ("[" * 5000, "nested too deeply$"),
    ("calls:\n- summary: &me [*me]", "line 2: a value that contains itself$"),
    ("{[a]: b}", "line 1: found unhashable key, while constructing a mapping$"),
    ("\nseed: !!int x", "line 2: invalid literal for int"),
    ("\nseed: !!binary aGk=", "line 2: could not determine a constructor for the tag"),
    ("\nafter_last_turn: stop", "line 2: after_last_turn: .*valid values: hang_up, repeat, wait$"),
    ("delivery:\n  speed: fast", "line 2: delivery.speed: .*valid values: a number, max$"),
    ("- a list", "line 1: Expected a mapping, got a list$"),
    ("\n\nturn: []", "line 3: turn: unknown key; the keys are seed, agent, voice, "),
    ("turns:\n- hears: a\n  say: b", r"line 3: turns\[0\]\.say: .* the keys are says, clip, "),
    (
        "turns: [{hears: a, says: 1}]",
        r"line 1: turns\[0\]\.says: Expected text, .*; put it in quotes$",
    ),
    ("turns:\n- hears: a\n- says: b", r"line 3: turns\[1\]: hears is missing$"),
    ("turns:\n- hears: a\n  tool:\n    nam: b", r"line 4: turns\[0\]\.tool\.nam: .* are name, "),
    ("delivery:\n  speed: 0.5", "line 2: delivery.speed: Expected a number >= 1"),
    ("hang_up_after: .nan", "line 1: hang_up_after: Expected a number > 0"),
    ("agent:\n  id: me", r"line 2: agent\.id: Expected a UUID in lower case$"),
    ("barge_in: 'on'", "line 1: barge_in: Expected true or false, got text$"),
    ("greeting: {says: no}", r"line 1: greeting\.says: .*, got true or false; put it in quotes$"),
    (
        "greeting: {says: }",
        r"line 1: greeting\.says: Expected text, got nothing; put it in quotes",
    ),
    ("faults:\n  status: high", r"line 2: faults\.status: Expected a whole number, got text$"),
    # what the types cannot express
    ("faults:\n  requests: 2", r"line 2: faults\.requests: has no effect without status or html"),
    ("faults: {close_reason: a}", r"faults\.close_reason: has no effect without close_code$"),
    (
        "delivery: {chunk_min_ms: 50, chunk_max_ms: 20}",
        r"delivery\.chunk_min_ms: must not exceed",
    ),
    ("\nafter_last_turn: repeat", "line 2: after_last_turn: there are no turns to repeat$"),
    ('turns: [{hears: a, says: "{b}"}]', r"turns\[0\]\.says: no tool has a value for {b}$"),
    ("turns: [{hears: a, answers: [{when: {}, says: b}]}]", r"turns\[0\]\.answers: needs a tool"),
    (
        "turns: [{hears: a, speech_max_secs: 1}]",
        r"turns\[0\]\.speech_max_secs: has an effect only",
    ),
    (
        "turns: [{hears: a, speech_min_secs: 1}]",
        r"turns\[0\]\.speech_min_secs: has an effect only",
    ),
    (
        "turns_by: length\nturns:\n- hears: a\n  speech_min_secs: 2\n  speech_max_secs: 1",
        r"line 5: turns\[0\]\.speech_max_secs: must not be less than",
    ),
    (
        "turns: [{hears: a, echo: true, clip: b.wav}]",
        r"turns\[0\]\.clip: cannot be combined",
    ),
    (
        "turns: [{hears: a, echo: true, tool: {name: b}}]",
        r"turns\[0\]\.tool: cannot be combined",
    ),
    ("quirks:\n  extra_fields: {a: .inf}", r"line 2: quirks\.extra_fields: not a JSON value"),
    (
        "greeting:\n  says: a\n  send:\n  - {type: a, data: .nan}",
        r"line 4: greeting\.send\[0\]\.data: not a JSON value",
    ),
    (
        "turns:\n- hears: a\n  tool: {name: b, arguments: [{name: c, value: .inf}]}",
        r"line 3: turns\[0\]\.tool\.arguments\[0\]\.value: not a JSON value",
    ),
    ("greeting: {says: a, clip: b.wav}", r"greeting\.clip: cannot read .*b\.wav: No such file"),
    ("turns:\n- hears: a\n  clip: scenario.yaml", r"line 3: turns\[0\]\.clip: .*scenario\.yaml"),
    ("caller: [{at: 0, says: a, clip: .}]", r"caller\[0\]\.clip: cannot read"),
    ("dialled:\n- {clip: x.wav}", r"line 2: dialled\[0\]\.clip: cannot read"),
    ("goodbye: {says: a, clip: x.wav}", r"goodbye\.clip: cannot read"),
    (
        "turns:\n- hears: a\n  tool: {name: b}\n  answers:\n  - {when: {}, says: a, clip: x.wav}",
        r"line 5: turns\[0\]\.answers\[0\]\.clip: cannot read",
    ),
    # against the document
    ("agents:\n\n- nam: x", r"line 3: agents\[0\]\.nam: unknown key; the keys are id, "),
    (
        "agents:\n- voice_settings:\n    sped: 1",
        r"line 3: agents\[0\]\.voice_settings\.sped: unknown key; the keys are id, prov",
    ),
    ("agents: [{status: asleep}]", r"agents\[0\]\.status: 'asleep' is not one of \['active', "),
    (
        "agents: [{phone_number_id: a}]",
        r"agents\[0\]\.phone_number_id: no entry of `num",
    ),
    ("numbers: [{label: x}]", r"numbers\[0\]: phone_number is missing$"),
    ("numbers: [{phone_number: '0'}]", r"numbers\[0\]\.phone_number: '0' does not match"),
    (
        "trunks:\n- assignments:\n  - agent_id: 5e1f1a5c-0000-4000-8000-00000000000f",
        r"line 3: trunks\[0\]\.assignments\[0\]\.agent_id: no agent has this id$",
    ),
    ("trunks: [{assignments: [{}]}]", r"trunks\[0\]\.assignments\[0\]: 'agent_id' is a required"),
    ("calls: [{id: x}]", r"calls\[0\]\.id: 'x' is not a 'uuid'$"),
    (
        "calls:\n- {}\n- organization_id: x",
        r"line 3: calls\[1\]\.organization_id: unknown key",
    ),
    ("calls:\n- repeat: 0", r"line 2: calls\[0\]\.repeat: 0 is less than the minimum of 1$"),
    ("calls: [{repeat: 10000}, {repeat: 10001}]", "calls: more than 20000 calls$"),
    ("calls: [{created_at: today}]", r"calls\[0\]\.created_at: 'today' is not an RFC 3339 time$"),
    (
        "calls: [{agent_id: 5e1f1a5c-0000-4000-8000-00000000000f}]",
        r"calls\[0\]\.agent_id: no agent has this id$",
    ),
    (
        "calls: [{repeat: 2, id: 5e1f1a5c-0000-4000-8000-00000000000f}]",
        r"calls\[0\]\.id: cannot be combined with `repeat`$",
    ),
    (
        "calls:\n- id: 5e1f1a5c-0000-4000-8000-00000000000f\n"
        "- id: 5E1F1A5C-0000-4000-8000-00000000000F",
        r"line 3: calls\[1\]\.id: another entry has the same id$",
    ),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_what_is_wrong_is_said_in_a_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(SimulatorError) as wrong:
        Scenario.load(path)
    told, said = str(wrong.value), f"scenario {path}: "
    assert told.startswith(said)
    assert "\n" not in told
    assert re.match(f"(line 1: )?{message}", told[len(said) :]), told


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        (Scenario(turns=[Turn(hears=1)]), r"turns\[0\]\.hears: Expected text, got a whole number"),  # type: ignore[arg-type]
        (
            Scenario(turns=[Turn(hears="", says="{a}")]),
            r"turns\[0\]\.says: no tool has a value for",
        ),
        (Scenario(delivery=Delivery(speed=0)), r"delivery\.speed: Expected a number >= 1"),
        (Scenario(quirks=Quirks(extra_fields={"a": object()})), "object"),
    ],
)
def test_what_is_wrong_in_python_is_said_as_well(scenario: Scenario, message: str) -> None:
    with pytest.raises(SimulatorError, match=message):
        Simulator(scenario)


def test_names_of_the_package_are_there() -> None:
    for name in vatel.simulator.__all__:
        assert getattr(vatel.simulator, name).__name__ == name
    with pytest.raises(AttributeError):
        _ = vatel.simulator.no_such_name


def test_dates_are_texts(tmp_path: Path) -> None:
    assert load(tmp_path, "agent: {name: 2024-01-31}").agent.name == "2024-01-31"


def test_a_turn_has_one_tool_or_several() -> None:
    one, other = Tool(name="a"), Tool(name="b")
    assert Turn(hears="").tools == []
    assert Turn(hears="", tool=one).tools == [one]
    assert Turn(hears="", tool=[one, other]).tools == [one, other]


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
    assert scenario.turns[0].tools[0].arguments[0].value is None


KLINGON = "voice: {name: klingon-x}\n"


class TestVoice:
    @pytest.fixture
    def program(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """An espeak-ng without voices."""
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
            "- {hears: a, clip: goodbye.wav, tool: {name: b, on_timeout: '', on_error: c}}",
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
