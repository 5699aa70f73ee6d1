from __future__ import annotations

from array import array

import pytest

from vatel_rt.audio import pcm
from vatel_rt.errors import AudioFormatError


def test_lengths() -> None:
    assert (pcm.BLOCK_FRAMES, pcm.BLOCK_BYTES) == (480, 960)
    assert pcm.bytes_of(20) == 960
    assert pcm.bytes_of(0.03) == 0
    assert pcm.duration_ms(960) == 20
    assert pcm.silence(10) == bytes(480)


def test_samples_are_little_endian() -> None:
    samples = pcm.samples_of(b"\x01\x00\xff\xff\x00\x80")
    assert list(samples) == [1, -1, -32768]
    assert pcm.pcm_of(samples) == b"\x01\x00\xff\xff\x00\x80"


def test_samples_on_a_big_endian_machine(monkeypatch) -> None:
    monkeypatch.setattr(pcm.sys, "byteorder", "big" if pcm.sys.byteorder == "little" else "little")
    samples = pcm.samples_of(b"\x01\x00")
    assert samples == array("h", [256])
    assert pcm.pcm_of(samples) == b"\x01\x00"
    assert samples == array("h", [256])


def test_interleave_fills_the_shorter_side() -> None:
    assert pcm.interleave(b"\1\0\2\0", b"\3\0") == b"\1\0\3\0\2\0\0\0"
    assert pcm.interleave(b"", b"\3\0") == b"\0\0\3\0"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_whole_samples_of_any_kind_of_bytes(kind) -> None:
    pcm.check_samples(kind(b""))
    pcm.check_speech(kind(bytes(960)))
    with pytest.raises(AudioFormatError, match="3 bytes are not whole 16-bit samples"):
        pcm.check_samples(kind(b"abc"))


def test_items_of_two_bytes_are_counted_in_bytes() -> None:
    pcm.check_samples(memoryview(bytes(6)).cast("h"))


def test_what_is_not_bytes_is_refused() -> None:
    for check in (pcm.check_samples, pcm.check_speech):
        with pytest.raises(TypeError, match="not str"):
            check("abcd")


def test_a_wav_file_is_not_speech() -> None:
    with pytest.raises(AudioFormatError, match="a WAV file, not samples"):
        pcm.check_speech(b"RIFF\0\0\0\0WAVEfmt ")
    pcm.check_samples(b"RIFF\0\0\0\0WAVEfmt ")
