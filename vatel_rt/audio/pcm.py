"""The platform's audio format, and arithmetic on it.

PCM, signed 16-bit little-endian, 24 000 Hz, mono (source: the voice session in
`openapi/vatel.yaml`). Audio is passed around as `bytes` of whole samples.
"""

from __future__ import annotations

import sys
from array import array

from vatel_rt.errors import AudioFormatError
from vatel_rt.validation import check_types

SAMPLE_RATE = 24_000
"""Frames per second."""
SAMPLE_WIDTH = 2
"""Bytes of one mono sample."""
BLOCK_MS = 20
"""Length of the blocks that microphones deliver and the SDK sends."""
BLOCK_FRAMES = SAMPLE_RATE * BLOCK_MS // 1000
BLOCK_BYTES = BLOCK_FRAMES * SAMPLE_WIDTH


def bytes_of(ms: float) -> int:
    """Bytes that hold `ms` milliseconds, in whole samples."""
    return int(SAMPLE_RATE * ms / 1000) * SAMPLE_WIDTH


def duration_ms(size: int) -> float:
    """Milliseconds that `size` bytes last."""
    return size / SAMPLE_WIDTH * 1000 / SAMPLE_RATE


def silence(ms: float) -> bytes:
    """`ms` milliseconds of silence."""
    return bytes(bytes_of(ms))


def samples_of(pcm: bytes) -> array[int]:
    """The samples of `pcm` (whole samples) as numbers in -32768..32767."""
    samples = array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def pcm_of(samples: array[int]) -> bytes:
    """The inverse of `samples_of`."""
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples.tobytes()


def interleave(left: bytes, right: bytes) -> bytes:
    """Two mono signals as one stereo signal; the shorter is filled with silence."""
    size = max(len(left), len(right))
    stereo = array("h", bytes(2 * size))
    stereo[0::2] = array("h", left.ljust(size, b"\0"))
    stereo[1::2] = array("h", right.ljust(size, b"\0"))
    return stereo.tobytes()


def check_samples(pcm: bytes) -> None:
    """Refuse bytes that end within a sample.

    Raises:
        AudioFormatError: they do.
        TypeError: it is not bytes.
    """
    check_types(bytes, bytearray, memoryview, pcm=pcm)
    size = memoryview(pcm).nbytes
    if size % SAMPLE_WIDTH:
        raise AudioFormatError(f"{size} bytes are not whole 16-bit samples")


def check_speech(pcm: bytes) -> None:
    """Refuse, beside what `check_samples` does, a WAV file: of another rate, it would be noise.

    Raises:
        AudioFormatError: it is one, or ends within a sample.
        TypeError: it is not bytes.
    """
    check_types(bytes, bytearray, memoryview, pcm=pcm)
    if pcm[:4] == b"RIFF" and pcm[8:12] == b"WAVE":
        raise AudioFormatError("these bytes are a WAV file, not samples: WavDevice(path) reads one")
    check_samples(pcm)
