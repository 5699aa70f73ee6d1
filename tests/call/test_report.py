from __future__ import annotations

import json
from typing import Any

import pytest

from vatel_rt.audio.clocked_device import SilentDevice
from vatel_rt.call.report import CallReport, LossCounter, Reporter

SILENT = bytes(960)
LOUD = (b"\x40\x1f" * 10 + bytes(20)) * 24


def hear(reporter: Reporter, captured: bytes, played: bytes, blocks: int) -> None:
    for _ in range(blocks):
        reporter.block_played(captured, played)


def receive(reporter: Reporter, turn: str, *, is_final: bool = False) -> None:
    reporter.audio_received(turn, is_empty=False, is_final=is_final)


def test_from_the_end_of_speech_to_the_first_received_and_played() -> None:
    reporter = Reporter(CallReport())
    for turn in ("1", "2"):
        hear(reporter, SILENT, SILENT, 40)
        hear(reporter, LOUD, SILENT, 30)
        hear(reporter, SILENT, SILENT, 10)
        receive(reporter, turn)
        hear(reporter, SILENT, SILENT, 5)
        receive(reporter, turn, is_final=True)
        hear(reporter, SILENT, LOUD, 40)
    report = reporter.report
    assert report.answer_ms == [300, 300]
    assert report.answer_received_ms == [200, 200]
    assert report.duration_ms == 2 * 125 * 20


def test_an_answer_of_the_same_turn_id_is_received_anew() -> None:
    reporter = Reporter(CallReport())
    receive(reporter, "", is_final=True)
    hear(reporter, SILENT, LOUD, 20)
    hear(reporter, SILENT, SILENT, 20)
    hear(reporter, LOUD, SILENT, 30)
    receive(reporter, "", is_final=True)
    hear(reporter, SILENT, LOUD, 40)
    assert reporter.report.answer_ms == reporter.report.answer_received_ms == [0]


def test_from_an_interruption_to_silence() -> None:
    reporter = Reporter(CallReport())
    receive(reporter, "1")
    hear(reporter, SILENT, LOUD, 20)
    reporter.interrupted()
    hear(reporter, SILENT, LOUD, 3)
    hear(reporter, SILENT, SILENT, 9)
    assert reporter.report.silence_ms == []
    hear(reporter, SILENT, SILENT, 1)
    assert reporter.report.silence_ms == [60]
    reporter.interrupted()  # while the agent is silent
    hear(reporter, SILENT, SILENT, 20)
    assert reporter.report.silence_ms == [60]
    assert reporter.report.interruptions == 2


def test_from_an_interruption_to_the_next_turn() -> None:
    reporter = Reporter(CallReport())
    receive(reporter, "1")
    hear(reporter, SILENT, LOUD, 20)
    reporter.interrupted()
    receive(reporter, "2")
    hear(reporter, SILENT, LOUD, 20)
    assert reporter.report.silence_ms == [0]


def test_the_start_is_measured_from_entering() -> None:
    reporter = Reporter(CallReport())
    assert reporter.report.session_started_ms is None
    reporter.session_started("c")
    started_ms = reporter.report.session_started_ms
    assert started_ms is not None
    assert 0 <= started_ms < 10_000


@pytest.mark.parametrize(
    ("times", "p50", "p95"),
    [([7.0], 7, 7), ([3, 1, 2], 2, 3), ([float(n) for n in range(100, 0, -1)], 50, 95)],
)
def test_percentiles(times: list[float], p50: float, p95: float) -> None:
    report = CallReport(answer_ms=times)
    assert (report.p50, report.p95) == ({"answer_ms": p50}, {"answer_ms": p95})


def test_the_report_as_json() -> None:
    report = CallReport(session_id="c", silence_ms=[20], heard_ms={"1": 60.0})
    read: dict[str, Any] = json.loads(json.dumps(report.to_dict()))
    assert read["p50"] == read["p95"] == {"silence_ms": 20}
    assert read["heard_ms"] == {"1": 60.0}
    assert read["answer_ms"] == []


def test_what_a_device_lost_is_that_of_this_call() -> None:
    class Counting(SilentDevice):
        underruns = 5
        dropped = 7

    device = Counting()
    report, losses = CallReport(), LossCounter(device)
    losses.update(report, underruns=0, unsent_ms=0)
    assert (report.dropped_blocks, report.underruns) == (0, 0)
    device.dropped, device.underruns = 9, 6
    losses.update(report, underruns=2, unsent_ms=30)
    assert (report.dropped_blocks, report.underruns) == (4, 2)
