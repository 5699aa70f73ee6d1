"""How a session ends, with servers that violate the protocol on purpose."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from typing import Any

import pytest
from platforms import ENDED, STARTED, platform
from raw_platforms import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    accept,
    frame_of,
    raw_platform,
    until_gone,
)
from websockets.asyncio.server import ServerConnection

from vatel_rt.call.end import CallEnd
from vatel_rt.errors import ConnectionClosed
from vatel_rt.realtime.connection import Connection, connect
from vatel_rt.realtime.messages import InvalidMessage, SessionStarted, UnknownMessage
from vatel_rt.realtime.options import ConnectionOptions

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]
HASTY = ConnectionOptions(close_timeout=0.1, max_frame=100_000)
GOOD = frame_of(TEXT, STARTED.encode())
BYE = frame_of(CLOSE, b"\x03\xe8")


async def read_all(connection: Connection) -> tuple[list[str], ConnectionClosed]:
    types = []
    try:
        while True:
            types.append((await connection.receive()).type)
    except ConnectionClosed as closed:
        return types, closed


async def end_after(data: bytes, *, disconnect: bool = False) -> tuple[list[str], ConnectionClosed]:
    """Return the message types and the end of a session whose server sends `data`, then hangs."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(data)
        if not disconnect:
            await asyncio.Event().wait()

    async with raw_platform(serve) as url, connect("token", url, options=HASTY) as connection:
        return await read_all(connection)


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await accept(reader, writer)
    writer.write(GOOD)
    await asyncio.Event().wait()


VIOLATIONS = {
    "text that is not UTF-8": (frame_of(TEXT, b'{"type": "\xff"}'), 1007),
    "a character that is cut": (frame_of(TEXT, b"\xe2\x82", fin=False) + frame_of(0, b"x"), 1007),
    "an unknown opcode": (frame_of(5, b"x"), 1002),
    "an unknown control opcode": (frame_of(11), 1002),
    "a reserved bit": (frame_of(TEXT, b"{}", bits=0x40), 1002),
    "a masked frame": (b"\x81\x82\x00\x00\x00\x00{}", 1002),
    "a continuation of nothing": (frame_of(0, b"x"), 1002),
    "a message within another": (frame_of(TEXT, b"{", fin=False) + frame_of(TEXT, b"}"), 1002),
    "a ping in two parts": (frame_of(PING, b"x", fin=False), 1002),
    "a ping that is too long": (b"\x89\x7e\x00\x80" + b"x" * 128, 1002),
    "a close with one byte": (frame_of(CLOSE, b"\x03"), 1002),
    "a close code that cannot be sent": (frame_of(CLOSE, struct.pack("!H", 1006)), 1002),
    "a close code that is none": (frame_of(CLOSE, struct.pack("!H", 999)), 1002),
    "a close reason that is not UTF-8": (frame_of(CLOSE, b"\x03\xe8\xff\xfe"), 1007),
    "a length of more than there is": (b"\x81\x7f" + b"\xff" * 8, 1009),
    "a message over the limit": (frame_of(TEXT, b"x" * 100_001), 1009),
    "a length over the limit": (struct.pack("!BBQ", 0x81, 127, 2**40), 1009),
    "parts over the limit": (
        frame_of(TEXT, b"x" * 60_000, fin=False) + frame_of(0, b"x" * 60_000),
        1009,
    ),
}


@pytest.mark.parametrize("name", VIOLATIONS)
async def test_a_protocol_violation_ends_the_session(name: str) -> None:
    data, code = VIOLATIONS[name]
    types, closed = await end_after(GOOD + data)
    assert types == ["session_started"]
    cause = "frame_too_large" if code == 1009 else "protocol_error"
    assert (closed.code, closed.cause, closed.clean) == (code, cause, False)
    assert CallEnd.of(closed).reason == cause


