"""Other formats of PCM, from and to the platform's. The only importer of `soxr`."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from vatel_rt.audio.pcm import SAMPLE_RATE, SAMPLE_WIDTH, interleave, pcm_of, samples_of

LIVE, FILES = "LQ", "HQ"
"""Qualities of soxr. The low one, good for speech, is late by 20 ms at most; better ones by 40."""
_PIECE = SAMPLE_RATE // 10


def to_16_bit(data: bytes, width: int) -> bytes:
    """Integer PCM as WAV files have it, of 1 to 4 bytes a sample, as 16-bit PCM."""
    if width == 1:  # unsigned, alone of all
        return bytes(byte for sample in data for byte in (0, sample ^ 0x80))
    if width == SAMPLE_WIDTH:
        return data
    high = bytearray(len(data) // width * SAMPLE_WIDTH)
    high[0::2], high[1::2] = data[width - 2 :: width], data[width - 1 :: width]
    return bytes(high)


def to_mono(pcm: bytes, channels: int) -> bytes:
    """16-bit PCM of several channels as their mean."""
    if channels == 1:
        return pcm
    samples = samples_of(pcm)
    sides = [samples[channel::channels] for channel in range(channels)]
    return pcm_of(array("h", [sum(frame) // channels for frame in zip(*sides)]))


def to_stereo(pcm: bytes) -> bytes:
    """Mono 16-bit PCM on both of two channels."""
    return interleave(pcm, pcm)


class Resampler:
    """Converts a stream of mono 16-bit PCM from one rate to another, with soxr.

    Raises:
        ModuleNotFoundError: soxr, of the extra `audio`, is not installed.
    """

    def __init__(self, rate: float, to_rate: float, quality: str = LIVE) -> None:
        self._numpy: Any = import_module("numpy")
        soxr: Any = import_module("soxr")
        self._stream = soxr.ResampleStream(rate, to_rate, 1, dtype="int16", quality=quality)

    def push(self, pcm: bytes, *, last: bool = False) -> bytes:
        """Convert more; what comes out is late by some milliseconds until the `last`."""
        samples = self._numpy.frombuffer(pcm, dtype=self._numpy.int16)
        return bytes(self._stream.resample_chunk(samples, last=last).tobytes())


def resampled(pcm: bytes, rate: int) -> bytes:
    """Mono 16-bit `pcm` of `rate` at 24 000 Hz: by soxr if it is there, else by straight lines."""
    if rate == SAMPLE_RATE:
        return pcm
    try:
        return Resampler(rate, SAMPLE_RATE, FILES).push(pcm, last=True)
    except ModuleNotFoundError:
        return b"".join(by_straight_lines(pcm, rate))


def by_straight_lines(pcm: bytes, rate: int) -> Iterator[bytes]:
    """Mono 16-bit `pcm` of `rate` at 24 000 Hz, in pieces of 100 ms.

    Good enough for speech: highs become a little weaker.
    """
    samples = samples_of(pcm[: len(pcm) // SAMPLE_WIDTH * SAMPLE_WIDTH])
    samples.append(0)
    count = (len(samples) - 1) * SAMPLE_RATE // rate
    for start in range(0, count, _PIECE):
        piece = array("h")
        for index in range(start, min(start + _PIECE, count)):
            whole, part = divmod(index * rate, SAMPLE_RATE)
            here = samples[whole]
            piece.append(here + (samples[whole + 1] - here) * part // SAMPLE_RATE)
        yield pcm_of(piece)
