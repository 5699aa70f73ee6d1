"""The frames of a session's messages, with the faults that change them."""

from __future__ import annotations

from random import Random
from typing import Any, Optional, Union

import msgspec

from vatel.simulator.platform.fault_control import FaultControl
from vatel_rt.realtime.codec import decode, encode
from vatel_rt.realtime.messages import ResponseAudio, ServerMessage, UnknownMessage, Unread

Frame = Union[str, bytes]
PlatformMessage = Union[ServerMessage, UnknownMessage]

BIG_FRAME = 10_000_000
"""Bytes of base64."""


class FrameEncoder:
    """Encodes the messages of one session, with the faults that are set at that moment.

    Args:
        seed: seed of the random choices.
    """

    def __init__(self, faults: FaultControl, seed: int) -> None:
        self._faults = faults
        self._random = Random(seed)  # noqa: S311
        self._held: Optional[ResponseAudio] = None

    def frames_of(
        self, message: PlatformMessage
    ) -> list[tuple[Frame, Union[PlatformMessage, Unread]]]:
        """Return the frames to send for a message, each with the message that a client decodes."""
        if isinstance(message, ResponseAudio):
            return [self._encoded(each) for each in self._audio_messages(message)]
        return [self._encoded(message)]

    def _audio_messages(self, message: ResponseAudio) -> list[ResponseAudio]:
        if self._faults.mute:
            return []
        if self._faults.silence:
            message = _with_pcm(message, bytes(len(message.data.pcm)))
        if self._faults.take("big_frames"):
            message = _with_pcm(message, message.data.pcm.ljust(BIG_FRAME // 4 * 3, b"\0"))
        copies = 1 + self._faults.duplicate_audio
        return [each for each in self._reordered(message) for _ in range(copies)]

    def _reordered(self, message: ResponseAudio) -> list[ResponseAudio]:
        held, self._held = self._held, None
        if held and held.data.turn_id == message.data.turn_id:
            return [message, held]
        if self._faults.reorder_audio and not message.data.is_final:
            self._held = message
            return []
        return [message]  # held audio of another turn was interrupted, and is dropped

    def _encoded(self, message: PlatformMessage) -> tuple[Frame, Union[PlatformMessage, Unread]]:
        whole = text = encode(message)
        if self._faults.take("cut_frames"):
            text = text[: len(text) // 2]
        elif self._faults.take("garble_frames"):
            text = self._garbled(message)
        if self._faults.take("binary_frames"):
            return text.encode(), decode(text.encode())
        return text, message if text is whole else decode(text)

    def _garbled(self, message: PlatformMessage) -> str:
        """Return a message as text that cannot be read, as what it cannot do without is wrong."""
        wire: dict[str, Any] = msgspec.json.decode(encode(message))
        data = wire["data"]
        if isinstance(message, ResponseAudio):
            data["audio"] = self._random.choice([17, "no base64!", {"a wrong": "type"}])
        elif data and isinstance(data, dict):
            wire["data"] = ["a wrong type", data]
        else:
            wire["type"] = 17
        return encode(wire)


def _with_pcm(message: ResponseAudio, pcm: bytes) -> ResponseAudio:
    return ResponseAudio.of(message.data.turn_id, pcm, is_final=message.data.is_final)
