from __future__ import annotations

import io
import math
import os
import struct
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from vatel_rt.audio import wav
from vatel_rt.audio.pcm import samples_of
from vatel_rt.audio.wav import Recorder, WavWriter, read_wav
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


def sine(rate: int, seconds: float = 0.5, hertz: float = 440) -> list[float]:
    return [math.sin(2 * math.pi * hertz * i / rate) for i in range(int(rate * seconds))]


def written(path: Path, frames: list[float], channels: int, width: int, rate: int) -> Path:
    """A WAV file of any form, the second channel silent."""
    largest = 2 ** (8 * width - 1) - 1
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        for frame in frames:
            value = int(frame * 0.5 * largest) + (128 if width == 1 else 0)
            silent = (128 if width == 1 else 0).to_bytes(width, "little")
            sample = value.to_bytes(width, "little", signed=width > 1)
            file.writeframesraw(sample + silent * (channels - 1))
    return path


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 24_000, 44_100, 48_000])
def test_any_pcm_is_converted(width: int, channels: int, rate: int, tmp_path: Path) -> None:
    path = written(tmp_path / "any.wav", sine(rate), channels, width, rate)
    got = samples_of(read_wav(path))
    assert abs(len(got) - 12_000) <= 1
    wanted = [x * 16383 / channels for x in sine(24_000)]
    noise = sum((a - b) ** 2 for a, b in zip(got[1000:11_000], wanted[1000:]))
    assert noise < sum(x**2 for x in wanted[1000:11_000]) * (0.001 if width > 1 else 0.01)


def test_without_soxr_rates_are_converted_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)
    got = samples_of(read_wav(written(tmp_path / "any.wav", sine(48_000), 1, 2, 48_000)))
    wanted = [x * 16383 for x in sine(24_000)]
    assert max(abs(a - b) for a, b in zip(got, wanted)) < 100


def chunk(name: bytes, content: bytes, size: int = -1) -> bytes:
    size = len(content) if size < 0 else size
    return name + struct.pack("<I", size) + content + b"\0" * (len(content) % 2)


def riff(*chunks: bytes) -> bytes:
    return b"RIFF\xff\xff\xff\xffWAVE" + b"".join(chunks)


PLAIN = struct.pack("<HHIIHH", 1, 1, 24_000, 48_000, 2, 16)
AUDIO = bytes(range(200))
EXTENSIBLE = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 24_000, 48_000, 2, 16, 22, 16, 4)


@pytest.mark.parametrize(
    "content",
    [
        riff(chunk(b"LIST", b"odd"), chunk(b"fmt ", PLAIN), chunk(b"data", AUDIO)),
        riff(chunk(b"fmt ", PLAIN), chunk(b"data", AUDIO, 0x7FFFF000)),  # as programs pipe it
        riff(chunk(b"fmt ", PLAIN), chunk(b"data", AUDIO + b"\1")),
        riff(chunk(b"fmt ", EXTENSIBLE + b"\1\0" + bytes(14)), chunk(b"data", AUDIO)),
    ],
    ids=["other chunks", "piped", "half a sample", "extensible"],
)
def test_odd_files_are_read(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.wav"
    path.write_bytes(content)
    assert read_wav(path) == AUDIO


FLOAT = struct.pack("<HHIIHH", 3, 1, 24_000, 96_000, 4, 32)
ZERO = struct.pack("<HHIIHH", 1, 0, 24_000, 0, 0, 16)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it has no RIFF/WAVE header"),
        (b"no audio at all" * 10, "it has no RIFF/WAVE header"),
        (b"RIFF", "it has no RIFF/WAVE header"),
        (riff(), "it has no format chunk"),
        (riff(chunk(b"fmt ", PLAIN)), "it contains no audio"),
        (riff(chunk(b"fmt ", PLAIN), chunk(b"data", b"")), "it contains no audio"),
        (riff(chunk(b"fmt ", FLOAT), chunk(b"data", AUDIO)), "its samples have the format code 3"),
        (
            riff(chunk(b"fmt ", ZERO), chunk(b"data", AUDIO)),
            "its header says 24000 Hz, 0 channels, 16-bit",
        ),
    ],
)
def test_what_is_no_pcm_is_refused_with_the_command(
    content: bytes, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(AudioFormatError) as caught:
        read_wav(path)
    assert f"{path} is not a WAV file of integer PCM: {told}; convert it" in str(caught.value)
    assert f"ffmpeg -i {path} -ac 1 -ar 24000" in str(caught.value)


def test_an_hour_is_aligned_to_the_sample(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "hour.wav")
    for number in range(3600 * 50):
        block = (number % 30_000).to_bytes(2, "little") * 480
        recorder.write(block, block)
    recorder.close()
    with wave.open(str(tmp_path / "hour.wav")) as file:
        assert file.getnframes() == 3600 * 24_000
        for second in (0, 1800, 3599):
            file.setpos(second * 24_000)
            left_and_right = memoryview(file.readframes(24_000)).cast("h")
            assert left_and_right[0::2] == left_and_right[1::2]
            assert left_and_right[0] == second * 50 % 30_000


def test_files_that_do_not_open(tmp_path: Path) -> None:
    with pytest.raises(AudioDeviceError, match=r"cannot read .*No such file"):
        read_wav(tmp_path / "missing.wav")
    with pytest.raises(AudioDeviceError, match=r"cannot write .*No such file"):
        WavWriter(tmp_path / "missing" / "out.wav")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AudioDeviceError, match=r"cannot write .*not seekable"):
        WavWriter(tmp_path / "pipe")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_ends_the_record_and_not_the_call(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder("/dev/full")
    recorder.write(bytes(960), bytes(960))
    recorder.write(bytes(960), bytes(960))
    recorder.close()
    assert caplog.text.count("recording of the call stopped: cannot write /dev/full") == 1


def test_the_record_ends_where_the_format_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert struct.pack("<L", wav.MAX_BYTES + 36) == b"\xff" * 4
    monkeypatch.setattr(wav, "MAX_BYTES", 2 * 1920 + 100)
    recorder = Recorder(tmp_path / "long.wav")
    for _ in range(4):
        recorder.write(b"\1\0" * 480, bytes(960))
    recorder.close()
    assert caplog.text.count("recording of the call stopped") == 1
    assert "4 GiB" in caplog.text
    with wave.open(str(tmp_path / "long.wav")) as file:
        assert file.getnframes() == 2 * 480


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


def test_what_is_not_a_path() -> None:
    with pytest.raises(TypeError, match="not the path of a WAV file: int"):
        read_wav(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("size", [0, 960, wav.MAX_BYTES])
def test_headers_are_those_of_the_standard_library(size: int, channels: int) -> None:
    header = wav.wav_header(size, channels)
    with wave.open(io.BytesIO(header)) as file:
        form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
        assert form == (channels, 2, 24_000)
        assert file.getnframes() == size // (2 * channels)
    assert len(header) == wav.HEADER_BYTES
    assert int.from_bytes(header[4:8], "little") == size + 36


def test_the_header_of_a_stream_has_no_length() -> None:
    header = wav.wav_header(None)
    assert header[4:8] == header[40:44] == b"\xff" * 4
    assert header[:4] + header[8:40] == wav.wav_header(0)[:4] + wav.wav_header(0)[8:40]
