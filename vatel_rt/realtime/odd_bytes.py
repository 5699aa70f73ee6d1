"""Audio that was cut between the two bytes of a sample: the first waits for the next piece."""

from __future__ import annotations

from vatel_rt.realtime.messages import ResponseAudio

MAX_TURNS = 16
"""Turns of which a byte may wait; the byte of an older one is dropped."""


class OddBytes:
    """The bytes that wait, by the turn of their audio."""

    def __init__(self) -> None:
        self._waiting: dict[str, bytes] = {}

    def whole(self, message: ResponseAudio) -> ResponseAudio:
        """Return `message` with whole samples: with the byte before, without the last odd one."""
        data = message.data
        if not self._waiting and not len(data.decoded) % 2:
            return message
        pcm = self._waiting.pop(data.turn_id, b"") + data.decoded
        if len(pcm) % 2:
            if not data.is_final:
                self._waiting[data.turn_id] = pcm[-1:]
                if len(self._waiting) > MAX_TURNS:
                    del self._waiting[next(iter(self._waiting))]
            pcm = pcm[:-1]
        return ResponseAudio.of(data.turn_id, pcm, is_final=data.is_final)
