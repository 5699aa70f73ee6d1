"""Audio of your own: from and to a browser, a telephone gateway, another engine."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from vatel_rt.audio.device import SilentDevice
from vatel_rt.audio.pcm import BLOCK_BYTES, BLOCK_MS, bytes_of, check_speech
from vatel_rt.audio.playout import LONGEST_MS, PlayoutBuffer
from vatel_rt.errors import AudioDeviceError

UNHEARD_BLOCKS = 2000 // BLOCK_MS
"""Played blocks kept for who takes them slowly, two seconds; then the oldest is dropped."""


class QueueDevice(SilentDevice):
    """Bytes as microphone, and bytes as speaker, both at real pace::

        device = QueueDevice()
        async with client.call(agent_id, audio=device):
            await device.push(pcm)                  # one task: what the caller says
            async for block in device.speaker():    # another one: what the caller hears
                ...

    Where nothing is pushed in time the microphone is silent, and the speaker is where the agent
    is; an interruption is silence at once, for nothing is played ahead of time.

    Args:
        ahead_ms: how much may be pushed ahead of time, ten minutes at most.

    Attributes:
        unheard: played blocks that nobody took in time from `speaker`.
    """

    def __init__(self, *, ahead_ms: float = 1000) -> None:
        super().__init__()
        self.unheard = 0
        # Beyond what its buffer takes a piece would be lost, not wait.
        self._ahead = max(bytes_of(min(ahead_ms, LONGEST_MS - BLOCK_MS)), BLOCK_BYTES)
        self._microphone = PlayoutBuffer()
        self._speaker: deque[bytes] = deque()

    async def push(self, pcm: bytes) -> None:
        """Say `pcm`, whole samples of any number; waits while too much is ahead of time.

        When this is cancelled, what did not fit yet is not said.

        Raises:
            AudioFormatError: half a sample, or a WAV file.
            AudioDeviceError: the device is not open, or no more.
        """
        check_speech(pcm)
        for start in range(0, len(pcm), BLOCK_BYTES):
            while self._is_running and len(self._microphone) >= self._ahead:
                await self._next_block()
            if not self._is_running:
                raise self._failure or AudioDeviceError("the device is not open: its call opens it")
            self._microphone.write(pcm[start : start + BLOCK_BYTES])

    async def speaker(self) -> AsyncIterator[bytes]:
        """What is played, in blocks of 20 ms, until the device is closed; for one reader.

        Raises:
            AudioDeviceError: the device is not open yet: read it within the call's context.
        """
        if not (self._speaker or self._is_running):
            raise AudioDeviceError("the device is not open: its call opens it")
        while self._speaker or self._is_running:
            if self._speaker:
                yield self._speaker.popleft()
            else:
                await self._next_block()

    async def _next_block(self) -> None:
        self._exchanged.clear()
        await self._exchanged.wait()

    def _open(self) -> None:
        self._microphone = PlayoutBuffer()
        self._speaker.clear()
        self.unheard = 0

    def _capture(self) -> bytes:
        return self._microphone.read(BLOCK_BYTES)

    def _emit(self, block: bytes) -> None:
        if len(self._speaker) == UNHEARD_BLOCKS:
            self._speaker.popleft()
            self.unheard += 1
        self._speaker.append(block)
