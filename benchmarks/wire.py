"""WebSocket frames that the benchmark server sends, in each client's message format.

The first 8 bytes of the audio may be a time stamp: nanoseconds of `time.monotonic_ns`, which all
processes of one machine share.
"""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from pathlib import Path

from websockets.frames import Frame, Opcode

DATA = json.loads(Path(__file__).with_name("data.json").read_text(encoding="utf-8"))
MESSAGES: dict[str, object] = DATA["audio_messages"]  # Deepgram sends binary frames instead
STAMP = 9  # bytes, padded to whole groups of base64


def audio_frame(client: str, pcm: bytes) -> bytes:
    if client not in MESSAGES:
        return Frame(Opcode.BINARY, pcm).serialize(mask=False)
    text = json.dumps(MESSAGES[client]).replace("AUDIO", b64encode(pcm).decode())
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def stamped_parts(client: str, pcm: bytes) -> tuple[bytes, bytes]:
    """Return the bytes before and after the stamp in the frame of `pcm`."""
    mark = bytes(range(128, 128 + STAMP))
    frame = audio_frame(client, mark + pcm[STAMP:])
    before, _, after = frame.partition(b64encode(mark) if client in MESSAGES else mark)
    return before, after


def stamp(client: str, nanoseconds: int) -> bytes:
    packed = struct.pack("<Qx", nanoseconds)
    return b64encode(packed) if client in MESSAGES else packed


def stamped_at(pcm: bytes) -> int:
    return int.from_bytes(pcm[:8], "little")
