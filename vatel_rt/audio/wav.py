"""Read and write WAV files, and record calls as WAV files."""

from __future__ import annotations

import logging
import os
import pathlib
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
from vatel_rt.files import PRIVATE
from vatel_rt.validation import Path

log = logging.getLogger("vatel.audio")

STANDARD = "-"  # instead of a path: standard input or output
_PCM, _EXTENSIBLE = 1, 0xFFFE
_FORMAT, _HEADER = struct.Struct("<HHIIHH"), struct.Struct("<4sI4s4sI16s4sI")
HEADER_BYTES = _HEADER.size
_UNKNOWN = 0xFFFFFFFF
MAX_BYTES = _UNKNOWN - (HEADER_BYTES - 8)  # of audio in a file, whose length field has 32 bits


def wav_header(size: Optional[int], channels: int = 1) -> bytes:
    """Return the header of a file with `size` bytes (at most `MAX_BYTES`; None: unknown) of PCM."""
    size, length = (_UNKNOWN,) * 2 if size is None else (size, size + HEADER_BYTES - 8)
    frame = channels * SAMPLE_WIDTH
    shape = _FORMAT.pack(_PCM, channels, SAMPLE_RATE, SAMPLE_RATE * frame, frame, 8 * SAMPLE_WIDTH)
    return _HEADER.pack(b"RIFF", length, b"WAVE", b"fmt ", _FORMAT.size, shape, b"data", size)


def read_wav(path: Path) -> bytes:
    """Return the audio of a WAV file, or of standard input (`-`), as 16-bit mono PCM of 24 000 Hz.

    Accepts integer samples of 8 to 32 bits at any rate (better with soxr); averages channels.

    Raises:
        AudioFormatError: the file is not a WAV file of integer PCM.
        AudioDeviceError: the file cannot be read.
        TypeError: `path` is not a path.
    """
    if not isinstance(path, (str, PathLike)):
        raise TypeError(
            f"not the path of a WAV file: {type(path).__name__}; pass PCM audio as bytes"
        )
    name = fspath(path)
    try:
        is_stream = name == STANDARD
        return _decode(sys.stdin.buffer.read() if is_stream else pathlib.Path(name).read_bytes())
    except OSError as error:
        raise AudioDeviceError(f"cannot read {name}: {error.strerror}") from error
    except AudioFormatError as reason:
        text = f"{name} is not a WAV file of integer PCM: {reason}; convert it: ffmpeg -i "
        text += f"{shlex.quote(name)} -ac 1 -ar {SAMPLE_RATE} -c:a pcm_s16le out.wav"
        raise AudioFormatError(text) from None


def _decode(content: bytes) -> bytes:
    """Return the audio of a WAV file; the text of an `AudioFormatError` is only the reason."""
    if not is_wav(content):
        raise AudioFormatError("it has no RIFF/WAVE header")
    chunks: dict[bytes, bytes] = {}
    position = 12
    while position + 8 <= len(content) and b"data" not in chunks:
        name, size = struct.unpack_from("<4sI", content, position)
        # A file written to a pipe declares a wrong size; slicing stops at the end of the data.
        chunks[name] = content[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    form, data = chunks.get(b"fmt ", b""), chunks.get(b"data", b"")
    if len(form) < _FORMAT.size:
        raise AudioFormatError("it has no format chunk")
    code, channels, rate, _, frame, bits = _FORMAT.unpack_from(form)
    if code == _EXTENSIBLE:  # the code is the beginning of a longer identifier
        code = int.from_bytes(form[24:26], "little")
    if code != _PCM:
        raise AudioFormatError(f"its samples have the format code {code}")
    width = (bits + 7) // 8
    if not (rate and channels and width in range(1, 5) and frame == channels * width):
        raise AudioFormatError(f"its header says {rate} Hz, {channels} channels, {bits}-bit")
    if len(data) < frame:
        raise AudioFormatError("it contains no audio")
    whole = data[: len(data) // frame * frame]
    return resample(to_mono(to_16_bit(whole, width), channels), rate)


class WavWriter:
    """Writes a WAV file of 16-bit PCM at 24 000 Hz, readable even if the program is killed.

    An existing file keeps its content until the first `write`. A full pipe as standard output
    (`-`) blocks the program. All methods raise `AudioDeviceError` if the file is not writable.
    """

    def __init__(self, path: Path, channels: int = 1) -> None:
        self._name, self._channels = fspath(path), channels
        self._is_stream = self._name == STANDARD
        self._size: Optional[int] = None
        self._file: BinaryIO
        with self._errors():
            if self._is_stream:
                self._file = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
            else:
                flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
                self._file = os.fdopen(os.open(self._name, flags, PRIVATE), "r+b")

    def write(self, pcm: bytes) -> None:
        """Append `pcm`. Does nothing after `close`."""
        if self._file.closed:
            return
        size = (self._size or 0) + len(pcm)
        if size > MAX_BYTES and not self._is_stream:
            raise AudioDeviceError(f"cannot write {self._name}: a WAV file holds at most 4 GiB")
        with self._errors():
            if self._size is None:
                if not self._is_stream:
                    self._file.truncate()
                self._file.write(wav_header(None if self._is_stream else 0, self._channels))
            self._file.write(pcm)
            if not self._is_stream:
                self._file.seek(0)
                self._file.write(wav_header(size, self._channels))
                self._file.seek(0, os.SEEK_END)
            self._file.flush()
        self._size = size

    def close(self) -> None:
        """Close the file. May be called repeatedly."""
        with self._errors():
            self._file.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or error  # an error of the io module has no strerror
            raise AudioDeviceError(f"cannot write {self._name}: {reason}") from error


class Recorder:
    """Records a call in stereo: caller left, agent right; logs an error if that fails, once."""

    def __init__(self, path: Path) -> None:
        self._writer = WavWriter(path, channels=2)

    def write(self, captured: bytes, played: bytes) -> None:
        """Append the audio captured and the audio played in the same time."""
        try:
            self._writer.write(interleave(captured, played))
        except AudioDeviceError as error:
            log.error("recording of the call stopped: %s", error)
            self.close()

    def close(self) -> None:
        """Close the file. May be called repeatedly."""
        with suppress(AudioDeviceError):  # logged when it was written
            self._writer.close()
