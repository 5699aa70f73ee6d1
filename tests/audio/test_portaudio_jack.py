"""A device that supports only 48 000 Hz: JACK, with its dummy driver."""

from __future__ import annotations

import asyncio
import ctypes
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from virtual import SPEECH

from vatel_rt import PyAudioDevice
from vatel_rt.errors import AudioDeviceError

pytestmark = [pytest.mark.usefixtures("sound"), pytest.mark.xdist_group("sound")]
NAME = "system"


@pytest.fixture
def jack(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a private JACK server; yield its name."""
    name = f"vatel-{uuid.uuid4().hex[:8]}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    command = ["jackd", "--no-realtime", "-n", name, "-d", "dummy", "-r", "48000", "-p", "480"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["jack_wait", "-w", "-t", "10", "-s", name], check=True, capture_output=True)
    yield name
    server.terminate()
    server.wait()


def connect_speaker_to_microphone() -> None:
    """Connect PortAudio's output to its input."""
    library = ctypes.CDLL("libjack.so.0")
    library.jack_client_open.restype = ctypes.c_void_p
    client = ctypes.c_void_p(library.jack_client_open(b"vatel-cable", 1, None))
    assert client
    try:
        assert library.jack_connect(client, b"PortAudio:out_0", b"PortAudio:in_0") == 0
    finally:
        library.jack_client_close(client)


def noise_db(sent: bytes, got: bytes) -> float:
    """Return the signal-to-noise ratio of `got`, which is delayed by a fraction of a sample."""
    one, other = (np.frombuffer(pcm, "<i2").astype(float) for pcm in (sent, got))
    size = 2 ** int(np.ceil(np.log2(len(one) + len(other))))
    both = np.conj(np.fft.rfft(one, size)) * np.fft.rfft(other, size)
    delay = int(np.argmax(np.fft.irfft(both, size)))
    spectrum, frequency = np.fft.rfft(one, size), np.fft.rfftfreq(size)
    best = -np.inf
    for part in np.linspace(-1, 1, 41):
        late = np.fft.irfft(spectrum * np.exp(-2j * np.pi * frequency * part), size)[: len(one)]
        error = other[delay : delay + len(one)] - late
        best = max(best, 10 * np.log10(np.sum(one**2) / np.sum(error**2)))
    return float(best)


def test_a_device_of_48_khz(jack: str, capsys: Any) -> None:
    async def talk() -> bytes:
        device = PyAudioDevice(input=NAME, output=NAME)
        await device.start()
        try:
            connect_speaker_to_microphone()
            device.play(SPEECH)
            captured = bytearray()
            while len(captured) < len(SPEECH) + 24_000:
                captured += await device.read()
            return bytes(captured)
        finally:
            await device.close()

    captured = asyncio.run(talk())
    snr = noise_db(SPEECH, captured)
    with capsys.disabled():
        print(f"\nover 48 kHz: {snr:.0f} dB above the noise")
    assert snr >= 35


def test_conversion_that_is_not_installed(jack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)
    with pytest.raises(AudioDeviceError, match=r"soxr, which converts, is not installed"):
        asyncio.run(PyAudioDevice(input=NAME, output=NAME).start())
