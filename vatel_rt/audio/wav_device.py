"""WAV files as the microphone and the speaker of a call."""

from __future__ import annotations

from typing import Optional, Union

from vatel_rt.audio.clocked_device import ClockedDevice
from vatel_rt.audio.pcm import BLOCK_BYTES, check_speech, silence
from vatel_rt.audio.wav import WavWriter, read_wav
from vatel_rt.validation import Path


class WavDevice(ClockedDevice):
    """A file as microphone, in real time and followed by silence, and a file as speaker.

    Args:
        input: WAV file to speak (`-`: standard input), or PCM bytes. Default: silence.
        output: WAV file for the played audio (`-`: standard output). Default: none.
        before_ms: silence before the speech.
        after_ms: silence after the speech, before it is repeated.
        loop: whether the speech is repeated.
        speed: multiple of real time, for use with a simulator.

    Raises:
        AudioFormatError: `input` is not integer PCM, or not whole samples, or a WAV file as bytes.
        AudioDeviceError: a file cannot be opened.
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
        self._output, self._loop = output, loop
        self._position = 0
        self._writer: Optional[WavWriter] = None
        if isinstance(input, bytes):
            check_speech(input)
        else:
            input = read_wav(input) if input else b""  # noqa: A001
        self._speech = silence(before_ms) + input + silence(after_ms)

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
        while self._loop and self._speech and len(block) < BLOCK_BYTES:
            self._position = BLOCK_BYTES - len(block)
            block += self._speech[: self._position]
        return block.ljust(BLOCK_BYTES, b"\0")

    def _emit(self, block: bytes) -> None:
        if self._writer is not None:
            self._writer.write(block)
