"""Reports of the benchmarks, and the frames of their server."""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from vatel_rt.realtime.codec import decode
from vatel_rt.realtime.messages import ResponseAudio

ROOT = Path(__file__).resolve().parents[2]
HIDDEN_IN = {
    "openai": lambda message: message["delta"],
    "elevenlabs": lambda message: message["audio_event"]["audio_base_64"],
    "hume": lambda message: message["data"],
    "vatel": lambda message: message["data"]["audio"],
}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of benchmarks/."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module


@pytest.fixture
def program(bench: Any) -> Any:
    """The program, which cannot be imported by name."""
    spec = importlib.util.spec_from_file_location("bench_main", ROOT / "benchmarks" / "__main__.py")
    made: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def measured(bench: Any) -> tuple[list[Any], list[Any]]:
    report = bench("report")
    return (
        [
            report.Figure("receive", "vatel", "µs", [10.0, 12.0, 11.0]),
            report.Figure("receive", "bare", "µs", [10.0]),
            report.Figure("receive", "peer", "µs", [20.0, 44.0, 44.0], "slow"),
            report.Figure("calls", "vatel", "calls", [400], more_is_better=True),
            report.Figure("calls", "peer", "calls", [0], more_is_better=True),
            report.Figure("late", "vatel", "ms", [6.0]),
        ],
        [
            report.Target("receive", 1.25, against="bare"),
            report.Target("receive", 0.2, against="peer"),
            report.Target("calls", 3, against="peer", at_least=True),
            report.Target("late", 5),
        ],
    )


def test_a_target_is_a_ratio_of_medians_or_the_median_itself(measured: Any) -> None:
    figures, targets = measured
    values = [target.value(figures) for target in targets]
    assert values == [1.1, 0.25, math.inf, 6]
    reached = [target.is_reached(value) for target, value in zip(targets, values)]
    assert reached == [True, False, True, False]


def test_a_target_without_figures_has_no_value(bench: Any, measured: Any) -> None:
    report = bench("report")
    target = report.Target("receive", 1, against="nobody")
    assert target.value(measured[0]) is None
    found = report.as_json(measured[0], [target])
    assert report.problems(found) == ["receive: no figure to compare with its target"]


def test_the_table_shows_ratios_and_what_was_reached(bench: Any, measured: Any) -> None:
    report = bench("report")
    table = report.table(*measured)
    assert table[0] == ["receive", "vatel", "11 µs", "10 to 12", "", "", ""]
    assert table[2][2:] == ["44 µs", "20 to 44", "4 x", "vatel ≤ 0.2 x", "NO, 0.25"]
    assert table[4][4:] == ["0 x", "vatel ≥ 3 x", "yes, -"]
    assert table[5][5:] == ["≤ 5", "NO, 6"]
    shown = report.plain(table).splitlines()
    assert len(shown) == len(table) + 1
    assert {line.index(variant) for line, (_, variant, *_) in zip(shown[1:], table)} == {9}


def test_the_json_is_whole_and_names_no_place(bench: Any, measured: Any, tmp_path: Path) -> None:
    report = bench("report")
    report.write_json(tmp_path / "bench.json", report.as_json(*measured))
    text = (tmp_path / "bench.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert report.problems(found) == []
    assert found["figures"][2]["values"] == [20, 44, 44]
    assert found["targets"][1]["reached"] is False
    assert str(ROOT) not in text
    assert str(Path.home()) not in text


def test_a_row_without_values_is_a_problem(bench: Any) -> None:
    report = bench("report")
    figure = {"row": "receive", "variant": "vatel", "values": []}
    assert report.problems({"figures": [figure], "targets": []}) == ["receive, vatel: []"]


def test_the_generated_part_of_a_page_is_replaced_and_the_rest_kept(
    bench: Any, measured: Any, tmp_path: Path
) -> None:
    report = bench("report")
    page = tmp_path / "page.md"
    page.write_text(f"# By hand\n{report.BEGIN}old", encoding="utf-8")
    for _ in range(2):
        report.write_page(page, report.page(*measured))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# By hand\n<!--")
    assert "old" not in text
    assert text.count("| receive | peer | 44 µs |") == 1
    assert "- receive, peer: slow\n" in text


@pytest.mark.parametrize("name", HIDDEN_IN)
def test_stamped_frames_hold_their_audio_and_the_time(bench: Any, name: str) -> None:
    wire = bench("wire")
    pcm = bytes(range(240)) * 4
    before, after = wire.stamped_parts(name, pcm)
    frame = before + wire.stamp(name, 123456789) + after
    assert len(frame) == len(wire.audio_frame(name, pcm))
    audio = b64decode(HIDDEN_IN[name](json.loads(frame[4:])))
    assert wire.stamped_at(audio) == 123456789
    assert audio[wire.STAMP :] == pcm[wire.STAMP :]


def test_the_frames_for_us_are_those_of_the_platform(bench: Any) -> None:
    wire = bench("wire")
    message = decode(wire.audio_frame("vatel", b"\1\0" * 480)[4:].decode())
    assert isinstance(message, ResponseAudio)
    assert message.data.pcm == b"\1\0" * 480


def test_an_unknown_topic_is_refused(
    program: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "nonsense"])
    assert program.main() == 2
    assert "no such topic: nonsense; there are receive, send" in capsys.readouterr().err


def test_a_topic_that_fails_is_reported_and_the_others_run(
    bench: Any,
    program: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    figure = bench("report").Figure("row", "vatel", "µs", [1.0])

    def broken(quick: bool) -> Any:
        raise RuntimeError("no such client")

    topics = {"a": (broken, []), "b": (lambda quick: iter([figure]), [])}
    monkeypatch.setattr(program, "TOPICS", topics)
    found: list[Any] = []
    assert program.run(["a", "b"], True, found, []) == ["a"]
    assert found == [figure]
    assert "a failed" in (said := capsys.readouterr().err)
    assert "no such client" in said


def test_another_source_tree_must_not_be_faster(bench: Any, program: Any) -> None:
    report = bench("report")
    figures = [
        report.Figure("get", "vatel, async", "µs", [12.0]),
        report.Figure("get", "reference, async", "µs", [10.0]),
        report.Figure("held", "vatel", "calls", [99], more_is_better=True),
        report.Figure("held", "reference", "calls", [100], more_is_better=True),
    ]
    targets = [program.not_slower(figures[1]), program.not_slower(figures[3])]
    assert [target.value(figures) for target in targets] == [1.2, 0.99]
    table = report.table(figures, targets)
    assert [line[-1] for line in table] == ["", "NO, 1.2", "", "yes, 0.99"]


def test_each_source_tree_is_measured_with_its_own_modules(
    bench: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    processes = bench("processes")
    assert processes.variants(["vatel", "bare"]) == ["vatel", "bare"]
    monkeypatch.setattr(processes, "reference", tmp_path)
    assert processes.variants(["vatel", "bare"]) == ["vatel", "reference"]
    assert [processes.tree_of(each) for each in ("vatel", "reference")] == [ROOT, tmp_path]
