"""Convert PCM of other formats to and from the platform's. The only module that imports `soxr`."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

from vatel_rt.audio.pcm import SAMPLE_RATE, SAMPLE_WIDTH, pcm_of, samples_of

LIVE, FILES = "LQ", "HQ"  # LQ is good enough for speech and delays it by at most 20 ms, HQ by 40 ms
_PIECE = SAMPLE_RATE // 10


def to_16_bit(data: bytes, width: int) -> bytes:
    """Return integer PCM of a WAV file, of 1 to 4 bytes per sample, as 16-bit PCM."""
    if width == 1:  # the only width that is unsigned
        return bytes(byte for sample in data for byte in (0, sample ^ 0x80))
    high = bytearray(len(data) // width * SAMPLE_WIDTH)
    high[0::2], high[1::2] = data[width - 2 :: width], data[width - 1 :: width]
    return bytes(high)


def to_mono(pcm: bytes, channels: int) -> bytes:
    """Return the mean of the channels of 16-bit PCM."""
    if channels == 1:
        return pcm
    samples = samples_of(pcm)
    sides = [samples[channel::channels] for channel in range(channels)]
    return pcm_of(array("h", [sum(frame) // channels for frame in zip(*sides)]))


class Resampler:
    """Converts mono 16-bit PCM to another rate; `ModuleNotFoundError` if soxr is missing."""

    def __init__(self, rate: float, to_rate: float, quality: str = LIVE) -> None:
        import numpy
        import soxr  # type: ignore[import-untyped]

        self._numpy: Any = numpy
        self._stream = soxr.ResampleStream(rate, to_rate, 1, dtype="int16", quality=quality)

    def push(self, pcm: bytes, *, last: bool = False) -> bytes:
        """Convert more of the stream; output lags some milliseconds behind until the `last`."""
        samples = self._numpy.frombuffer(pcm, dtype=self._numpy.int16)
        return bytes(self._stream.resample_chunk(samples, last=last).tobytes())


def resample(pcm: bytes, rate: int) -> bytes:
    """Return mono 16-bit `pcm` of `rate` at 24 000 Hz, interpolated if soxr is not installed."""
    if rate == SAMPLE_RATE:
        return pcm
    try:
        return Resampler(rate, SAMPLE_RATE, FILES).push(pcm, last=True)
    except ModuleNotFoundError:
        return b"".join(interpolate(pcm, rate))


def interpolate(pcm: bytes, rate: int) -> Iterator[bytes]:
    """Yield mono 16-bit `pcm` of `rate` at 24 000 Hz, linearly interpolated, in 100 ms pieces."""
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