async def test_a_fragmented_message_is_one_and_a_binary_one_is_invalid() -> None:
    parts = [STARTED[i : i + 5].encode() for i in range(0, len(STARTED), 5)]
    data = frame_of(TEXT, parts[0], fin=False)
    data += b"".join(frame_of(0, part, fin=False) + frame_of(PING, b"!") for part in parts[1:])
    data += frame_of(0) + frame_of(BINARY, b"\xff\x00") + frame_of(TEXT) + GOOD
    types, closed = await end_after(data + BYE)
    assert types == ["session_started", "invalid_message", "invalid_message", "session_started"]
    assert (closed.code, closed.cause, closed.clean) == (1000, "platform", True)


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        (frame_of(CLOSE), 1005, "agent_hung_up"),
        (frame_of(CLOSE, b"\x03\xe8done"), 1000, "agent_hung_up"),
        (frame_of(CLOSE, b"\x03\xf3"), 1011, "server_error"),
        (frame_of(CLOSE, b"\x0f\xa0no"), 4000, "server_error"),
        (b"", 1006, "connection_lost"),
        (frame_of(TEXT, b'{"type"')[:5], 1006, "connection_lost"),
        (frame_of(TEXT, b"{}", fin=False), 1006, "connection_lost"),
    ],
)
async def test_a_server_that_closes_or_disconnects(data: bytes, code: int, reason: str) -> None:
    types, closed = await end_after(GOOD + data, disconnect=True)
    assert (types, closed.code) == (["session_started"], code)
    assert CallEnd.of(closed).reason == reason


async def test_a_server_that_accepts_and_closes_at_once() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(frame_of(CLOSE, b"\x03\xe9"))

    async with raw_platform(serve) as url:
        connection = await connect("token", url, options=HASTY)
        _, closed = await read_all(connection)
        assert closed.code == 1001
        await connection.send_queued_audio()  # returns, because the session is over
        with pytest.raises(ConnectionClosed):
            connection.queue_audio(b"")


async def test_a_dead_connection_is_detected_by_ping(caplog: pytest.LogCaptureFixture) -> None:
    options = ConnectionOptions(ping_interval=0.05, ping_timeout=0.2)
    caplog.set_level(logging.INFO)
    async with raw_platform(hang) as url, connect("token", url, options=options) as connection:
        types, closed = await read_all(connection)
        assert types == ["session_started"]
        assert (closed.code, closed.cause, closed.clean) == (1006, "ping_timeout", False)
        assert closed.reason == "nothing was received for 0.2 s after a ping"
        with pytest.raises(ConnectionClosed) as again:
            await connection.send_input_audio(b"")
        assert again.value.cause == "ping_timeout"
    assert "ended: 1006, ping_timeout" in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_dead_connection_is_detected_while_the_socket_is_full() -> None:
    options = ConnectionOptions(ping_interval=0.05, ping_timeout=0.2)
    async with raw_platform(hang) as url, connect("token", url, options=options) as connection:
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await connection.send_input_audio(bytes(480_000))
        assert closed.value.cause == "ping_timeout"


async def test_an_internal_error_of_websockets_is_a_protocol_error() -> None:
    async with raw_platform(hang) as url:
        connection = await connect("token", url, options=HASTY)
        await connection._websocket.close(1011)  # as `websockets` does after an internal error
        with pytest.raises(ConnectionClosed) as closed:
            await connection.send_input_audio(b"")
    assert (closed.value.code, closed.value.cause) == (1011, "protocol_error")


async def test_an_application_that_does_not_read_keeps_the_session() -> None:
    options = ConnectionOptions(ping_interval=0.02, ping_timeout=0.05, close_timeout=0.1)
    pinged = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(GOOD * 1000)
        for _ in range(5):  # pings; the pongs would queue behind the messages
            await reader.readexactly(2 + 4 + 4)
        pinged.set()
        writer.write(BYE)
        await until_gone(reader)

    async with raw_platform(serve) as url, connect("token", url, options=options) as connection:
        await pinged.wait()
        types, closed = await read_all(connection)
    assert (len(types), closed.code) == (1000, 1000)


async def test_answered_pings_keep_the_session() -> None:
    options = ConnectionOptions(ping_interval=0.01, ping_timeout=5, close_timeout=0.1)
    answered = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal answered
        await accept(reader, writer)
        while answered < 5:
            ping = await reader.readexactly(2 + 4 + 4)
            data = bytes(a ^ b for a, b in zip(ping[6:], ping[2:6]))
            writer.write(frame_of(PONG, data))
            answered += 1
        writer.write(BYE)
        await until_gone(reader)

    async with raw_platform(serve) as url, connect("token", url, options=options) as connection:
        _, closed = await read_all(connection)
    assert (answered, closed.code) == (5, 1000)


async def test_an_idle_session_times_out() -> None:
    options = ConnectionOptions(idle_timeout=0.2)
    async with raw_platform(hang) as url, connect("token", url, options=options) as connection:
        types, closed = await read_all(connection)
    assert types == ["session_started"]
    assert (closed.code, closed.cause) == (1006, "idle_timeout")
    assert closed.reason == "no message was received for 0.2 s"


