"""The queue of audio in front of a socket that may be full."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import socket
from typing import Any

import anyio
import pytest
from platforms import STARTED, platform
from websockets.asyncio.server import ServerConnection

from vatel_rt.audio.pcm import BLOCK_BYTES, bytes_of, duration_ms
from vatel_rt.errors import AudioFormatError, ConnectionClosed
from vatel_rt.realtime.connection import Connection, connect
from vatel_rt.realtime.options import ConnectionOptions
from vatel_rt.realtime.send_queue import AudioQueue

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]


def block(number: int) -> bytes:
    return number.to_bytes(4, "little") * (BLOCK_BYTES // 4)


def number_of(message: dict[str, Any]) -> int:
    return int.from_bytes(base64.b64decode(message["data"]["audio"])[:4], "little")


async def drained(queue: AudioQueue) -> list[bytes]:
    queue_end = asyncio.create_task(queue.get())
    pieces = []
    while (piece := await queue_end) is not None:
        pieces.append(piece)
        if not queue._pieces:
            break
        queue_end = asyncio.create_task(queue.get())
    return pieces


async def test_a_second_is_queued_and_the_oldest_is_dropped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue = AudioQueue()
    for number in range(60):
        queue.put(block(number))
    assert queue.dropped_ms == 200
    assert await drained(queue) == [block(number) for number in range(10, 60)]
    assert caplog.text.count("the oldest audio is dropped") == 1  # logged once


async def test_a_piece_longer_than_the_capacity_keeps_its_end() -> None:
    queue = AudioQueue(capacity_ms=40)
    queue.put(block(1))
    queue.put(block(2) + block(3) + block(4))
    assert await drained(queue) == [block(3) + block(4)]
    assert queue.dropped_ms == 40


async def test_pieces_are_copied_and_close_ends_get() -> None:
    queue = AudioQueue()
    given = bytearray(block(1))
    queue.put(given)
    given[:] = bytes(len(given))
    assert await queue.get() == block(1)
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put(block(2))
    queue.put(block(3))
    assert await waiting == block(2)
    queue.close()
    assert await queue.get() is None


async def test_many_sending_tasks_keep_order_and_frames() -> None:
    got: list[tuple[str, int]] = []

    async def listen(server: ServerConnection) -> None:
        async for frame in server:
            message = json.loads(frame)
            got.append((message["who"], message["n"]))

    async def talk(connection: Connection, who: str) -> None:
        for n in range(100):
            await connection.send_json({"who": who, "n": n, "filling": "x" * (n * 50)})

    async with platform(listen) as url, connect("token", url) as connection:
        async with anyio.create_task_group() as tasks:
            for who in "abcdefgh":
                tasks.start_soon(talk, connection, who)
    assert len(got) == 800
    for who in "abcdefgh":
        assert [n for name, n in got if name == who] == list(range(100))


async def test_a_full_socket_drops_the_oldest_and_tool_outputs_overtake() -> None:
    got: list[dict[str, Any]] = []
    read_on, all_came = asyncio.Event(), asyncio.Event()
    newest = -1

    async def stall(server: ServerConnection) -> None:
        server.transport.pause_reading()
        await read_on.wait()
        server.transport.resume_reading()
        async for frame in server:
            got.append(json.loads(frame))
            if got[-1]["type"] == "input_audio" and number_of(got[-1]) == newest:
                all_came.set()

    sent = 0
    options = ConnectionOptions(ping_interval=None)
    async with platform(stall) as url, connect("token", url, options=options) as connection:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(connection.send_queued_audio)
            for sent in itertools.count(1):  # fills the system's buffers, then the queue twice
                connection.queue_audio(block(sent - 1))
                await asyncio.sleep(0)
                if connection.audio_dropped_ms >= 1000:
                    break
            tasks.start_soon(connection.send_tool_call_output, "id", "out")
            await asyncio.sleep(0)
            newest = sent - 1
            read_on.set()
            await all_came.wait()
            await connection.close()
        dropped = connection.audio_dropped_ms / 20
        with pytest.raises(ConnectionClosed):
            connection.queue_audio(block(0))
    types = [message["type"] for message in got]
    numbers = [number_of(message) for message in got if message["type"] == "input_audio"]
    assert numbers == sorted(set(numbers))  # in order, without duplicates
    assert len(numbers) + dropped == sent  # every dropped block is counted
    assert numbers[-50:] == list(range(sent - 50, sent))  # the newest second arrived
    assert types.count("tool_call_output") == 1
    assert len(types) - types.index("tool_call_output") >= 50  # sent before the queued audio


async def test_socket_buffers_are_small() -> None:
    async with platform(lambda server: server.wait_closed()) as url:
        async with connect("token", url) as connection:
            transport = connection._websocket.transport
            assert transport.get_write_buffer_limits()[1] == 16 * 1024
            opened = transport.get_extra_info("socket")
            waits = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
            assert waits == 16 * 1024


async def test_waiting_senders_raise_at_the_end() -> None:
    cut = asyncio.Event()

    async def stall(server: ServerConnection) -> None:
        server.transport.pause_reading()
        await cut.wait()
        server.transport.abort()

    async with platform(stall) as url, connect("token", url) as connection:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(connection.send_queued_audio)  # ends without an error
            with pytest.raises(ConnectionClosed):
                for number in itertools.count():
                    connection.queue_audio(block(number))
                    await asyncio.sleep(0)
                    if connection.audio_dropped_ms:
                        cut.set()
        for send in (
            connection.send_input_audio(b""),
            connection.send_tool_call_output("id", ""),
            connection.send_json({}),
        ):
            with pytest.raises(ConnectionClosed):
                await send


async def test_half_a_sample_is_refused() -> None:
    async def plain(server: ServerConnection) -> None:
        await server.send(STARTED)
        await server.wait_closed()

    async with platform(plain) as url, connect("token", url) as connection:
        with pytest.raises(AudioFormatError):
            connection.queue_audio(b"\0")
        assert connection.audio_dropped_ms == 0


def test_the_capacity_is_a_second() -> None:
    queue = AudioQueue()
    queue.put(bytes(bytes_of(60_000)))
    assert queue.dropped_ms == 59_000
    assert duration_ms(queue._waiting) == 1000


async def test_emptied_waits_for_the_last_piece_or_close() -> None:
    for end in ("get", "close"):
        queue = AudioQueue()
        await queue.emptied()
        queue.put(block(1))
        waiting = asyncio.create_task(queue.emptied())
        await asyncio.sleep(0)
        assert not waiting.done()
        if end == "get":
            assert await queue.get() == block(1)
        else:
            queue.close()
        await waiting
