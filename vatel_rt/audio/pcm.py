"""The platform's audio format, and arithmetic on it.

PCM, signed 16-bit little-endian, 24 000 Hz, mono (source: `openapi/vatel.yaml`), as `bytes`.
"""

from __future__ import annotations

import sys
from array import array

from vatel_rt.errors import AudioFormatError
from vatel_rt.validation import check_types

SAMPLE_RATE, SAMPLE_WIDTH = 24_000, 2  # frames per second, and bytes per mono sample
BLOCK_MS = 20  # length of the blocks that microphones deliver and the SDK sends
BLOCK_FRAMES = SAMPLE_RATE * BLOCK_MS // 1000
BLOCK_BYTES = BLOCK_FRAMES * SAMPLE_WIDTH


def check_samples(pcm: bytes) -> None:
    """Raise `AudioFormatError` if `pcm` does not hold whole samples, `TypeError` if not bytes."""
    check_types(bytes, bytearray, memoryview, pcm=pcm)
    size = memoryview(pcm).nbytes
    if size % SAMPLE_WIDTH:
        raise AudioFormatError(f"{size} bytes are not whole 16-bit samples")


def check_speech(pcm: bytes) -> None:
    """Check as `check_samples` does, and raise `AudioFormatError` for the bytes of a WAV file."""
    check_types(bytes, bytearray, memoryview, pcm=pcm)
    if is_wav(pcm):
        raise AudioFormatError("these bytes are a WAV file, not samples: use WavDevice(path)")
    check_samples(pcm)


def is_wav(content: bytes) -> bool:
    """Return whether `content` begins as a WAV file does."""
    return content[:4] == b"RIFF" and content[8:12] == b"WAVE"


def bytes_of(ms: float) -> int:
    """Return how many bytes `ms` milliseconds are, rounded down to whole samples."""
    return int(SAMPLE_RATE * ms / 1000) * SAMPLE_WIDTH


def duration_ms(size: int) -> float:
    """Return how many milliseconds `size` bytes last."""
    return size / SAMPLE_WIDTH * 1000 / SAMPLE_RATE


def silence(ms: float) -> bytes:
    """Return `ms` milliseconds of silence."""
    return bytes(bytes_of(ms))


def samples_of(pcm: bytes) -> array[int]:
    """Return the samples of `pcm` as numbers from -32768 to 32767."""
    samples = array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def pcm_of(samples: array[int]) -> bytes:
    """Return samples as PCM; the inverse of `samples_of`."""
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples.tobytes()


def interleave(left: bytes, right: bytes) -> bytes:
    """Return two mono signals as one stereo signal; the shorter one is padded with silence."""
    size = max(len(left), len(right))
    stereo = array("h", bytes(2 * size))
    stereo[0::2] = array("h", left.ljust(size, b"\0"))
    stereo[1::2] = array("h", right.ljust(size, b"\0"))
    return stereo.tobytes()
