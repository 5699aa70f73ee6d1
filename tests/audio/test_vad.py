"""Voice activity is found at the right position, at any chunk size, in noise."""

from __future__ import annotations

import random
import wave
from array import array
from pathlib import Path

import pytest

import vatel.simulator
from vatel_rt.audio.levels import level
from vatel_rt.audio.pcm import SAMPLE_RATE, samples_of
from vatel_rt.audio.vad import Activity, VoiceActivity

DATA = Path(vatel.simulator.__file__).parent / "data"
CLIPS = sorted(path.name for path in DATA.glob("*.wav"))
BLOCK = SAMPLE_RATE // 50


def clip(name: str) -> bytes:
    with wave.open(str(DATA / name)) as file:
        return file.readframes(file.getnframes())


def room(seconds: float, noise_dbfs: float = -120, offset: int = 0) -> bytes:
    """Return silence, or white noise of a level."""
    generator = random.Random(7)
    peak = 32768 * 10 ** (noise_dbfs / 20) * 3**0.5
    count = int(seconds * SAMPLE_RATE)
    return array(
        "h", [offset + int(generator.uniform(-peak, peak)) for _ in range(count)]
    ).tobytes()


def mixed(one: bytes, other: bytes) -> bytes:
    pairs = zip(samples_of(one), samples_of(other))
    return array("h", [max(-32768, min(32767, a + b)) for a, b in pairs]).tobytes()


def seconds(activity: Activity) -> float:
    return activity.at / SAMPLE_RATE


@pytest.mark.parametrize("name", CLIPS)
def test_speech_is_one_piece_and_where_it_is(name: str) -> None:
    speech = clip(name)
    started, stopped = VoiceActivity().push(room(1) + speech + room(0.6))
    assert (started.kind, stopped.kind) == ("started", "stopped")
    assert seconds(started) == pytest.approx(1, abs=0.04)
    assert seconds(stopped) == pytest.approx(1 + len(speech) / 2 / SAMPLE_RATE, abs=0.1)


@pytest.mark.parametrize("step", [2, 100, 960, 962, 48_000, 10**7])
def test_chunks_do_not_matter(step: int) -> None:
    audio = room(0.5) + clip("caller_hours.wav") + room(1)
    vad, wanted = VoiceActivity(), VoiceActivity()
    found = [event for i in range(0, len(audio), step) for event in vad.push(audio[i : i + step])]
    assert found == wanted.push(audio)
    assert vad.position == len(audio) // 2 // BLOCK * BLOCK


def test_it_is_told_soon() -> None:
    vad = VoiceActivity()
    speech = clip("caller_order.wav")
    audio = room(1) + speech + room(1)
    told: dict[str, float] = {}
    for i in range(0, len(audio), 960):
        for event in vad.push(audio[i : i + 960]):
            told[event.kind] = (i + 960) / 2 / SAMPLE_RATE
            assert vad.speaking == (event.kind == "started")
    assert told["started"] < 1.2
    assert 0.45 < told["stopped"] - 1 - len(speech) / 2 / SAMPLE_RATE < 0.6


@pytest.mark.parametrize("noise", [-60, -45, -35])
def test_noise_is_no_speech(noise: float) -> None:
    assert VoiceActivity().push(room(5, noise)) == []


@pytest.mark.parametrize("noise", [-50, -40, -35])
def test_speech_in_noise(noise: float) -> None:
    speech = clip("caller_order.wav")
    length = len(speech) / 2 / SAMPLE_RATE
    audio = mixed(room(3 + length, noise), room(2) + speech + room(1))
    started, stopped = VoiceActivity().push(audio)
    assert seconds(started) == pytest.approx(2, abs=0.15)
    assert seconds(stopped) == pytest.approx(2 + length, abs=0.25)


def test_a_pause_within_a_sentence_is_speech() -> None:
    speech = clip("caller_hours.wav")
    audio = room(0.5) + speech + room(0.4) + speech + room(1)
    assert [event.kind for event in VoiceActivity().push(audio)] == ["started", "stopped"]
    audio = room(0.5) + speech + room(0.7) + speech + room(1)
    assert [event.kind for event in VoiceActivity().push(audio)] == ["started", "stopped"] * 2


def test_durations_can_be_chosen() -> None:
    audio = room(0.5) + clip("caller_hours.wav") + room(0.4)
    assert len(VoiceActivity(stop_ms=200).push(audio)) == 2
    assert len(VoiceActivity(stop_ms=500).push(audio)) == 1
    assert VoiceActivity(start_ms=3000).push(audio) == []


def test_a_click_is_no_speech() -> None:
    click = clip("caller_hours.wav")[9600 : 9600 + 960]
    assert VoiceActivity().push(room(0.5) + click + room(0.5)) == []


def test_an_offset_is_no_sound() -> None:
    assert VoiceActivity().push(room(1, offset=5000)) == []
    assert level(room(0.02, offset=5000)) < -100


def test_full_scale_is_zero_decibels() -> None:
    assert level(array("h", [32767, -32768] * 240).tobytes()) == pytest.approx(0, abs=0.01)


def test_a_sudden_noise_is_learned() -> None:
    noise = room(4, -42)
    events = VoiceActivity().push(room(1, -65) + noise)
    assert [event.kind for event in events] == ["started", "stopped"]
    assert seconds(events[1]) < 3.5
