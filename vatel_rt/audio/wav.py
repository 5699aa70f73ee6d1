"""WAV files: as microphone and speaker of a call, and as the record of both sides."""

from __future__ import annotations

import logging
import os
import shlex
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike, fspath
from typing import Optional, Union

from vatel_rt.audio.device import SilentDevice
from vatel_rt.audio.pcm import BLOCK_BYTES, SAMPLE_RATE, SAMPLE_WIDTH, interleave
from vatel_rt.errors import AudioDeviceError, AudioFormatError

log = logging.getLogger("vatel.audio")

Path = Union[str, "PathLike[str]"]


def read_wav(path: Path) -> bytes:
    """The audio of a WAV file: PCM, signed 16-bit, 24 000 Hz, mono.

    Raises:
        AudioFormatError: the file is no WAV, or in another format; the text has the command
            that converts it.
        AudioDeviceError: the file cannot be read.
    """
    name = fspath(path)
    pcm = b""
    try:
        with wave.open(name, "rb") as file:
            wrong = _wrong(file)
            pcm = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        wrong = f"it is not PCM: {error}" if str(error) else "it has no audio"
    except OSError as error:
        raise AudioDeviceError(f"cannot read {name}: {error.strerror}") from error
    if wrong:
        command = f"ffmpeg -i {shlex.quote(name)} -ac 1 -ar {SAMPLE_RATE} -c:a pcm_s16le out.wav"
        raise AudioFormatError(
            f"{name} is not a WAV file of 24000 Hz, mono, 16-bit: {wrong}; convert it: {command}"
        )
    return pcm


def _wrong(file: wave.Wave_read) -> str:
    found = {
        f"{file.getframerate()} Hz": file.getframerate() == SAMPLE_RATE,
        f"{file.getnchannels()} channels": file.getnchannels() == 1,
        f"{8 * file.getsampwidth()}-bit": file.getsampwidth() == SAMPLE_WIDTH,
    }
    wrong = ", ".join(fact for fact, right in found.items() if not right)
    return wrong and f"it has {wrong}"


class WavWriter:
    """Writes a 16-bit, 24 000 Hz WAV file; what is written survives a kill of the program.

    A file that is there keeps what it has until something is written.

    Raises:
        AudioDeviceError: (also when writing) the file cannot be written.
    """

    def __init__(self, path: Path, channels: int = 1) -> None:
        self._name = fspath(path)
        self._channels = channels
        self._wave: Optional[wave.Wave_write] = None
        with self._errors():
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._file = os.fdopen(os.open(path, flags, 0o666), "r+b")

    def write(self, pcm: bytes) -> None:
        """Append `pcm`; does nothing after `close`."""
        if self._file.closed:
            return
        with self._errors():
            # writeframes, not writeframesraw: it keeps the header true after each block
            (self._wave or self._begin()).writeframes(pcm)
            self._file.flush()

    def close(self) -> None:
        """Close the file; may be called twice."""
        with self._errors(), self._file:
            if self._wave is not None:
                self._wave.close()

    def _begin(self) -> wave.Wave_write:
        self._file.truncate()
        self._wave = wave.open(self._file, "wb")  # noqa: SIM115
        self._wave.setnchannels(self._channels)
        self._wave.setsampwidth(SAMPLE_WIDTH)
        self._wave.setframerate(SAMPLE_RATE)
        return self._wave

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise AudioDeviceError(f"cannot write {self._name}: {error.strerror}") from error


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
        input: WAV file to speak, or PCM bytes; silence where not given.
        output: WAV file for what is played; not kept where not given.

    Raises:
        AudioFormatError: `input` is not 16-bit, 24 000 Hz, mono.
        AudioDeviceError: a file does not open.
    """

    def __init__(
        self,
        input: Optional[Union[Path, bytes]] = None,  # noqa: A002
        output: Optional[Path] = None,
    ) -> None:
        super().__init__()
        self._output = output
        self._position = 0
        self._writer: Optional[WavWriter] = None
        self._speech = input if isinstance(input, bytes) else read_wav(input) if input else b""

    def _open(self) -> None:
        self._position = 0
        if self._output is not None:
            self._writer = WavWriter(self._output)

    def _shut(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _capture(self) -> bytes:
        block = self._speech[self._position : self._position + BLOCK_BYTES]
        self._position += len(block)
        return block.ljust(BLOCK_BYTES, b"\0")

    def _emit(self, block: bytes) -> None:
        if self._writer is not None:
            self._writer.write(block)
