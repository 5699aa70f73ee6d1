"""The frames that a session's messages are sent as; with faults, not as they should be."""

from __future__ import annotations

from random import Random
from typing import Any, Optional, Union

import msgspec

from vatel.simulator.platform.fault_control import FaultControl
from vatel_rt.realtime.messages import (
    ResponseAudio,
    ServerMessage,
    UnknownMessage,
    Unread,
    decode,
    encode,
)

Frame = Union[str, bytes]
Message = Union[ServerMessage, UnknownMessage]

BIG_FRAME = 10_000_000
"""Bytes of base64."""


class Frames:
    """The frames of one session."""

    def __init__(self, faults: FaultControl, seed: int) -> None:
        self._faults = faults
        self._random = Random(seed)  # noqa: S311
        self._held: Optional[ResponseAudio] = None

    def of(self, message: Message) -> list[tuple[Frame, Union[Message, Unread]]]:
        """The frames that a message is sent as, and how a client reads each."""
        if isinstance(message, ResponseAudio):
            return [self._framed(piece) for piece in self._of_audio(message)]
        return [self._framed(message)]

    def _of_audio(self, message: ResponseAudio) -> list[ResponseAudio]:
        if self._faults.mute:
            return []
        if self._faults.silence:
            message = _with_pcm(message, bytes(len(message.data.pcm)))
        if self._faults.take("big_frames"):
            message = _with_pcm(message, message.data.pcm.ljust(BIG_FRAME // 4 * 3, b"\0"))
        pieces = self._in_order(message)
        return [piece for piece in pieces for _ in range(1 + self._faults.duplicate_audio)]

    def _in_order(self, message: ResponseAudio) -> list[ResponseAudio]:
        held, self._held = self._held, None
        if held and held.data.turn_id == message.data.turn_id:
            return [message, held]
        if self._faults.reorder_audio and not message.data.is_final:
            self._held = message
            return []
        return [message]  # what is held of another turn was interrupted with that

    def _framed(self, message: Message) -> tuple[Frame, Union[Message, Unread]]:
        whole = text = encode(message)
        if self._faults.take("cut_frames"):
            text = text[: len(text) // 2]
        elif self._faults.take("garble_frames"):
            text = self._garbled(message)
        if self._faults.take("binary_frames"):
            return text.encode(), decode(text.encode())
        return text, message if text is whole else decode(text)

    def _garbled(self, message: Message) -> str:
        """A message as text, with one thing in it that is not as it has to be."""
        wire: dict[str, Any] = msgspec.json.decode(encode(message))
        data = wire["data"]
        if isinstance(message, ResponseAudio):
            odd = _with_pcm(message, message.data.pcm + b"\1").data.audio
            data["audio"] = self._random.choice([17, "no base64!", odd])
        elif data and isinstance(data, dict):
            data[self._random.choice(sorted(data))] = {"a wrong": "type"}
        else:
            wire["type"] = 17
        return encode(wire)


def _with_pcm(message: ResponseAudio, pcm: bytes) -> ResponseAudio:
    return ResponseAudio.of(message.data.turn_id, pcm, is_final=message.data.is_final)
