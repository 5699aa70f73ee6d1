"""WAV files: as microphone and speaker of a call, and as the record of both sides."""

from __future__ import annotations

import wave
from os import PathLike, fspath
from typing import Optional, Union

from vatel_rt.audio.device import SilentDevice
from vatel_rt.audio.pcm import BLOCK_BYTES, SAMPLE_RATE, SAMPLE_WIDTH, interleave
from vatel_rt.errors import AudioDeviceError, AudioFormatError

Path = Union[str, "PathLike[str]"]


def read_wav(path: Path) -> bytes:
    """The audio of a WAV file: PCM, signed 16-bit, 24 000 Hz, mono.

    Raises:
        AudioFormatError: the file is no WAV, or in another format; the text has the command
            that converts it.
        AudioDeviceError: the file cannot be read.
    """
    name = fspath(path)
    try:
        with wave.open(name, "rb") as file:
            found = file.getnchannels(), file.getsampwidth(), file.getframerate()
            pcm = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise AudioFormatError(
            f"{name} is not a PCM WAV file ({error or 'it is empty'}); convert it: {_convert(name)}"
        ) from error
    except OSError as error:
        raise AudioDeviceError(f"cannot read {name}: {error.strerror}") from error
    if found != (1, SAMPLE_WIDTH, SAMPLE_RATE):
        channels, width, rate = found
        raise AudioFormatError(
            f"{name} is {channels}-channel, {8 * width}-bit, {rate} Hz, where mono, 16-bit, "
            f"{SAMPLE_RATE} Hz is needed; convert it: {_convert(name)}"
        )
    return pcm


def _convert(name: str) -> str:
    return f"ffmpeg -i {name} -ac 1 -ar {SAMPLE_RATE} -c:a pcm_s16le converted.wav"


class WavWriter:
    """Writes a 16-bit, 24 000 Hz WAV file; what is written survives a kill of the program.

    Raises:
        AudioDeviceError: the file cannot be written.
    """

    def __init__(self, path: Path, channels: int = 1) -> None:
        try:
            self._file = open(path, "wb")  # noqa: SIM115
        except OSError as error:
            raise AudioDeviceError(f"cannot write {fspath(path)}: {error.strerror}") from error
        self._wave: Optional[wave.Wave_write] = wave.open(self._file, "wb")  # noqa: SIM115
        self._wave.setnchannels(channels)
        self._wave.setsampwidth(SAMPLE_WIDTH)
        self._wave.setframerate(SAMPLE_RATE)
        self._wave.writeframes(b"")

    def write(self, pcm: bytes) -> None:
        """Append `pcm`; does nothing after `close`."""
        if self._wave is not None:
            # writeframes, not writeframesraw: it keeps the header true after each block
            self._wave.writeframes(pcm)
            self._file.flush()

    def close(self) -> None:
        """Close the file; may be called twice."""
        wav, self._wave = self._wave, None
        if wav is not None:
            wav.close()
            self._file.close()


class Recorder:
    """Records a call as a stereo WAV file: caller left, agent right as it was played."""

    def __init__(self, path: Path) -> None:
        self._writer = WavWriter(path, channels=2)

    def write(self, captured: bytes, played: bytes) -> None:
        """Append what was captured and what was played in the same time."""
        self._writer.write(interleave(captured, played))

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._writer.close()


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
