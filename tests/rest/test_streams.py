"""Streamed answers keep their place in the pool, and are bounded."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import respx

from vatel import Client
from vatel_rt.errors import APITimeoutError, NotFoundError
from vatel_rt.rest import pools

ID = "5e1f1a5c-0000-4000-8000-000000000001"
HOST = "https://api.vatel.ai"
LONG = 5
"""Seconds after which a thread that should have ended is stuck."""


@pytest.fixture(autouse=True)
def _two_places_one_stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pools, "CONNECTIONS", 2)
    monkeypatch.setattr(pools, "STREAMS", 1)
    monkeypatch.setattr(pools, "STREAM_WAIT", 0.05)
    with respx.mock(assert_all_called=False) as mocked:
        mocked.get(f"{HOST}/v1/calls/{ID}/recording").respond(200, content=b"RIFF")
        mocked.get(f"{HOST}/v1/calls/missing/recording").respond(404)
        mocked.get(f"{HOST}/v1/agents").respond(200, json=[])
        yield


def test_an_open_stream_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "CONNECTIONS", 1)
    with Client("key", HOST) as client:
        other = threading.Thread(target=client.agents.list)
        with client.calls.stream_recording(ID) as pieces:
            other.start()
            other.join(0.1)
            assert other.is_alive()  # the only place is taken
            assert b"".join(pieces) == b"RIFF"
        other.join(LONG)
        assert not other.is_alive()


def test_streams_are_bounded_and_leave_places_for_requests() -> None:
    with Client("key", HOST) as client:
        with client.calls.stream_recording(ID):
            assert client.agents.list() == []
            with pytest.raises(APITimeoutError, match="1 streamed answers of this client are open"):
                client.calls.stream_recording(ID).__enter__()
            assert client.agents.list() == []
        for _ in range(2):  # more than there are places
            with pytest.raises(NotFoundError):
                client.calls.stream_recording("missing").__enter__()
            with pytest.raises(ZeroDivisionError), client.calls.stream_recording(ID):
                _ = 1 / 0
        with client.calls.stream_recording(ID) as pieces:
            assert list(pieces) == [b"RIFF"]


def test_streams_are_bounded_in_an_event_loop() -> None:
    async def use() -> None:
        async with Client("key", HOST) as client:
            async with client.calls.stream_recording_async(ID):
                assert await client.agents.list_async() == []
                with pytest.raises(APITimeoutError, match="1 streamed answers"):
                    await client.calls.stream_recording_async(ID).__aenter__()
                assert await client.agents.list_async() == []
                waiting = asyncio.ensure_future(
                    client.calls.stream_recording_async(ID).__aenter__()
                )
                await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.wait([waiting])
            with pytest.raises(NotFoundError):
                await client.calls.stream_recording_async("missing").__aenter__()
            async with client.calls.stream_recording_async(ID) as pieces:
                assert [piece async for piece in pieces] == [b"RIFF"]

    asyncio.run(use())


def test_saving_waits_until_a_stream_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    with Client("key", HOST) as client:
        saving = threading.Thread(target=client.calls.save_recording, args=(ID, path))
        with client.calls.stream_recording(ID):
            saving.start()
            saving.join(0.2)  # longer than opening a stream waits
            assert saving.is_alive()
        saving.join(LONG)
    assert path.read_bytes() == b"RIFF"


def test_many_recordings_are_saved_at_once(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(20)]

    async def use() -> None:
        async with Client("key", HOST) as client:
            await asyncio.gather(*(client.calls.save_recording_async(ID, path) for path in paths))

    asyncio.run(use())
    assert {path.read_bytes() for path in paths} == {b"RIFF"}


def test_a_client_of_the_caller_has_its_own_limits() -> None:
    own = httpx.Client()
    client = Client("key", HOST, own)
    with client.calls.stream_recording(ID), client.calls.stream_recording(ID) as pieces:
        assert list(pieces) == [b"RIFF"]
    own.close()
