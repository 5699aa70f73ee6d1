"""What the platform hears: the device's blocks, silence, or speech from the application."""

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
    """Sends one block for each block that the device captures."""

    def __init__(self, device: AudioDevice) -> None:
        _check_device(device)
        self._device = device
        self._speeches: deque[_Speech] = deque()
        self._sent_instead: deque[bytes] = deque(maxlen=CAPTURE_BLOCKS)
        self._closed = False

    async def send_to(self, connection: Connection) -> None:
        """Send until cancelled; after the end of the session, only read the device."""
        while True:
            block = await self._device.read()
            with suppress(ConnectionClosed):  # `Connection.receive` reports it
                await self._send(block, connection)
            await asyncio.sleep(0)  # reading from a device that is late does not suspend

    async def say(self, pcm: bytes) -> None:
        """Send `pcm` instead of the captured audio, after the speech that is already waiting."""
        check_speech(pcm)
        speech = _Speech(pcm)
        self._speeches.append(speech)
        try:
            if pcm and not self._closed:
                await speech.sent.wait()
        finally:
            self._speeches.remove(speech)
        if speech.unsent:
            raise ConnectionClosed(1000, "the call is over", "caller")

    def as_sent(self, captured: bytes) -> bytes:
        """Return the block to record, given the captured block."""
        return self._sent_instead.popleft() if self._sent_instead else self._muted(captured)

    def close(self) -> None:
        """Stop `say`: nothing more will be sent."""
        self._closed = True
        for speech in self._speeches:
            speech.sent.set()

    async def _send(self, block: bytes, connection: Connection) -> None:
        if self._next_speech() is not None:
            await connection.drain_queued_audio()  # keep the order: this audio was captured earlier
        speech = self._next_speech()
        if speech is None:
            connection.queue_audio(self._muted(block))
            return
        piece = bytes(speech.unsent[:BLOCK_BYTES]).ljust(BLOCK_BYTES, b"\0")
        await connection.send_speech(piece)
        self._sent_instead.append(piece)
        speech.unsent = speech.unsent[BLOCK_BYTES:]
        if not speech.unsent:
            speech.sent.set()

    def _muted(self, block: bytes) -> bytes:
        # Do not rely on the device to mute.
        return bytes(len(block)) if self._device.muted else block

    def _next_speech(self) -> Optional[_Speech]:
        return next((each for each in self._speeches if each.unsent), None)


class _Speech:
    def __init__(self, pcm: bytes) -> None:
        self.unsent = memoryview(pcm)
        self.sent = asyncio.Event()


def _check_device(audio: object) -> None:
    if isinstance(audio, type) or not hasattr(audio, "start"):
        expected = "a device such as vatel_rt.WavDevice(path)"
        raise TypeError(f"audio must be {expected}, not {audio!r:.60}")
    names = [name for name in (*vars(AudioDevice), "muted") if not name.startswith("_")]
    missing = ", ".join(name for name in names if not hasattr(audio, name))
    if missing:
        base = "derive it from vatel_rt.audio.device.BaseDevice"
        raise TypeError(f"the device {type(audio).__name__} lacks {missing}: {base}")
