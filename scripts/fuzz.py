"""Decode malformed messages for a limited time; print the first one that is mishandled.

`decode` must not raise, whatever a frame contains. atheris looks for frames that reach new code;
without atheris (it has wheels for Linux on x86-64 only) valid frames are changed at random.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parents[1] / ".fuzz"  # frames that reached new code
MAX_FRAME = 4096
PIECES = [
    *(b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\ud800", b'"', b"\\", b"{", b"}", b"[", b"]"),
    *(b",", b":", b"null", b"true", b"0", b"-1", b"1e999", b"9" * 40, b"NaN", b"=", b"AAA", b"*"),
    *(b'"data":', b'"type":', b'"audio":', b'"turn_id":', b'"arguments":', b'"value":', b"[" * 99),
]
DATA = {
    "session_started": '{"id": "c-1"}',
    "response_text": '{"turn_id": "1", "text": "h\\u00e9 \\ud83d\\ude00", "is_final": false}',
    "input_audio_transcript": '{"transcript": "hm", "is_final": null, "turn_id": "2"}',
    "speech_started": '{"emulated": true}',
    "speech_stopped": "null",
    "interruption": "{}",
    "session_ended": "[]",
    "tool_call": '{"toolCallId": "1", "toolName": "n", "arguments": [{"name": "a", '
    '"dataType": "object", "required": true, "value": {"deep": [1, 2.5, null, {"x": "y"}]}}]}',
    "tool_call_output": '{"toolCallId": "1", "output": "{}"}',
    "unheard_of": '{"a": [1, 2.5, null], "b": {"c": "d"}}',
}


def seeds() -> list[bytes]:
    """Return valid frames of every message type, of both senders."""
    from vatel_rt.realtime.codec import encode
    from vatel_rt.realtime.messages import InputAudio, ResponseAudio

    texts = [f'{{"type": "{kind}", "data": {text}}}' for kind, text in DATA.items()]
    audio = [encode(ResponseAudio.of("1", bytes(range(60)))), encode(InputAudio.of(bytes(20)))]
    return [text.encode() for text in texts + audio]


def mutations(seed: int) -> Iterator[bytes]:
    """Yield valid frames changed in one to six places, without end; reproducible by `seed`."""
    chance = random.Random(seed)  # noqa: S311
    valid = seeds()
    while True:
        frame = bytearray(chance.choice(valid))
        for _ in range(chance.randint(1, 6)):
            start, end = sorted(chance.randint(0, len(frame)) for _ in range(2))
            part = chance.choice(valid)[chance.randrange(20) :]
            pieces = [b"", chance.choice(PIECES), chance.randbytes(1), frame[start:end], part]
            frame[chance.choice([start, start + 1, end]) : end] = chance.choice(pieces)
        yield bytes(frame[:MAX_FRAME])


def check(data: bytes) -> None:
    """Decode `data` as a text and a binary frame of either sender; raise if it is mishandled."""
    from vatel_rt.realtime.codec import decode, encode
    from vatel_rt.realtime.messages import InvalidMessage

    for frame in (data.decode("utf-8", "replace"), data.decode("utf-8", "surrogateescape"), data):
        for sender in ("platform", "client"):
            message: Any = decode(frame, sender=sender)
            repr(message)
            if sender == "platform" and isinstance(frame, str):
                check_kept(frame, message)
            if isinstance(message, InvalidMessage):
                assert message.error
                assert len(message.raw) <= 200
            else:
                assert isinstance(frame, str)
                assert decode(encode(message), sender=sender) == message, "changed by encoding"


def check_kept(frame: str, message: Any) -> None:
    """Assert that a tool call with a readable id is one, and that well-formed audio is heard."""
    try:
        read = json.JSONDecoder(strict=False).raw_decode(frame)[0]
        kind, data = read["type"], read["data"]
        if kind == "tool_call" and "tool_call_id" not in data:
            if isinstance(data["toolCallId"], str):
                assert message.type == kind, "a tool call that would not be answered"
        elif kind == "response_audio":
            pcm = base64.b64decode(data["audio"], validate=True)
            assert message.type == kind, "audio that would not be heard"
            assert message.data.decoded == pcm, "audio that would be heard otherwise"
    except (ValueError, TypeError, LookupError, RecursionError):
        return  # no such message


def mutate(seconds: float, seed: int) -> int:
    """Check random mutations; return the exit code."""
    deadline = time.monotonic() + seconds
    for frame in mutations(seed):
        try:
            check(frame)
        except Exception as error:
            print(f"{frame!r} (seed {seed}): {error!r}", file=sys.stderr)
            return 1
        if time.monotonic() > deadline:
            break
    print(f"mutated frames for {seconds:g} s (seed {seed}): no problem found")
    return 0


def explore(seconds: float, seed: int) -> int:
    """Check what atheris finds; it ends the process, and prints a mishandled frame."""
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    CORPUS.mkdir(exist_ok=True)
    with atheris.instrument_imports(include=["vatel_rt"]):
        for number, frame in enumerate(seeds()):
            (CORPUS / str(number)).write_bytes(frame)
    flags = f"-max_total_time={seconds:.0f} -max_len={MAX_FRAME} -timeout=10 -seed={seed or 1}"
    output = ["-verbosity=0", "-print_final_stats=1", f"-artifact_prefix={CORPUS}/"]
    atheris.Setup([sys.argv[0], *flags.split(), *output, str(CORPUS)], check)
    atheris.Fuzz()
    return 0


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))  # noqa: S311
    options = parser.parse_args()
    return (explore if find_spec("atheris") else mutate)(options.seconds, options.seed)


if __name__ == "__main__":
    sys.exit(main())
