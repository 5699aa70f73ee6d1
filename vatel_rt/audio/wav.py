"""WAV files: as microphone and speaker of a call, and as the record of both sides."""

from __future__ import annotations

import logging
import os
import struct
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import fspath
from typing import BinaryIO, Optional, Union

from vatel_rt.audio.device import SilentDevice
from vatel_rt.audio.pcm import (
    BLOCK_BYTES,
    SAMPLE_RATE,
    SAMPLE_WIDTH,
    check_speech,
    interleave,
    silence,
)
from vatel_rt.audio.wav_reader import STANDARD, Path, read_wav
from vatel_rt.errors import AudioDeviceError

__all__ = ["Path", "Recorder", "WavDevice", "WavWriter", "read_wav"]

log = logging.getLogger("vatel.audio")

_UNKNOWN = 0xFFFFFFFF
"""The length of a file that is written to a pipe."""
_LARGEST = _UNKNOWN - 36
"""Bytes of sound in a file: its length and that of what is around it are 32 bits."""


class WavWriter:
    """Writes a 16-bit, 24 000 Hz WAV file; what is written survives a kill of the program.

    A file that is there keeps what it has until something is written. `-` is standard output,
    whose reader has to keep up: a full pipe holds up the whole program.

    Raises:
        AudioDeviceError: (also when writing) the file cannot be written.
    """

    def __init__(self, path: Path, channels: int = 1) -> None:
        self._name = fspath(path)
        self._channels = channels
        self._wave: Optional[wave.Wave_write] = None
        self._has_begun = False
        with self._errors():
            self._file = self._opened()

    def write(self, pcm: bytes) -> None:
        """Append `pcm`; does nothing after `close`."""
        if self._file.closed:
            return
        with self._errors():
            if not self._has_begun:
                self._begin()
            if self._wave is None:
                self._file.write(pcm)
            else:
                written = self._wave.tell() * self._channels * SAMPLE_WIDTH
                if written + len(pcm) > _LARGEST:
                    raise AudioDeviceError(f"cannot write {self._name}: WAV files end at 4 GiB")
                # writeframes, not writeframesraw: it keeps the header true after each block
                self._wave.writeframes(pcm)
            self._file.flush()

    def close(self) -> None:
        """Close the file; may be called twice."""
        with self._errors(), self._file:
            if self._wave is not None:
                self._wave.close()

    def _opened(self) -> BinaryIO:
        if self._name == STANDARD:
            return os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(self._name, flags, 0o666), "r+b")

    def _begin(self) -> None:
        self._has_begun = True
        if self._name == STANDARD:
            self._file.write(_endless_header(self._channels))
            return
        self._file.truncate()
        self._wave = wave.open(self._file, "wb")  # noqa: SIM115
        self._wave.setnchannels(self._channels)
        self._wave.setsampwidth(SAMPLE_WIDTH)
        self._wave.setframerate(SAMPLE_RATE)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = error.strerror or error  # that of Python itself, for a pipe, has no number
            raise AudioDeviceError(f"cannot write {self._name}: {why}") from error


class Recorder:
    """Records a call as a stereo WAV file: caller left, agent right as it was played.

    A call goes on where its record cannot: that is logged, and the record ends.
    """

    def __init__(self, path: Path) -> None:
        self._writer: Optional[WavWriter] = WavWriter(path, channels=2)

    def write(self, captured: bytes, played: bytes) -> None:
        """Append what was captured and what was played in the same time."""
        try:
            if self._writer is not None:
                self._writer.write(interleave(captured, played))
        except AudioDeviceError as error:
            log.error("the record of the call ends here: %s", error)
            self.close()

    def close(self) -> None:
        """Close the file; may be called twice."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(AudioDeviceError):  # told when it was written
                writer.close()


class WavDevice(SilentDevice):
    """A file as microphone, in real time and then silence, and a file as speaker.

    Args:
        input: WAV file to speak (`-`: standard input, read to its end), or PCM bytes; silence
            where not given.
        output: WAV file for what is played (`-`: standard output); not kept where not given.
        before_ms: silence before the speech.
        after_ms: silence after it, before it is repeated.
        loop: whether it is repeated, instead of silence.
        speed: times real time, against a simulator.

    Raises:
        AudioFormatError: `input` is no integer PCM or ends within a sample, or is the bytes of
            a WAV file.
        AudioDeviceError: a file does not open.
    """

    def __init__(
        self,
        input: Optional[Union[Path, bytes]] = None,  # noqa: A002
        output: Optional[Path] = None,
        *,
        before_ms: float = 0,
        after_ms: float = 0,
        loop: bool = False,
        speed: float = 1,
    ) -> None:
        super().__init__(speed=speed)
        self._output = output
        self._position = 0
        self._loop = loop
        self._writer: Optional[WavWriter] = None
        speech = input if isinstance(input, bytes) else read_wav(input) if input else b""
        check_speech(speech)
        self._speech = silence(before_ms) + speech + silence(after_ms)

    def _open(self) -> None:
        self._position = 0
        if self._output is not None:
            self._writer = WavWriter(self._output)

    def _shut(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _capture(self) -> bytes:
        block = b""
        while len(block) < BLOCK_BYTES:
            if self._loop and self._position >= len(self._speech):
                self._position = 0
            part = self._speech[self._position : self._position + BLOCK_BYTES - len(block)]
            if not part:
                break
            self._position += len(part)
            block += part
        return block.ljust(BLOCK_BYTES, b"\0")

    def _emit(self, block: bytes) -> None:
        if self._writer is not None:
            self._writer.write(block)


def _endless_header(channels: int) -> bytes:
    frame = channels * SAMPLE_WIDTH
    form = struct.pack("<HHIIHH", 1, channels, SAMPLE_RATE, SAMPLE_RATE * frame, frame, 16)
    sizes = struct.pack("<I", _UNKNOWN)
    return b"RIFF" + sizes + b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + sizes
