"""Read broken messages for a bounded time, to find one that is more than told.

`decode` promises never to raise for what a frame holds. atheris looks for frames that lead it
to new places; where there is no atheris (it has wheels for Linux on x86-64), valid frames are
changed at random instead. A frame that breaks the promise is printed; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

LARGEST = 4096
LONGEST_EXCERPT = 200
PIECES = [
    *(b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\ud800", b'"', b"\\", b"{", b"}", b"[", b"]"),
    *(b",", b":", b"null", b"true", b"0", b"-1", b"1e999", b"9" * 40, b"NaN", b"=", b"AAA", b"*"),
    *(b'"data":', b'"type":', b'"audio":', b'"turn_id":', b'"arguments":', b'"value":', b"[" * 99),
]


def seeds() -> list[bytes]:
    """A valid frame or two of each message, of both sides."""
    from vatel_rt.realtime.codec import encode
    from vatel_rt.realtime.messages import InputAudio, ResponseAudio

    data = {
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
    texts = [f'{{"type": "{kind}", "data": {text}}}' for kind, text in data.items()]
    audio = [encode(ResponseAudio.of("1", bytes(range(60)))), encode(InputAudio.of(bytes(20)))]
    return [text.encode() for text in texts + audio]


def mutations(seed: int) -> Iterator[bytes]:
    """Valid frames, changed in one to six places; without end, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311  (no secret)
    valid = seeds()
    while True:
        frame = bytearray(chance.choice(valid))
        for _ in range(chance.randint(1, 6)):
            at, until = sorted(chance.randint(0, len(frame)) for _ in range(2))
            change = chance.choice(["cut", "put", "flip", "repeat", "join"])
            if change == "cut":
                del frame[at : min(until, at + chance.randint(1, 20))]
            elif change == "put":
                frame[at:at] = chance.choice(PIECES)
            elif change == "flip":
                frame[at : at + 1] = bytes([chance.randrange(256)])
            elif change == "repeat":
                frame[at:at] = frame[at : min(until, at + 50)]
            else:
                other = chance.choice(valid)
                frame[at:] = other[chance.randrange(len(other)) :]
        yield bytes(frame[:LARGEST])


def check(data: bytes) -> None:
    """Read `data` as text and as a binary frame, from either side; raises if it is mishandled."""
    from vatel_rt.realtime.codec import decode, encode
    from vatel_rt.realtime.messages import InvalidMessage

    text = data.decode("utf-8", "replace")
    odd = data.decode("utf-8", "surrogateescape")  # which no server can send as text
    for frame in (text, odd, data):
        for sender in ("platform", "client"):
            message: Any = decode(frame, sender=sender)
            repr(message)
            if isinstance(message, InvalidMessage):
                assert message.error  # noqa: S101
                assert len(message.raw) <= LONGEST_EXCERPT  # noqa: S101
                continue
            assert isinstance(frame, str)  # noqa: S101
            again: Any = decode(encode(message), sender=sender)
            assert again == message, "it is not read as it is written"  # noqa: S101


def _mutate(seconds: float, seed: int) -> int:
    until, count = time.monotonic() + seconds, 0
    for count, frame in enumerate(mutations(seed), 1):
        try:
            check(frame)
        except Exception as error:
            print(f"{frame!r} (seed {seed}, frame {count}): {error!r}", file=sys.stderr)
            return 1
        if time.monotonic() > until:
            break
    print(f"{count} changed frames in {seconds:g} s (seed {seed}): each was read or told")
    return 0


def _explore(seconds: float, seed: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        for number, frame in enumerate(seeds()):
            Path(folder, str(number)).write_bytes(frame)
        line = [sys.executable, __file__, "--explore", folder, f"-max_total_time={seconds:.0f}"]
        line += [f"-seed={seed or 1}", f"-max_len={LARGEST}", f"-artifact_prefix={folder}/"]
        # One that hangs is one that fails.
        ran = subprocess.run(
            line, capture_output=True, text=True, check=False, timeout=10 * seconds + 60
        )
        if ran.returncode:
            print(ran.stdout, ran.stderr, file=sys.stderr)
            for found in Path(folder).glob("*-*"):
                print(repr(found.read_bytes()), file=sys.stderr)
            return 1
    told = [text for text in ran.stderr.splitlines() if text.startswith("Done ")]
    print(f"atheris: {' '.join(told)}: each was read or told")
    return 0


def _inside_atheris(folder: str, options: list[str]) -> None:
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    with atheris.instrument_imports(include=["vatel_rt"]):
        import vatel_rt.realtime.codec  # noqa: F401
    atheris.Setup([sys.argv[0], *options, folder], check)
    atheris.Fuzz()


def main() -> int:
    """Run it; gives the exit code."""
    if sys.argv[1:2] == ["--explore"]:
        _inside_atheris(sys.argv[2], sys.argv[3:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))  # noqa: S311
    options = parser.parse_args()
    if find_spec("atheris"):
        return _explore(options.seconds, options.seed)
    print("there is no atheris here: frames are changed at random", file=sys.stderr)
    return _mutate(options.seconds, options.seed)


if __name__ == "__main__":
    sys.exit(main())
