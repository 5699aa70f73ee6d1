"""What the server of the benchmarks sends: each client's own messages, as ready WebSocket frames.

All carry PCM of the same length. The first 8 bytes of it may be a time stamp, in nanoseconds of
`time.monotonic_ns`, which on one machine is the same clock in all processes.
"""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64encode
from typing import Any

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
STAMP = 9
"""Bytes of a stamp with what fills it up to whole groups of base64."""
_ID = "5e1f1a5c-7d32-4b0e-9f6a-2c8d1e4b7a90"


def _message(wire: str, audio: str, turn: str) -> dict[str, Any]:
    if wire == "openai":
        return {
            "type": "response.output_audio.delta",
            "event_id": "event_CDxJ6bq2zQy9nLk3",
            "response_id": "resp_CDxJ5rTm8Wc4vPb1",
            "item_id": "item_CDxJ5fGh7Ks2dRt6",
            "output_index": 0,
            "content_index": 0,
            "delta": audio,
        }
    if wire == "elevenlabs":
        return {"type": "audio", "audio_event": {"audio_base_64": audio, "event_id": 1}}
    if wire == "hume":
        return {"type": "audio_output", "id": _ID, "index": 0, "data": audio}
    return {
        "type": "response_audio",
        "data": {"turn_id": turn, "audio": audio, "is_final": False},
    }


def frame(opcode: int, payload: bytes, *, deflated: bool = False) -> bytes:
    """A frame of a server, whole and not masked."""
    first = 0x80 | deflated << 6 | opcode
    size = len(payload)
    if size < 126:  # noqa: PLR2004  (RFC 6455, 5.2)
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def audio_frame(wire: str, pcm: bytes, *, deflate: bool = False, turn: str = _ID) -> bytes:
    """The frame that brings `pcm` to the client `wire`.

    Compressed, it refers to nothing before it: it may be sent any number of times.
    """
    if wire == "deepgram":
        opcode, payload = BINARY, pcm
    else:
        audio = b64encode(pcm).decode()
        opcode, payload = TEXT, json.dumps(_message(wire, audio, turn)).encode()
    if deflate:
        packer = zlib.compressobj(wbits=-15)
        packed = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
        payload = packed[:-4]
    return frame(opcode, payload, deflated=deflate)


def stamped_parts(wire: str, pcm: bytes) -> tuple[bytes, bytes]:
    """What is before and after the stamp in the frame of `pcm`."""
    mark = bytes(range(128, 128 + STAMP))
    sent = audio_frame(wire, mark + pcm[STAMP:])
    before, _, after = sent.partition(mark if wire == "deepgram" else b64encode(mark))
    return before, after


def stamp(wire: str, nanoseconds: int) -> bytes:
    """A stamp as the frames of `wire` hold it."""
    packed = struct.pack("<Qx", nanoseconds)
    return packed if wire == "deepgram" else b64encode(packed)


def stamped_at(pcm: bytes) -> int:
    """The stamp of a piece of audio, in nanoseconds."""
    return int.from_bytes(pcm[:8], "little")


def control(name: str) -> bytes:
    """The frame of a message of the platform that has no data."""
    return frame(TEXT, json.dumps({"type": name, "data": {}}).encode())
