"""Recording a session with `record_messages`; the simulator's tests cover the file format."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from platforms import ENDED, STARTED, platform
from websockets.asyncio.server import ServerConnection

from vatel_rt.errors import ServerError
from vatel_rt.realtime.connection import Connection, connect
from vatel_rt.realtime.options import ConnectionOptions
from vatel_rt.realtime.trace import record_messages as recorded
from vatel_rt.tracing import record_messages

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]


async def one_message(socket: ServerConnection) -> None:
    await socket.send(STARTED)
    await socket.recv()
    await socket.send(ENDED)


@asynccontextmanager
async def wrapped(url: str) -> AsyncIterator[Connection]:
    async with connect("token", url) as connection:
        yield connection


def test_the_import_path_of_earlier_versions() -> None:
    assert record_messages is recorded


async def test_a_session_without_taps_is_refused_and_the_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text("kept")
    odd: list[Any] = [wrapped("http://127.0.0.1:1"), object(), None]
    for session in odd:
        with pytest.raises(TypeError, match=r"must be client.call\(...\) or client.connect\(...\)"):
            async with record_messages(session, path):
                pass
    assert path.read_text() == "kept"


async def test_an_open_connection_is_recorded_as_well(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    async with platform(one_message) as url:
        async with record_messages(await connect("token", url), path) as connection:
            assert isinstance(connection, Connection)
            await connection.send_input_audio(b"\1\0")
            assert len([message async for message in connection]) == 2
    senders = [line["sender"] for line in lines(path)[1:]]
    assert sorted(senders) == ["client", "platform", "platform"]


async def test_the_clock_begins_when_the_session_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clock = tmp_path / "trace.jsonl", SimpleNamespace(now=0.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr("vatel_rt.realtime.trace.time", clock)

    def slow_token() -> str:
        clock.now = 100.0
        return "token"

    async with platform(one_message) as url:
        async with record_messages(connect(slow_token, url), path) as connection:
            clock.now = 101.5
            await connection.receive()
    assert lines(path)[1]["at_ms"] == 1500


async def test_a_session_that_does_not_open_leaves_an_empty_trace(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"

    def refuse(server: ServerConnection, _request: Any) -> Any:
        return server.respond(500, "")

    async with platform(one_message, process_request=refuse) as url:
        opening = connect("token", url, options=ConnectionOptions(attempts=1))
        with pytest.raises(ServerError):
            async with record_messages(opening, path):
                pass
    assert len(lines(path)) == 1


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]
