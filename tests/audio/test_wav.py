from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from vatel_rt.audio.wav import Recorder, WavDevice, WavWriter, read_wav
from vatel_rt.errors import AudioDeviceError, AudioFormatError


def make_wav(
    path: Path, channels: int = 1, width: int = 2, rate: int = 24000, frames: int = 2400
) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(range(1, 241)) * (channels * width * frames // 240))
    return path


def test_reads_the_platforms_format(tmp_path: Path) -> None:
    assert len(read_wav(make_wav(tmp_path / "a.wav"))) == 4800


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"channels": 2}, "it has 2 channels; convert"),
        ({"rate": 16000}, "it has 16000 Hz; convert"),
        ({"width": 1, "rate": 8000}, "it has 8000 Hz, 8-bit; convert"),
    ],
)
def test_other_formats_are_refused_with_the_command(form: dict, told: str, tmp_path: Path) -> None:
    path = make_wav(tmp_path / "other.wav", **form)
    with pytest.raises(AudioFormatError) as caught:
        read_wav(path)
    assert told in str(caught.value)
    assert f"ffmpeg -i {path} -ac 1 -ar 24000" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no audio at all" * 10])
def test_what_is_no_wav_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(AudioFormatError, match=r"not a WAV.*: it (is not PCM|has no audio)"):
        read_wav(path)


def test_files_that_do_not_open(tmp_path: Path) -> None:
    with pytest.raises(AudioDeviceError, match=r"cannot read .*No such file"):
        WavDevice(tmp_path / "missing.wav")
    with pytest.raises(AudioDeviceError, match=r"cannot write .*No such file"):
        WavWriter(tmp_path / "missing" / "out.wav")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_ends_the_record_and_not_the_call(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder("/dev/full")
    recorder.write(bytes(960), bytes(960))
    recorder.write(bytes(960), bytes(960))
    recorder.close()
    assert caplog.text.count("the record of the call ends here: cannot write /dev/full") == 1


def test_what_was_there_stays_until_something_is_written(tmp_path: Path) -> None:
    path = make_wav(tmp_path / "old.wav")
    writer = WavWriter(path)
    writer.close()
    assert len(read_wav(path)) == 4800
    writer = WavWriter(path)
    writer.write(b"\1\0")
    writer.close()
    assert read_wav(path) == b"\1\0"


def test_the_recorder_keeps_both_sides(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "call.wav")
    recorder.write(b"\1\0\2\0", b"\3\0\4\0")
    recorder.close()
    recorder.close()
    recorder.write(b"\5\0", b"\5\0")
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 24000)
        assert file.readframes(9) == b"\1\0\3\0\2\0\4\0"


def test_a_killed_program_leaves_a_readable_record(tmp_path: Path) -> None:
    program = (
        "import sys, os, signal\n"
        "from vatel_rt.audio.wav import Recorder\n"
        "recorder = Recorder(sys.argv[1])\n"
        "for _ in range(50): recorder.write(bytes(960), bytes(960))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "killed.wav"
    subprocess.run([sys.executable, "-c", program, str(path)], check=False, env=os.environ)
    with wave.open(str(path)) as file:
        assert file.getnframes() == 50 * 480


@pytest.mark.anyio
async def test_the_file_is_the_microphone_and_then_silence(tmp_path: Path) -> None:
    path = make_wav(tmp_path / "in.wav", frames=600)
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
    await asyncio.wait_for(device.drain(), 5)
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