async def test_without_pings_there_is_no_task() -> None:
    options = ConnectionOptions(ping_interval=None)
    async with platform(lambda server: server.wait_closed()) as url:
        before = asyncio.all_tasks()
        async with connect("token", url, options=options):
            new = [task for task in asyncio.all_tasks() - before if "keepalive" in repr(task)]
            assert len(new) == 1  # that of the server


async def test_our_close_has_the_cause_caller_even_without_an_answer() -> None:
    async with raw_platform(hang) as url:
        connection = await connect("token", url, options=HASTY)
        await connection.close()
        await connection.close()
        _, closed = await read_all(connection)
    assert (closed.code, closed.cause) == (1000, "caller")
    assert CallEnd.of(closed) == CallEnd("caller_hung_up", 1000)


async def test_a_close_that_cannot_be_sent_keeps_the_session() -> None:
    async def leave(server: ServerConnection) -> None:
        await server.recv()
        await server.close(1011, "boom")

    async with platform(leave) as url, connect("token", url) as connection:
        with pytest.raises(ValueError):
            await connection.close(1006)
        await connection.send_json({"type": "go"})
        _, closed = await read_all(connection)
    assert (closed.code, closed.cause) == (1011, "platform")


async def test_logs_of_frames_that_cannot_be_read(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bad_audio = '{"type": "response_audio", "data": {"turn_id": "t", "audio": "QUJD*EVGR0g"}}'
    seen: list[Any] = []

    async def odd(server: ServerConnection) -> None:
        await server.send(bad_audio)
        await server.send('{"type": "line\\nbreak", "data": {"turn_id": "x"}}')
        await server.send(STARTED)
        await server.send(ENDED)

    async with platform(odd) as url, connect("s3cret-token", url) as connection:
        async for message in connection:
            seen.append(message)
        with pytest.raises(ConnectionClosed):
            await connection.send_json({"type": "late"})
    kinds = [type(message) for message in seen[:3]]
    assert kinds == [InvalidMessage, UnknownMessage, SessionStarted]
    assert seen[0].raw == bad_audio
    own = [r.getMessage() for r in caplog.records if r.name.startswith("vatel")]
    assert sum("ignored a frame" in line for line in own) == 1
    assert not any("QUJD" in line or "\n" in line or "s3cret" in line for line in own)
    assert f"received 'session_started', turn None, {len(STARTED)} bytes" in own


async def test_every_message_is_logged_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "vatel.connection")

    async def echo(server: ServerConnection) -> None:
        async for _ in server:
            await server.send('{"type":"response_audio","data":{"turn_id":"7","audio":"AAA="}}')

    async with platform(echo) as url, connect("token", url) as connection:
        await connection.send_input_audio(b"\1\2")
        await connection.receive()
        await connection.send_tool_call_output("id", "out")
        await connection.send_json({"type": "x" * 100})
    lines = [r.getMessage() for r in caplog.records if r.levelno == logging.DEBUG]
    assert lines[0] == "sent 'input_audio', 46 bytes"
    assert lines[1] == "received 'response_audio', turn '7', 63 bytes"
    assert lines[2].startswith("sent 'tool_call_output'")
    assert all(len(line) < 100 for line in lines)


async def test_a_socket_factory() -> None:
    made: list[socket.socket] = []

    async def plain(server: ServerConnection) -> None:
        await server.send(STARTED)

    async with platform(plain) as url:
        address = ("127.0.0.1", int(url.rpartition(":")[2]))

        def factory() -> socket.socket:
            made.append(socket.create_connection(address))
            return made[-1]

        async def slow_factory() -> socket.socket:
            return factory()

        for source in (factory, slow_factory):
            options = ConnectionOptions(socket_factory=source)
            async with connect("token", "http://elsewhere.test", options=options) as connection:
                types, _ = await read_all(connection)
                assert types == ["session_started"]
        assert [each.fileno() for each in made] == [-1, -1]

    def broken() -> socket.socket:
        raise LookupError("no socket")

    with pytest.raises(LookupError, match="no socket"):
        await connect("t", "http://h.test", options=ConnectionOptions(socket_factory=broken))


async def test_a_socket_that_is_not_tcp() -> None:
    ours, theirs = socket.socketpair()

    async def serve() -> None:
        reader, writer = await asyncio.open_connection(sock=theirs)
        await accept(reader, writer)
        writer.write(GOOD + BYE)
        await until_gone(reader)
        writer.close()
        await writer.wait_closed()

    serving = asyncio.create_task(serve())
    options = ConnectionOptions(socket_factory=lambda: ours, close_timeout=0.1)
    async with connect("token", "http://pair.test", options=options) as connection:
        types, _ = await read_all(connection)
    assert types == ["session_started"]
    await serving
