"""Whatever a server sends: no error but ours, and no growth."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from platforms import frame
from raw_platforms import (
    BINARY,
    CLOSE,
    PING,
    TEXT,
    accept,
    frame_of,
    raw_platform,
    request,
    until_gone,
)

from vatel_rt.errors import ConnectionClosed, VatelError
from vatel_rt.realtime import codec, messages
from vatel_rt.realtime.connection import connect
from vatel_rt.realtime.options import ConnectionOptions

FRAMES = 100_000
GROWTH = 5_000
"""Blocks of memory: one for every tenth frame of the second half."""
FOLDER = str(Path(__file__).resolve().parents[2] / "scripts")


@pytest.fixture
def fuzz(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(FOLDER)
    import fuzz

    yield fuzz
    del sys.modules["fuzz"]


def held() -> int:
    """Blocks of memory that Python objects hold."""
    gc.collect()
    return sys.getallocatedblocks()


def test_decode_of_changed_frames(fuzz: Any) -> None:
    frames = fuzz.mutations(seed=1)
    for data in itertools.islice(frames, FRAMES // 2):
        fuzz.check(data)
    middle = held()
    for data in itertools.islice(frames, FRAMES // 2):
        fuzz.check(data)
    assert held() - middle < GROWTH


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
names = st.sampled_from(
    (
        "id turn_id audio text is_final transcript emulated toolCallId toolName tool_name "
        "arguments name dataType value output new"
    ).split()
)
types = st.sampled_from([*codec._SERVER, *codec._CLIENT, "new", ""])
payloads = json_values | st.dictionaries(names, json_values, max_size=6)


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=types, data=payloads)
def test_decode_of_odd_payloads(kind: str, data: Any) -> None:
    for text in (frame(kind), codec.encode({"type": kind, "data": data})):
        for sender in ("platform", "client"):
            message: Any = codec.decode(text, sender=sender)  # type: ignore[call-overload]
            assert message.type in (kind, "invalid_message")
            if message.type == "invalid_message":
                assert message.claimed == kind
            else:
                assert codec.decode(codec.encode(message), sender=sender) == message  # type: ignore[call-overload]


@settings(max_examples=1000, deadline=None)
@given(data=st.binary(max_size=200) | st.text(max_size=200))
def test_decode_of_anything(data: Any) -> None:
    message = codec.decode(data)
    assert isinstance(message, (messages.InvalidMessage, messages.UnknownMessage))


@pytest.mark.anyio
async def test_a_session_of_changed_frames(fuzz: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "vatel.connection")  # caplog keeps what it sees

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        for number, data in enumerate(itertools.islice(fuzz.mutations(seed=2), FRAMES)):
            text = data.decode("utf-8", "replace").encode()
            writer.write(frame_of(TEXT, text) if number % 10 else frame_of(BINARY, data))
            if number % 100 == 0:
                writer.write(frame_of(PING, b"?"))
                await writer.drain()
                await asyncio.sleep(0)  # the client's turn: draining waits for a full socket only
        writer.write(frame_of(CLOSE, b"\x03\xe8"))
        await until_gone(reader)  # what is on its way is lost where answers to pings are not read

    kinds: dict[str, int] = {}
    middle = 0
    options = ConnectionOptions(close_timeout=0.1)
    async with raw_platform(serve) as url, connect("token", url, options=options) as connection:
        with pytest.raises(ConnectionClosed) as closed:
            for number in itertools.count():
                message = await connection.receive()
                kind = type(message).__name__
                kinds[kind] = kinds.get(kind, 0) + 1
                if number == FRAMES // 2:
                    middle = held()
        assert held() - middle < GROWTH
    assert (closed.value.code, sum(kinds.values())) == (1000, FRAMES)
    assert len(kinds) >= 10  # all that a server sends, and what is none


@pytest.mark.anyio
@pytest.mark.usefixtures("no_new_tasks")
async def test_sessions_of_noise() -> None:
    chance = random.Random(3)
    options = ConnectionOptions(close_timeout=0.05, max_frame=2000)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        first = frame_of(chance.choice([TEXT, BINARY, PING, CLOSE]), bytes(3))
        writer.write(first[: chance.randrange(6)] + chance.randbytes(chance.randrange(200)))

    async with raw_platform(serve) as url:
        for _ in range(300):
            async with connect("token", url, options=options) as connection:
                with pytest.raises(ConnectionClosed):
                    while True:
                        await connection.receive()


@pytest.mark.anyio
@pytest.mark.usefixtures("no_new_tasks")
async def test_handshakes_of_noise() -> None:
    chance = random.Random(4)
    options = ConnectionOptions(open_timeout=5, close_timeout=0.05, attempts=1)
    refused = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        said = bytearray(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Content-Length: 3\r\nSec-WebSocket-Accept: AAAA\r\nRetry-After: 1\r\n\r\nyes"
        )
        said[9:12] = b"%d" % chance.choice([100, 101, 200, 301, 401, 503, 999])
        for _ in range(chance.randrange(5)):
            said[chance.randrange(len(said))] = chance.randrange(256)
        writer.write(said)

    async with raw_platform(serve) as url:
        for _ in range(300):
            with pytest.raises(VatelError):
                await connect("token", url, options=options)
            refused += 1
    assert refused == 300


def test_the_program_ends_well_and_tells_a_failure(
    fuzz: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzz, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["fuzz.py", "--seconds", "0.1", "--seed", "5"])
    assert fuzz.main() == 0
    assert "no problem found" in capsys.readouterr().out
    monkeypatch.setattr(codec, "decode", lambda *_, **__: 1 / 0)
    assert fuzz.main() == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
