"""What the benchmarks make of what they measured, and the frames of their server."""

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
    """Imports a module of scripts/bench."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts" / "bench"))
    return importlib.import_module


@pytest.fixture
def program(bench: Any) -> Any:
    """The program itself, which is no module that can be imported by name."""
    spec = importlib.util.spec_from_file_location(
        "bench_main", ROOT / "scripts" / "bench" / "__main__.py"
    )
    made: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def measured(bench: Any) -> tuple[list[Any], list[Any]]:
    figures = bench("figures")
    return (
        [
            figures.Figure("receive", "vatel", "µs", [10.0, 12.0, 11.0]),
            figures.Figure("receive", "bare", "µs", [10.0]),
            figures.Figure("receive", "peer", "µs", [20.0, 44.0, 44.0], "slow"),
            figures.Figure("calls", "vatel", "calls", [400], more_is_better=True),
            figures.Figure("calls", "peer", "calls", [0], more_is_better=True),
            figures.Figure("late", "vatel", "ms", [6.0]),
        ],
        [
            figures.Target("receive", 1.25, against="bare"),
            figures.Target("receive", 0.2, against="peer"),
            figures.Target("calls", 3, against="peer", at_least=True),
            figures.Target("late", 5),
        ],
    )


def test_a_target_is_a_ratio_of_medians_or_the_median_itself(bench: Any, measured: Any) -> None:
    figures, targets = measured
    results = bench("results")
    verdicts = [results.judge(target, figures) for target in targets]
    assert [verdict.value for verdict in verdicts] == [1.1, 0.25, math.inf, 6]
    assert [verdict.reached for verdict in verdicts] == [True, False, True, False]


def test_a_target_without_figures_has_no_verdict(bench: Any, measured: Any) -> None:
    results, target = bench("results"), bench("figures").Target("receive", 1, against="nobody")
    assert results.judge(target, measured[0]) is None
    found = results.as_json(measured[0], [target])
    assert results.wrong_with(found) == ["receive: nothing to hold against a target"]


def test_the_table_tells_ratios_and_what_was_reached(bench: Any, measured: Any) -> None:
    results = bench("results")
    table = results.lines(*measured)
    assert table[0] == ["receive", "vatel", "11 µs", "10 to 12", "", "", ""]
    assert table[2][2:] == ["44 µs", "20 to 44", "4 x", "vatel ≤ 0.2 x", "NO, 0.25"]
    assert table[4][4:] == ["0 x", "vatel ≥ 3 x", "yes, -"]
    assert table[5][5:] == ["≤ 5", "NO, 6"]
    shown = results.plain(table).splitlines()
    assert len(shown) == len(table) + 1
    assert {line.index(variant) for line, (_, variant, *_) in zip(shown[1:], table)} == {9}


def test_the_json_is_whole_and_names_no_place(bench: Any, measured: Any, tmp_path: Path) -> None:
    results = bench("results")
    results.write_json(tmp_path / "bench.json", results.as_json(*measured))
    text = (tmp_path / "bench.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert results.wrong_with(found) == []
    assert found["figures"][2]["values"] == [20, 44, 44]
    assert found["targets"][1]["reached"] is False
    assert str(ROOT) not in text
    assert str(Path.home()) not in text


def test_a_row_without_values_is_told(bench: Any) -> None:
    results = bench("results")
    figure = {"row": "receive", "variant": "vatel", "values": []}
    assert results.wrong_with({"figures": [figure], "targets": []}) == ["receive, vatel: []"]


def test_what_is_made_of_a_page_is_replaced_and_the_rest_kept(
    bench: Any, measured: Any, tmp_path: Path
) -> None:
    results = bench("results")
    page = tmp_path / "page.md"
    page.write_text(f"# By hand\n{results.BEGIN}old", encoding="utf-8")
    for _ in range(2):
        results.write_page(page, results.page(*measured))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# By hand\n<!--")
    assert "old" not in text
    assert text.count("| receive | peer | 44 µs |") == 1
    assert "- peer: slow\n" in text


def test_lines_are_found_and_how_far_points_are_from_them(bench: Any) -> None:
    growth = bench("growth")
    straight = [(1.0, 5.0), (10.0, 50.0), (100.0, 500.0)]
    assert growth.deviation(straight, 0, growth.slope(straight)) == pytest.approx(0)
    raised = [(x, 7 + 2 * x) for x in (1.0, 10.0, 100.0)]
    fixed, steepness = growth.line(raised)
    assert (fixed, steepness) == (pytest.approx(7), pytest.approx(2))
    assert growth.deviation(raised, 0, growth.slope(raised)) > 50


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
    assert decode(wire.control("interruption")[2:].decode()).type == "interruption"


def test_an_unknown_topic_is_refused(
    program: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "nonsense"])
    assert program.main() == 2
    assert "no such topic: nonsense; there are receive, send" in capsys.readouterr().err


def test_a_topic_that_cannot_run_is_told_and_the_others_run(
    bench: Any,
    program: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    figure = bench("figures").Figure("row", "vatel", "µs", [1.0])

    class Topic:
        TARGETS = ()

        @staticmethod
        def figures(quick: bool) -> Any:
            yield figure

    class Broken(Topic):
        @staticmethod
        def figures(quick: bool) -> Any:
            raise RuntimeError("no such client")

    monkeypatch.setattr(program, "import_module", {"a": Broken, "b": Topic}.get)
    found: list[Any] = []
    assert program.run(["a", "b"], True, found, []) == ["a"]
    assert found == [figure]
    assert "a cannot run" in (said := capsys.readouterr().err)
    assert "no such client" in said
