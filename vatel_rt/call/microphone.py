"""What the platform hears: the device's blocks, silence, or speech that the program gives."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Optional

from vatel_rt.audio.device import CAPTURE_BLOCKS, AudioDevice
from vatel_rt.audio.pcm import BLOCK_BYTES, check_speech
from vatel_rt.errors import ConnectionClosed
from vatel_rt.realtime.connection import Connection


class Microphone:
    """Sends a block for each that the device captures, so that time goes on for the platform."""

    def __init__(self, device: AudioDevice) -> None:
        self._device = device
        self._speeches: deque[_Speech] = deque()
        self._said: deque[bytes] = deque(maxlen=CAPTURE_BLOCKS)
        self._closed = False

    @property
    def muted(self) -> bool:
        """Whether silence is sent for what the device captures."""
        return self._device.muted

    @muted.setter
    def muted(self, on: bool) -> None:
        self._device.muted = on

    async def send_to(self, connection: Connection) -> None:
        """Send until this is cancelled; after the session's end, only empty the device.

        Raises:
            AudioDeviceError: the device stopped working.
        """
        while True:
            block = await self._device.read()
            with suppress(ConnectionClosed):  # the receiving side says how it ended
                await self._send(block, connection)
            await asyncio.sleep(0)  # a device that is behind its time never waits

    async def say(self, pcm: bytes) -> None:
        """Send `pcm` instead of what is captured, after what is being said already.

        Raises:
            AudioFormatError: bytes that end within a sample, or of a WAV file.
            ConnectionClosed: the call ended before all was sent.
        """
        check_speech(pcm)
        speech = _Speech(pcm)
        self._speeches.append(speech)
        try:
            while pcm and not speech.sent.is_set() and not self._closed:
                await speech.sent.wait()
        finally:
            self._speeches.remove(speech)
        if speech.left:
            raise ConnectionClosed(1000, "the call is over", "caller")

    def as_sent(self, captured: bytes) -> bytes:
        """What goes into records in the place of `captured`; for the device's thread."""
        if self._said:
            return self._said.popleft()
        return bytes(len(captured)) if self.muted else captured

    def close(self) -> None:
        """Nothing more is sent: let `say` end."""
        self._closed = True
        for speech in self._speeches:
            speech.sent.set()

    async def _send(self, block: bytes, connection: Connection) -> None:
        if self._next_speech() is not None:
            await connection.drain_queued_audio()  # what was captured before it is sent before it
        speech = self._next_speech()
        if speech is None:
            connection.queue_audio(bytes(len(block)) if self.muted else block)
            return
        piece = bytes(speech.left[:BLOCK_BYTES]).ljust(BLOCK_BYTES, b"\0")
        await connection.send_speech(piece)
        self._said.append(piece)
        speech.left = speech.left[BLOCK_BYTES:]
        if not speech.left:
            speech.sent.set()

    def _next_speech(self) -> Optional[_Speech]:
        return next((each for each in self._speeches if each.left), None)


class _Speech:
    def __init__(self, pcm: bytes) -> None:
        self.left = memoryview(pcm)
        self.sent = asyncio.Event()
