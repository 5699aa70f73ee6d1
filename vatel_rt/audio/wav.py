"""Read and write WAV files, and record calls as WAV files."""

from __future__ import annotations

import logging
import os
import shlex
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike, fspath
from typing import BinaryIO, Optional

from vatel_rt.audio.pcm import SAMPLE_RATE, SAMPLE_WIDTH, interleave, is_wav
from vatel_rt.audio.resampling import resample, to_16_bit, to_mono
from vatel_rt.errors import AudioDeviceError, AudioFormatError
from vatel_rt.validation import Path

log = logging.getLogger("vatel.audio")

STANDARD = "-"
"""Instead of a path: standard input or output."""
_PCM, _EXTENSIBLE = 1, 0xFFFE
_FORMAT = struct.Struct("<HHIIHH")
_HEADER = struct.Struct("<4sI4s4sI16s4sI")
HEADER_BYTES = _HEADER.size
_UNKNOWN = 0xFFFFFFFF
"""The length in the header of a stream."""
MAX_BYTES = _UNKNOWN - (HEADER_BYTES - 8)
"""Maximum bytes of audio in a WAV file, whose length field has 32 bits."""
_MAX_WIDTH = 4


def wav_header(size: Optional[int], channels: int = 1) -> bytes:
    """Return the header of a WAV file of 16-bit PCM at 24 000 Hz, `HEADER_BYTES` long.

    Args:
        size: bytes of audio that follow, at most `MAX_BYTES`; None for a stream of unknown length.
        channels: number of channels.
    """
    if size is None:
        file_size = size = _UNKNOWN
    else:
        file_size = size + HEADER_BYTES - 8
    frame = channels * SAMPLE_WIDTH
    shape = _FORMAT.pack(_PCM, channels, SAMPLE_RATE, SAMPLE_RATE * frame, frame, 8 * SAMPLE_WIDTH)
    return _HEADER.pack(b"RIFF", file_size, b"WAVE", b"fmt ", _FORMAT.size, shape, b"data", size)


def read_wav(path: Path) -> bytes:
    """Return the audio of a WAV file, or of standard input (`-`), as 16-bit mono PCM of 24 000 Hz.

    Accepts integer samples of 8 to 32 bits at any rate; several channels are averaged. The
    conversion of other rates sounds better if soxr is installed.

    Raises:
        AudioFormatError: the file is not a WAV file of integer PCM; the text contains a command
            that converts it.
        AudioDeviceError: the file cannot be read.
        TypeError: `path` is not a path.
    """
    if not isinstance(path, (str, PathLike)):
        raise TypeError(
            f"not the path of a WAV file: {type(path).__name__}; pass PCM audio as bytes"
        )
    name = fspath(path)
    try:
        return _decode(_read(name))
    except OSError as error:
        raise AudioDeviceError(f"cannot read {name}: {error.strerror}") from error
    except _NotPcm as reason:
        command = f"ffmpeg -i {shlex.quote(name)} -ac 1 -ar {SAMPLE_RATE} -c:a pcm_s16le out.wav"
        raise AudioFormatError(
            f"{name} is not a WAV file of integer PCM: {reason}; convert it: {command}"
        ) from None


class _NotPcm(Exception):  # noqa: N818  (never leaves this module)
    pass


def _read(name: str) -> bytes:
    if name == STANDARD:
        return sys.stdin.buffer.read()
    with open(name, "rb") as file:
        return file.read()


def _decode(content: bytes) -> bytes:
    chunks = _chunks(content)
    if len(chunks.get(b"fmt ", b"")) < _FORMAT.size:
        raise _NotPcm("it has no format chunk")
    code, channels, rate, _, frame, bits = _FORMAT.unpack_from(chunks[b"fmt "])
    if code == _EXTENSIBLE:  # the code is the beginning of a longer identifier
        code = int.from_bytes(chunks[b"fmt "][24:26], "little")
    width = (bits + 7) // 8
    if code != _PCM:
        raise _NotPcm(f"its samples have the format code {code}")
    if not (rate and channels and 1 <= width <= _MAX_WIDTH and frame == channels * width):
        raise _NotPcm(f"its header says {rate} Hz, {channels} channels, {bits}-bit")
    data = chunks.get(b"data", b"")
    if len(data) < frame:
        raise _NotPcm("it contains no audio")
    whole = data[: len(data) // frame * frame]
    return resample(to_mono(to_16_bit(whole, width), channels), rate)


def _chunks(content: bytes) -> dict[bytes, bytes]:
    if not is_wav(content):
        raise _NotPcm("it has no RIFF/WAVE header")
    found: dict[bytes, bytes] = {}
    position = 12
    while position + 8 <= len(content) and b"data" not in found:
        name, size = struct.unpack_from("<4sI", content, position)
        # A file that was written to a pipe declares a false size: slicing takes what exists.
        found[name] = content[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    return found


class WavWriter:
    """Writes a WAV file of 16-bit PCM at 24 000 Hz, readable even if the program is killed.

    An existing file keeps its content until the first `write`. `-` is standard output, whose
    reader must keep up: a full pipe blocks the whole program.

    Raises:
        AudioDeviceError: the file cannot be opened (or, in `write` and `close`, written).
    """

    def __init__(self, path: Path, channels: int = 1) -> None:
        self._name = fspath(path)
        self._is_stream = self._name == STANDARD
        self._channels = channels
        self._size: Optional[int] = None
        with self._errors():
            self._file = self._open()

    def write(self, pcm: bytes) -> None:
        """Append `pcm`. Does nothing after `close`."""
        if self._file.closed:
            return
        with self._errors():
            if self._size is None:
                self._begin()
            self._append(pcm)
            self._file.flush()

    def close(self) -> None:
        """Close the file. May be called repeatedly."""
        with self._errors():
            self._file.close()

    def _open(self) -> BinaryIO:
        if self._is_stream:
            return os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(self._name, flags, 0o666), "r+b")

    def _begin(self) -> None:
        self._size = 0
        if not self._is_stream:
            self._file.truncate()
        self._file.write(wav_header(None if self._is_stream else 0, self._channels))

    def _append(self, pcm: bytes) -> None:
        size = (self._size or 0) + len(pcm)
        if self._is_stream:
            self._file.write(pcm)
        elif size > MAX_BYTES:
            raise AudioDeviceError(f"cannot write {self._name}: a WAV file holds at most 4 GiB")
        else:
            self._file.write(pcm)
            self._file.seek(0)
            self._file.write(wav_header(size, self._channels))
            self._file.seek(0, os.SEEK_END)
        self._size = size

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or error  # an error of the io module has no strerror
            raise AudioDeviceError(f"cannot write {self._name}: {reason}") from error


class Recorder:
    """Records a call as a stereo WAV file: caller on the left, agent as played on the right.

    If the file cannot be written any more, that is logged, and the call goes on unrecorded.
    """

    def __init__(self, path: Path) -> None:
        self._writer: Optional[WavWriter] = WavWriter(path, channels=2)

    def write(self, captured: bytes, played: bytes) -> None:
        """Append the audio captured and the audio played in the same time."""
        try:
            if self._writer is not None:
                self._writer.write(interleave(captured, played))
        except AudioDeviceError as error:
            log.error("recording of the call stopped: %s", error)
            self.close()

    def close(self) -> None:
        """Close the file. May be called repeatedly."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(AudioDeviceError):  # logged when it was written
                writer.close()
