"""Reading WAV files: any integer PCM, as the platform's format."""

from __future__ import annotations

import shlex
import struct
import sys
from os import PathLike, fspath
from typing import Union

from vatel_rt.audio.pcm import SAMPLE_RATE
from vatel_rt.audio.resampling import resampled, to_16_bit, to_mono
from vatel_rt.errors import AudioDeviceError, AudioFormatError

Path = Union[str, "PathLike[str]"]

STANDARD = "-"
"""Instead of a path: standard input or output."""
_PCM, _EXTENSIBLE = 1, 0xFFFE
_FORMAT = struct.Struct("<HHIIHH")
_WIDEST = 4


def read_wav(path: Path) -> bytes:
    """The audio of a WAV file, or of standard input (`-`), as 16-bit mono PCM of 24 000 Hz.

    Integer samples of 8 to 32 bits, any rate, any number of channels, of which the mean is
    taken. What is converted to another rate sounds better where soxr is installed.

    Raises:
        AudioFormatError: it is no WAV file, or not of integer samples; the text has a command
            that converts it.
        AudioDeviceError: the file cannot be read.
    """
    if not isinstance(path, (str, PathLike)):
        raise TypeError(f"not a path of a WAV file: {type(path).__name__}; PCM audio is bytes")
    name = fspath(path)
    try:
        return _decoded(_content(name))
    except OSError as error:
        raise AudioDeviceError(f"cannot read {name}: {error.strerror}") from error
    except _NotPcm as wrong:
        command = f"ffmpeg -i {shlex.quote(name)} -ac 1 -ar {SAMPLE_RATE} -c:a pcm_s16le out.wav"
        raise AudioFormatError(
            f"{name} is not a WAV file of integer PCM: {wrong}; convert it: {command}"
        ) from None


class _NotPcm(Exception):  # noqa: N818  (never leaves this module)
    pass


def _content(name: str) -> bytes:
    if name == STANDARD:
        return sys.stdin.buffer.read()
    with open(name, "rb") as file:
        return file.read()


def _decoded(content: bytes) -> bytes:
    kinds = _chunks(content)
    if len(kinds.get(b"fmt ", b"")) < _FORMAT.size:
        raise _NotPcm("it has no format")
    kind, channels, rate, _, frame, bits = _FORMAT.unpack_from(kinds[b"fmt "])
    if kind == _EXTENSIBLE:  # the kind proper stands at the begin of a longer identifier
        kind = int.from_bytes(kinds[b"fmt "][24:26], "little")
    width = (bits + 7) // 8
    if kind != _PCM:
        raise _NotPcm(f"its samples are of kind {kind}")
    if not (rate and channels and 1 <= width <= _WIDEST and frame == channels * width):
        raise _NotPcm(f"it has {rate} Hz, {channels} channels, {bits}-bit")
    data = kinds.get(b"data", b"")
    if len(data) < frame:
        raise _NotPcm("it has no audio")
    whole = data[: len(data) // frame * frame]
    return resampled(to_mono(to_16_bit(whole, width), channels), rate)


def _chunks(content: bytes) -> dict[bytes, bytes]:
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise _NotPcm("it does not begin as one")
    found: dict[bytes, bytes] = {}
    position = 12
    while position + 8 <= len(content) and b"data" not in found:
        kind, size = struct.unpack_from("<4sI", content, position)
        # of a file that was written to a pipe the size is not true, and the rest is what counts
        found[kind] = content[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    return found
