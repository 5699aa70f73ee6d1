"""The connection, against servers that misbehave on purpose."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import traceback
from typing import Any
from uuid import UUID

import pytest
from platforms import ENDED, STARTED, platform
from websockets.asyncio.server import ServerConnection

import vatel_rt
from vatel.models import SessionTokenResponse
from vatel_rt.client import Client
from vatel_rt.errors import (
    APIConnectionError,
    APITimeoutError,
    AudioFormatError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConnectionClosed,
    ServerError,
    VatelError,
)
from vatel_rt.realtime.connection import connect
from vatel_rt.realtime.messages import (
    InputAudio,
    InvalidMessage,
    SessionEnded,
    SessionStarted,
    ToolCallOutput,
    ToolCallOutputData,
    UnknownMessage,
)
from vatel_rt.realtime.options import ConnectionOptions

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]
ONCE = ConnectionOptions(attempts=1)


async def plain_call(socket: ServerConnection) -> None:
    await socket.send(STARTED)
    await socket.send(ENDED)


async def test_awaited_iterated_and_closed() -> None:
    async with platform(plain_call) as url:
        connection = await connect("token", url)
        types = [message.type async for message in connection]
        assert types == ["session_started", "session_ended"]
        with pytest.raises(ConnectionClosed) as closed:
            await connection.receive()
        assert (closed.value.code, closed.value.clean) == (1000, True)
        await connection.close()
        assert repr(connection) == "<Connection closed>"


async def test_as_context_managers() -> None:
    async with platform(plain_call) as url:
        async with vatel_rt.connect("token", url) as connection:
            assert isinstance(await connection.receive(), SessionStarted)
        async with await connect("token", url) as connection:
            messages = [message async for message in connection.stream_messages()]
        assert isinstance(messages[-1], SessionEnded)


async def test_as_a_task_like_any_coroutine() -> None:
    async with platform(plain_call) as url:
        task = asyncio.create_task(connect("token", url))
        async with await task as connection:
            assert isinstance(await connection.receive(), SessionStarted)
        cancelled = asyncio.create_task(connect("token", url))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.wait({cancelled})
        assert cancelled.cancelled()
    connect("token", "http://127.0.0.1").close()


async def test_one_task_receives() -> None:
    async with platform(lambda socket: socket.wait_closed()) as url:
        async with connect("token", url) as connection:
            first = asyncio.create_task(connection.receive())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task"):
                await connection.receive()
            first.cancel()
            await asyncio.wait({first})


@pytest.mark.parametrize(("code", "reason"), [(1000, "x" * 124), (1006, ""), (99, "")])
async def test_a_close_that_cannot_be_sent(code: int, reason: str) -> None:
    async with platform(lambda socket: socket.wait_closed()) as url:
        async with connect("token", url) as connection:
            with pytest.raises(ValueError):
                await connection.close(code, reason)


@pytest.mark.parametrize("location", ["ftp://elsewhere/?token=s3cret", "http://[::1/?token=s3cret"])
async def test_a_redirect_that_cannot_be_followed(location: str) -> None:
    def redirect(server: ServerConnection, _request: Any) -> Any:
        answer = server.respond(302, "")
        answer.headers["Location"] = location
        return answer

    async with platform(plain_call, process_request=redirect) as url:
        with pytest.raises(VatelError) as caught:
            await connect("s3cret", url)
    text = "".join(traceback.format_exception(None, caught.value, caught.value.__traceback__))
    assert "s3cret" not in str(caught.value) + repr(caught.value)
    assert caught.value.__cause__ is None
    assert "InvalidURI" not in text or caught.value.__suppress_context__


async def test_sent_frames_have_the_platforms_format() -> None:
    frames: list[Any] = []

    async def keep(socket: ServerConnection) -> None:
        frames.extend([json.loads(frame) async for frame in socket])

    async with platform(keep) as url, connect("token", url) as connection:
        await connection.send_input_audio("AAA=")
        await connection.send_input_audio(b"\1\0")
        await connection.send_input_audio(bytearray(b"\1\0"))  # type: ignore[arg-type]
        await connection.send_tool_call_output("id", "ok")
        await connection.send_json({"type": "later", "data": {"a": None}})
    assert frames == [
        {"type": "input_audio", "data": {"audio": "AAA="}},
        {"type": "input_audio", "data": {"audio": "AQA="}},
        {"type": "input_audio", "data": {"audio": "AQA="}},
        {"type": "tool_call_output", "data": {"toolCallId": "id", "output": "ok"}},
        {"type": "later", "data": {"a": None}},
    ]


async def test_taps_get_the_messages_that_are_sent_and_received() -> None:
    tapped: list[Any] = []

    async def answer(socket: ServerConnection) -> None:
        async for _ in socket:
            await socket.send(STARTED)

    async with platform(answer) as url:
        opening = connect("token", url)
        opening.taps.append(lambda sender, message: tapped.append((sender, message)))
        async with opening as connection:
            block = bytearray(b"\1\0")
            await connection.send_input_audio(block)  # type: ignore[arg-type]
            await connection.send_input_audio("no base64")
            connection.queue_audio(b"\2\0")
            sending = asyncio.create_task(connection.send_queued_audio())
            await connection.drain_queued_audio()
            await asyncio.sleep(0)
            await connection.send_tool_call_output("id", "ok")
            await connection.send_json({"type": "later", "data": {"a": None, "at": UUID(int=1)}})
            await connection.send_json({"type": "input_audio", "data": {"audio": "AwA="}})
            await connection.send_json({"data": 1})
            received = [await connection.receive()]
        await sending
    assert [message for sender, message in tapped if sender == "client"] == [
        InputAudio.of(b"\1\0"),
        InputAudio.of("no base64"),
        InputAudio.of(b"\2\0"),
        ToolCallOutput(ToolCallOutputData("id", "ok")),
        UnknownMessage("later", {"a": None, "at": str(UUID(int=1))}),
        InputAudio.of(b"\3\0"),
        UnknownMessage("", 1),
    ]
    assert tapped[-1] == ("platform", received[0])
    assert tapped[-1][1] is received[0]


async def test_a_block_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[Any] = []
    monkeypatch.setattr("vatel_rt.realtime.connection.check_samples", checked.append)
    async with platform(lambda socket: socket.wait_closed()) as url:
        async with connect("token", url) as connection:
            connection.queue_audio(b"\1\0")
            sending = asyncio.create_task(connection.send_queued_audio())
            await connection.drain_queued_audio()
            await connection.send_input_audio(b"\2\0")
        await sending
    assert checked == [b"\1\0", b"\2\0"]


async def test_bad_input_is_refused_before_it_is_sent() -> None:
    async with platform(plain_call) as url, connect("token", url) as connection:
        with pytest.raises(AudioFormatError):
            await connection.send_input_audio(b"\1")
        with pytest.raises(TypeError, match="must be str"):
            await connection.send_tool_call_output("id", {})  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        connect("", "http://127.0.0.1")


async def test_unknown_and_broken_frames_do_not_end_the_session(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def odd(socket: ServerConnection) -> None:
        for frame in ('{"type": "new"}', "no json", b"\0\1", STARTED):
            await socket.send(frame)

    async with platform(odd) as url, connect("token", url) as connection:
        kinds = [type(message) async for message in connection]
    assert kinds == [UnknownMessage, InvalidMessage, InvalidMessage, SessionStarted]
    assert caplog.text.count("ignored a frame") == 2


@pytest.mark.parametrize(("code", "reason"), [(1011, "internal"), (4000, ""), (3000, "bye")])
async def test_code_and_reason_of_a_close_are_kept(code: int, reason: str) -> None:
    async def fail(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        await socket.close(code, reason)

    async with platform(fail) as url, connect("token", url) as connection:
        with pytest.raises(ConnectionClosed) as closed:
            _ = [message async for message in connection]
        assert (closed.value.code, closed.value.reason) == (code, reason)
        with pytest.raises(ConnectionClosed):
            await connection.send_input_audio(b"")


async def test_audio_sent_just_after_the_end_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    async with platform(plain_call) as url, connect("token", url) as connection:
        assert len([message async for message in connection]) == 2
        await connection.send_input_audio(bytes(960))  # like a task that has not read the end yet
        with pytest.raises(ConnectionClosed):
            await connection.send_tool_call_output("1", "")
        monkeypatch.setattr("vatel_rt.realtime.websocket.CROSSING_SECONDS", 0)
        with pytest.raises(ConnectionClosed) as closed:
            await connection.send_input_audio(bytes(960))
    assert closed.value.clean


async def test_our_close_has_a_code_and_a_reason() -> None:
    closed = asyncio.get_running_loop().create_future()

    async def wait(socket: ServerConnection) -> None:
        await socket.wait_closed()
        closed.set_result((socket.close_code, socket.close_reason))

    async with platform(wait) as url:
        connection = await connect("token", url)
        await connection.close(1001, "going home")
        assert await closed == (1001, "going home")
        with pytest.raises(ConnectionClosed) as told:
            await connection.receive()
        assert told.value.code == 1001


async def test_a_dropped_connection_is_reported() -> None:
    async def drop(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        socket.transport.abort()

    async with platform(drop) as url, connect("token", url) as connection:
        with pytest.raises(ConnectionClosed) as closed:
            _ = [message async for message in connection]
    assert (closed.value.code, closed.value.clean) == (1006, False)


async def test_a_frame_of_ten_megabytes_is_read() -> None:
    text = "x" * 10_000_000

    async def big(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "new", "data": text}))

    async with platform(big) as url, connect("token", url) as connection:
        message = await connection.receive()
    assert isinstance(message, UnknownMessage)
    assert message.data == text


async def test_a_frame_over_the_limit_ends_the_session() -> None:
    async def big(socket: ServerConnection) -> None:
        await socket.send("x" * 2000)
        await socket.wait_closed()

    options = ConnectionOptions(max_frame=1024)
    async with platform(big) as url, connect("token", url, options=options) as connection:
        with pytest.raises(ConnectionClosed) as closed:
            await connection.receive()
    assert (closed.value.code, closed.value.cause) == (1009, "frame_too_large")


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (400, '{"error": "token is required"}', BadRequestError, "token is required"),
        (401, '{"error": "token expired"}', AuthenticationError, "token expired"),
        (503, "<html>busy</html>", ServerError, "Service Unavailable"),
    ],
)
async def test_refused_handshakes(status: int, body: str, kind: type, told: str) -> None:
    def refuse(server: ServerConnection, _request: Any) -> Any:
        return server.respond(status, body)

    async with platform(plain_call, process_request=refuse) as url:
        with pytest.raises(kind, match=told) as caught:
            await connect("s3cret-token", url, options=ONCE)
    assert caught.value.status == status
    assert caught.value.path == "/v1/connection"
    assert "s3cret" not in repr(caught.value) + str(caught.value)


async def test_an_address_without_a_server() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(APIConnectionError, match=r"cannot reach ws://127\.0\.0\.1"):
            await connect("token", url, options=ONCE)
    with pytest.raises(APIConnectionError, match=r"cannot reach ws://nowhere\.invalid"):
        await connect("token", "http://nowhere.invalid", options=ONCE)


async def test_a_server_that_does_not_answer() -> None:
    options = ConnectionOptions(open_timeout=0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(APITimeoutError, match=r"did not answer in 0\.1 s"):
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            await connect("token", url, options=options)


async def test_a_server_with_another_protocol() -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp ready\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        with pytest.raises(APIConnectionError):
            await connect("token", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")


async def test_the_token_is_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with platform(plain_call) as url, connect("s3cret-token", url) as connection:
        messages = [message async for message in connection]
    own = [record for record in caplog.records if not record.name.startswith("websockets.server")]
    assert not any("s3cret" in record.getMessage() for record in own)
    assert "s3cret" not in repr(connection) + repr(messages)


async def test_no_compression_is_offered() -> None:
    offered = []

    async def look(socket: ServerConnection) -> None:
        offered.append(socket.request.headers.get("Sec-WebSocket-Extensions"))

    async with platform(look) as url, connect("token", url) as connection:
        with pytest.raises(ConnectionClosed):
            await connection.receive()
    assert offered == [None]


async def test_a_client_passes_options_and_token_sources_on() -> None:
    paths: list[str] = []
    made: list[str] = []

    def turn_away_once(server: ServerConnection, asked: Any) -> Any:
        paths.append(asked.path)
        return server.respond(503, "busy") if len(paths) == 1 else None

    def source() -> str:
        made.append(f"token-{len(made)}")
        return made[-1]

    async with platform(plain_call, process_request=turn_away_once) as url:
        async with Client("key", url) as client:
            async with client.connect(source, options=ConnectionOptions(attempts=2)) as connection:
                assert isinstance(await connection.receive(), SessionStarted)
            paths.clear()
            with pytest.raises(ServerError):
                await client.connect(source, options=ONCE)
            paths.clear()
            with pytest.raises(ServerError):
                async with client.call(token=source, options=ONCE):
                    pass
    assert made == [f"token-{n}" for n in range(4)]


async def test_a_call_to_an_agent_gets_a_fresh_token_for_each_attempt() -> None:
    made: list[str] = []
    seen: list[str] = []

    def answer_http(server: ServerConnection, asked: Any) -> Any:
        seen.append(asked.path.rpartition("=")[2])
        return server.respond(502, "") if len(seen) == 1 else None

    async with platform(plain_call, process_request=answer_http) as url:
        async with Client("key", url) as client:

            async def generate(agent_id: str, **_: Any) -> Any:
                made.append(f"{agent_id}-{len(made)}")
                return SessionTokenResponse(token=made[-1])

            client.session.generate_token_async = generate  # type: ignore[assignment]
            async with client.call("agent") as call:
                assert (await call.wait()).reason == "agent_hung_up"
    assert made == seen == ["agent-0", "agent-1"]
