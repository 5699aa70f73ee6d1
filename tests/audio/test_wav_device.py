from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vatel_rt.audio.wav import WavWriter, read_wav, wav_header
from vatel_rt.audio.wav_device import WavDevice
from vatel_rt.errors import AudioDeviceError, AudioFormatError

PIPED = """
import asyncio
from vatel_rt.audio.wav_device import WavDevice
async def main():
    device = WavDevice("-", "-", speed=20)
    await device.start()
    spoken = await device.read() + await device.read()
    device.play(spoken[:1200])
    await device.drain()
    await device.close()
asyncio.run(main())
"""


def test_from_standard_input_to_standard_output() -> None:
    speech = bytes(range(1, 241)) * 5
    ran = subprocess.run(
        [sys.executable, "-c", PIPED],
        input=wav_header(None) + speech,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    header, played = ran.stdout[:44], ran.stdout[44:]
    assert header == wav_header(None)
    assert speech in played
    assert ran.stderr == b""


@pytest.mark.anyio
async def test_a_file_that_is_repeated_with_silence_around_it() -> None:
    device = WavDevice(b"\1\0" * 240, before_ms=5, after_ms=15, loop=True, speed=100)
    await device.start()
    heard = b"".join([await device.read() for _ in range(9)])
    await device.close()
    assert heard == 6 * (bytes(240) + b"\1\0" * 240 + bytes(720))


@pytest.mark.anyio
async def test_silence_is_repeated_as_well() -> None:
    device = WavDevice(loop=True, speed=100)
    await device.start()
    assert await device.read() == bytes(960)
    await device.close()


@pytest.mark.anyio
async def test_faster_than_real_time() -> None:
    device = WavDevice(bytes(96_000), speed=100)
    await device.start()
    started = time.monotonic()
    for _ in range(1000):
        await device.read()
    assert time.monotonic() - started < 10  # of twenty seconds, so that a machine may be slow
    await device.close()


@pytest.mark.anyio
async def test_the_file_is_the_microphone_and_then_silence(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    writer = WavWriter(path)
    writer.write(bytes(range(1, 241)) * 5)
    writer.close()
    device = WavDevice(path)
    await device.start()
    blocks = [await device.read() for _ in range(3)]
    await device.close()
    assert {len(block) for block in blocks} == {960}
    assert b"".join(blocks) == read_wav(path).ljust(3 * 960, b"\0")


@pytest.mark.anyio
async def test_the_speaker_file_holds_what_was_played_to_the_end(tmp_path: Path) -> None:
    device = WavDevice(output=tmp_path / "out.wav")
    speech = bytes(range(1, 251)) * 13
    await device.start()
    device.play(speech[:1000])
    device.play(speech[1000:])
    await asyncio.wait_for(device.drain(), 60)
    await device.close()
    assert speech in read_wav(tmp_path / "out.wav")


@pytest.mark.anyio
async def test_a_speaker_file_that_does_not_open(tmp_path: Path) -> None:
    device = WavDevice(output=tmp_path)
    with pytest.raises(AudioDeviceError, match="cannot write"):
        await device.start()
    await device.close()


@pytest.mark.anyio
async def test_audio_given_as_bytes() -> None:
    device = WavDevice(b"\1\2" * 480)
    await device.start()
    assert await device.read() == b"\1\2" * 480
    await device.close()


def test_an_input_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AudioDeviceError, match=r"cannot read .*No such file"):
        WavDevice(tmp_path / "missing.wav")


def test_what_is_neither_a_path_nor_pcm() -> None:
    with pytest.raises(AudioFormatError, match="3 bytes are not whole 16-bit samples"):
        WavDevice(b"abc")
    with pytest.raises(AudioFormatError, match=r"a WAV file, not samples: use WavDevice\(path\)"):
        WavDevice(wav_header(960) + bytes(960))
    with pytest.raises(
        TypeError, match="not the path of a WAV file: bytearray; pass PCM audio as bytes"
    ):
        WavDevice(bytearray(960))  # type: ignore[arg-type]
