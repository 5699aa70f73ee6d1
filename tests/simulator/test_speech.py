"""The agent's voice: clips, espeak-ng, or neither."""

from __future__ import annotations

import logging
import math
import shutil
from array import array
from pathlib import Path
from typing import Any

import pytest
from simulated_caller import BYE, DATA, clip, scenario_of

from vatel.simulator.scenario.keys import Voice
from vatel.simulator.voice.speech import CACHED_TEXTS, Speech, to_platform_rate
from vatel_rt.audio.pcm import duration_ms, samples_of

pytestmark = pytest.mark.anyio
SCENARIO = scenario_of(goodbye=BYE)
needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is missing")


@pytest.fixture
def a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put an `espeak-ng` with this script first on the path."""

    def put(script: str) -> None:
        path = tmp_path / "espeak-ng"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    return put


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("bare")
async def test_a_clip_speaks_its_text() -> None:
    assert await Speech(SCENARIO).pcm(BYE.says) == clip("goodbye.wav")


@pytest.mark.usefixtures("bare")
async def test_without_a_voice_the_agent_says_so_and_warns_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    speech = Speech(SCENARIO)
    for text in ("Something else.", "And more."):
        assert await speech.pcm(text) == clip("no_voice.wav")
    assert len(caplog.records) == 1
    assert "Something else." not in caplog.text


async def test_a_text_without_words_is_no_audio() -> None:
    assert await Speech(SCENARIO).pcm(" \n") == b""


@needs_espeak
async def test_espeak_speaks_any_text_once() -> None:
    speech = Speech(SCENARIO)
    pcm = await speech.pcm("--version is not an option here")
    assert 1000 < duration_ms(len(pcm)) < 4000
    assert max(samples_of(pcm)) > 5000
    assert await speech.pcm("--version is not an option here") is pcm


@needs_espeak
async def test_a_voice_that_espeak_does_not_have(caplog: pytest.LogCaptureFixture) -> None:
    speech = Speech(scenario_of(voice=Voice(name="klingon-x")))
    assert await speech.pcm("Hello?") == clip("no_voice.wav")
    assert "espeak-ng failed" in caplog.text


async def test_an_espeak_that_fails(a_program: Any, caplog: pytest.LogCaptureFixture) -> None:
    a_program("cat > /dev/null; echo broken >&2; exit 1")
    with caplog.at_level(logging.WARNING):
        assert await Speech(SCENARIO).pcm("Hello?") == clip("no_voice.wav")
    assert "espeak-ng failed: broken" in caplog.text


@needs_espeak
@pytest.mark.parametrize("text", ["Hel\0lo?", "\ud800 yes", '\'; rm -rf "$HOME"'])
async def test_espeak_speaks_odd_texts(text: str) -> None:
    assert await Speech(SCENARIO).pcm(text) != clip("no_voice.wav")


async def test_a_text_that_is_no_argument_any_more(a_program: Any) -> None:
    a_program(f"cat > /dev/null; cat '{DATA}/goodbye.wav'")
    assert await Speech(SCENARIO).pcm("word " * 1_000_000) == clip("goodbye.wav")


async def test_an_espeak_that_does_not_run(
    a_program: Any, caplog: pytest.LogCaptureFixture
) -> None:
    a_program("")
    speech = Speech(SCENARIO)
    assert speech._espeak is not None
    Path(speech._espeak).write_text("#!/nowhere\n")
    assert await speech.pcm("Hello?") == clip("no_voice.wav")
    assert "espeak-ng failed: FileNotFoundError" in caplog.text


async def test_an_espeak_that_takes_too_long(
    a_program: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vatel.simulator.voice.speech.ESPEAK_TIMEOUT", 0.05)
    a_program("exec sleep 60")
    assert await Speech(SCENARIO).pcm("Hello?") == clip("no_voice.wav")
    assert "espeak-ng failed: took more than 0.05 s" in caplog.text


async def test_an_espeak_that_does_not_read(
    a_program: Any, caplog: pytest.LogCaptureFixture
) -> None:
    a_program("exit 1")
    assert await Speech(SCENARIO).pcm("word " * 1_000_000) == clip("no_voice.wav")
    assert "espeak-ng failed: " in caplog.text


async def test_texts_are_not_kept_forever(a_program: Any) -> None:
    a_program(f"cat '{DATA}/goodbye.wav'")
    speech = Speech(SCENARIO)
    for number in range(CACHED_TEXTS + 5):
        speech._spoken[str(number)] = b""
        if number >= CACHED_TEXTS - 1:
            await speech.pcm(f"text {number}")
    assert len(speech._spoken) <= CACHED_TEXTS + 5 + len(SCENARIO.clips())
    assert await speech.pcm(BYE.says) == clip("goodbye.wav")


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 48_000])
async def test_conversion_keeps_length_and_tone(rate: int) -> None:
    tone = [int(20_000 * math.sin(2 * math.pi * 440 * i / rate)) for i in range(rate)]
    got = samples_of(await to_platform_rate(array("h", tone).tobytes(), rate))
    assert len(got) == 24_000
    wanted = [20_000 * math.sin(2 * math.pi * 440 * i / 24_000) for i in range(24_000)]
    assert max(abs(a - b) for a, b in zip(got[:-3], wanted[:-3])) < 150
