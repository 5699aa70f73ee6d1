"""The agent's own voice in the microphone."""

from __future__ import annotations

import random
import sys
from array import array

import pytest
from virtual import DATA, SPEECH

from vatel_rt.audio import echo
from vatel_rt.audio.echo import Canceller, Gate, SelfHearing, cleaner
from vatel_rt.audio.levels import level
from vatel_rt.audio.pcm import bytes_of, samples_of, silence
from vatel_rt.audio.wav import read_wav
from vatel_rt.errors import AudioDeviceError, ConfigurationError

AGENT = 2 * SPEECH
CALLER = read_wav(DATA / "caller_hours.wav") + read_wav(DATA / "caller_thanks.wav")


def blocks(pcm: bytes) -> list[bytes]:
    return [pcm[i : i + 960] for i in range(0, len(pcm) - 959, 960)]


def weaker(pcm: bytes, gain: float) -> bytes:
    return array("h", [int(x * gain) for x in samples_of(pcm)]).tobytes()


def noise(size: int) -> bytes:
    generator = random.Random(3)
    return array("h", [generator.randint(-60, 60) for _ in range(size // 2)]).tobytes()


def warned(microphone: bytes, speaker: bytes) -> bool:
    hearing = SelfHearing()
    for captured, played in zip(blocks(microphone), blocks(speaker)):
        hearing.hear(captured, played)
    return hearing.has_warned


@pytest.mark.parametrize("late_ms", [0, 60, 133, 280])
@pytest.mark.parametrize("gain", [0.3, 0.05])
def test_an_echo_is_noticed_once(
    late_ms: float, gain: float, caplog: pytest.LogCaptureFixture
) -> None:
    assert warned(silence(late_ms) + weaker(AGENT, gain), AGENT)
    assert caplog.text.count("use a headset") == 1


def test_an_agent_that_is_cut_again_and_again_by_its_echo_is_noticed() -> None:
    burst = AGENT[: bytes_of(300)] + silence(2000)
    speaker = 4 * burst
    assert warned(silence(60) + weaker(speaker, 0.3), speaker)


@pytest.mark.parametrize(
    "microphone",
    [
        silence(8000),
        noise(bytes_of(8000)),
        4 * CALLER,
        silence(500) + 4 * CALLER,
        silence(3000) + CALLER,
    ],
    ids=["silence", "noise", "talks over", "talks over later", "answers"],
)
def test_a_caller_is_no_echo(microphone: bytes) -> None:
    assert not warned(microphone, AGENT)


def test_half_closes_while_the_agent_speaks_and_opens_again() -> None:
    gate = Gate()
    loud, quiet = weaker(CALLER, 1)[9600:10_560], bytes(960)
    assert gate.clean(loud, quiet) == loud
    assert gate.clean(loud, AGENT[9600:10_560]) == quiet
    sent = [gate.clean(loud, quiet) for _ in range(20)]
    assert sent.count(quiet) == echo.HOLD_MS // 20
    assert sent[-1] == loud


def test_the_canceller_takes_out_the_agent_and_leaves_the_caller() -> None:
    if sys.version_info < (3, 10):
        with pytest.raises(AudioDeviceError, match=r"pywebrtc-audio, which requires Python 3\.10"):
            Canceller()
        return
    canceller = Canceller()
    speaker = AGENT + bytes(len(CALLER))
    microphone = silence(60) + weaker(AGENT, 0.3)
    microphone = microphone[: len(AGENT)] + CALLER
    cleaned = b"".join(
        canceller.clean(captured, played)
        for captured, played in zip(blocks(microphone), blocks(speaker))
    )
    second = slice(len(SPEECH), len(AGENT))
    assert level(microphone[second]) - level(cleaned[second]) > 20
    assert level(cleaned[len(AGENT) + 4800 :]) == pytest.approx(level(CALLER), abs=6)


def test_a_canceller_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    with pytest.raises(AudioDeviceError, match=r"pip install 'vatel\[aec\]'"):
        cleaner("aec")


def test_no_such_mode() -> None:
    with pytest.raises(ConfigurationError, match="not 'deaf'"):
        cleaner("deaf")  # type: ignore[arg-type]
