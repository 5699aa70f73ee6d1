"""The callbacks return a full block in any situation and format."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future

import pytest
from virtual import SPEECH

from vatel_rt.audio.levels import Level, level
from vatel_rt.audio.playout import PlayoutBuffer
from vatel_rt.audio.portaudio.callbacks import MOST_APART, Capture, Handover, Playback
from vatel_rt.audio.portaudio.worker import Worker, _is_done


def test_a_callback_that_fails_gives_silence_and_is_remembered() -> None:
    playback = Playback(PlayoutBuffer(), 24_000, 2)
    playback._playout = None  # type: ignore[assignment]
    assert playback(None, 480, None, 4) == (bytes(1920), 0)
    assert isinstance(playback.error, AttributeError)
    assert (playback.calls, playback.lost) == (1, 1)


def test_stereo_both_ways() -> None:
    playout = PlayoutBuffer(cushion_ms=0)
    playout.write(SPEECH)
    playback = Playback(playout, 24_000, 2)
    got: list[tuple[bytes, bytes]] = []
    capture = Capture(playback.played, lambda *pair: got.append(pair), 24_000, 2)
    while playout:
        block, _ = playback(None, 240, None, 0)
        assert len(block or b"") == 960
        capture(block, 240, None, 0)
    captured, played = (b"".join(side) for side in zip(*got))
    assert captured == SPEECH[: len(captured)] == played[: len(captured)]
    assert (capture.error, playback.error) == (None, None)


@pytest.mark.parametrize("rate", [48_000, 44_100, 16_000])
def test_other_rates_both_ways(rate: int) -> None:
    playout = PlayoutBuffer(cushion_ms=0)
    playout.write(SPEECH)
    playback = Playback(playout, rate, 1)
    blocks: list[bytes] = []
    capture = Capture(playback.played, lambda captured, _: blocks.append(captured), rate, 1)
    for _ in range(len(SPEECH) // 960 + 10):
        block, _flag = playback(None, rate // 50, None, 0)
        assert len(block or b"") == rate // 25
        capture(block, rate // 50, None, 0)
    assert {len(block) for block in blocks} == {960}
    assert len(blocks) >= len(SPEECH) // 960 + 6
    assert level(b"".join(blocks)) == pytest.approx(level(SPEECH), abs=1)
    assert (capture.error, playback.error) == (None, None)


def test_a_speaker_that_runs_ahead_is_held_to_the_microphone() -> None:
    playback = Playback(PlayoutBuffer(), 24_000, 1)
    for _ in range(100):
        playback(None, 480, None, 0)
    assert len(playback.played) == MOST_APART


def test_a_loop_that_does_not_come_loses_the_oldest() -> None:
    woken: list[int] = []
    handover = Handover(lambda: woken.append(1), 3)
    for number in range(5):
        handover.put(bytes([number]), b"")
    assert [captured for captured, _ in handover.take_all()] == [b"\2", b"\3", b"\4"]
    assert (handover.dropped, woken) == (2, [1])
    handover.put(b"", b"")
    assert woken == [1, 1]


def test_levels() -> None:
    assert Level.of(bytes(960)) == Level()
    assert Level.of(b"\x01\x00" * 480).peak == pytest.approx(-90.3, abs=0.1)
    assert Level.of(b"\x00\x80\xff\x7f" * 240).rms == pytest.approx(0, abs=0.1)


@pytest.mark.anyio
async def test_a_job_that_hangs_holds_up_nobody() -> None:
    rescues: list[None] = []
    worker, free = Worker("test", lambda: rescues.append(None)), threading.Event()
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        await worker.run(free.wait, 0.05)
    assert time.monotonic() - started < 5
    assert rescues
    with pytest.raises(TimeoutError):
        await worker.finish(lambda: None, 0.05)
    free.set()
    worker._thread.join(5)
    assert not worker._thread.is_alive()


@pytest.mark.anyio
async def test_a_job_that_hangs_is_rescued() -> None:
    free = threading.Event()
    worker = Worker("test", free.set)
    assert await worker.run(free.wait, 0.05) is True
    free.clear()
    with pytest.raises(TimeoutError):  # it fails for the rescue
        await worker.run(lambda: free.wait() and 1 // 0, 0.05)
    free.clear()
    await worker.finish(free.wait, 0.05)
    assert not worker._thread.is_alive()


@pytest.mark.anyio
async def test_a_job_that_fails_says_so() -> None:
    worker = Worker("test", lambda: None)
    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda: 1 // 0, 5)
    await worker.finish(lambda: None, 5)
    assert not worker._thread.is_alive()


@pytest.mark.anyio
@pytest.mark.parametrize("steps", range(5))
async def test_a_cancellation_is_not_lost_as_the_job_ends(steps: int) -> None:
    """Before Python 3.12, `asyncio.wait_for` loses the cancellation."""
    job: Future[None] = Future()
    waiting = asyncio.ensure_future(_is_done(job, 5))
    await asyncio.sleep(0)
    job.set_result(None)
    for _ in range(steps):
        await asyncio.sleep(0)
    was_waiting = waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled() is was_waiting


def test_a_loop_that_is_closed_before_the_job_ends() -> None:
    free = threading.Event()
    worker = Worker("test", lambda: None)

    async def start() -> None:
        with pytest.raises(TimeoutError):
            await worker.finish(free.wait, 0.01)

    asyncio.run(start())
    free.set()
    worker._thread.join(5)
    assert not worker._thread.is_alive()
