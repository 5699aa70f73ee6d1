"""Audio that the program delivers and collects: a browser's, a telephone gateway's."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from vatel_rt.audio.clocked_device import ClockedDevice
from vatel_rt.audio.pcm import BLOCK_BYTES, BLOCK_MS, bytes_of, check_speech
from vatel_rt.audio.playout import LONGEST_MS, PlayoutBuffer
from vatel_rt.errors import AudioDeviceError

UNHEARD_BLOCKS = 2000 // BLOCK_MS  # kept for a slow reader (2 s); then the oldest is dropped
_NOT_OPEN = "the device is not open: entering its call opens it"


class QueueDevice(ClockedDevice):
    """Bytes as microphone and bytes as speaker, both at real pace::

        device = QueueDevice()
        async with client.call(agent_id, audio=device):
            await device.push(pcm)                  # one task: what the caller says
            async for block in device.speaker():    # another task: what the caller hears
                ...

    While nothing is pushed, the microphone is silent. An interruption is silence at once.

    Args:
        ahead_ms: how much audio `push` queues before it waits, at most ten minutes.

    Attributes:
        unheard: number of played blocks that were dropped because `speaker` was not read in time.
    """

    def __init__(self, *, ahead_ms: float = 1000) -> None:
        super().__init__()
        # Within what the buffer holds: beyond that it would discard instead of waiting.
        self._ahead = max(bytes_of(min(ahead_ms, LONGEST_MS - BLOCK_MS)), BLOCK_BYTES)
        self._open()

    async def push(self, pcm: bytes) -> None:
        """Queue `pcm`, any number of whole samples, for the microphone; wait while it is full.

        Cancelling discards what was not queued yet.

        Raises:
            AudioFormatError: `pcm` does not hold whole samples, or is a WAV file.
            AudioDeviceError: the device is not open, or was closed meanwhile.
        """
        check_speech(pcm)
        for start in range(0, len(pcm), BLOCK_BYTES):
            while self._is_running and len(self._microphone) >= self._ahead:
                await self._exchanged.wait()
            if not self._is_running:
                raise self._failure or AudioDeviceError(_NOT_OPEN)
            self._microphone.write(pcm[start : start + BLOCK_BYTES])

    async def speaker(self) -> AsyncIterator[bytes]:
        """Yield the played audio in blocks of 20 ms until the device is closed; for one reader.

        Raises:
            AudioDeviceError: the device is not open yet; read it within the context of its call.
        """
        if not (self._speaker or self._is_running):
            raise AudioDeviceError(_NOT_OPEN)
        while self._speaker or self._is_running:
            if self._speaker:
                yield self._speaker.popleft()
            else:
                await self._exchanged.wait()

    def _open(self) -> None:
        self._microphone = PlayoutBuffer()
        self._speaker: deque[bytes] = deque(maxlen=UNHEARD_BLOCKS)
        self.unheard = 0

    def _capture(self) -> bytes:
        return self._microphone.read(BLOCK_BYTES)

    def _emit(self, block: bytes) -> None:
        self.unheard += len(self._speaker) == UNHEARD_BLOCKS
        self._speaker.append(block)
