"""The group `calls`: all pages, and recordings as files; against servers that misbehave."""

from __future__ import annotations

import asyncio
import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Optional

import httpx
import pytest

from vatel import Client
from vatel_rt.errors import APIConnectionError, NotFoundError
from vatel_rt.rest import calls
from vatel_rt.rest.answers import PIECE

ID = "5e1f1a5c-0000-4000-8000-000000000001"


class History:
    """Calls that a mocked platform lists; `arrive` puts a new one in front."""

    def __init__(self, count: int) -> None:
        self.ids = [str(number) for number in range(count)]
        self.queries: list[dict[str, str]] = []
        self.after_page: Callable[[], None] = lambda: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        self.queries.append(query)
        page, size = int(query["page"]), int(query["page_size"])
        shown = self.ids[(page - 1) * size : page * size]
        has_next = page * size < len(self.ids)
        pagination = {
            "page": page,
            "page_size": size,
            "total": len(self.ids),
            "total_pages": 0,
            "has_next": has_next,
            "has_prev": page > 1,
        }
        self.after_page()
        return httpx.Response(
            200, json={"calls": [{"id": id_} for id_ in shown], "pagination": pagination}
        )

    def client(self) -> Client:
        transport = httpx.MockTransport(self)
        return Client(
            "key",
            "https://api.vatel.ai",
            httpx.Client(transport=transport),
            httpx.AsyncClient(transport=transport),
        )


async def collected(client: Client, **filters: Any) -> list[Optional[str]]:
    return [call.id async for call in client.calls.iter_async(**filters)]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_all_pages_in_order(count: int) -> None:
    history = History(count)
    client = history.client()
    assert [call.id for call in client.calls.iter()] == history.ids
    assert len(history.queries) == max(1, -(-count // 100))
    assert asyncio.run(collected(client, page_size=7)) == history.ids


def test_calls_that_come_in_meanwhile_repeat_nothing() -> None:
    history = History(30)
    new = iter(range(1000, 2000))
    history.after_page = lambda: history.ids.insert(0, str(next(new)))
    ids = [call.id for call in history.client().calls.iter(page_size=10)]
    assert [id_ for id_ in ids if int(id_ or 0) < 1000] == [str(number) for number in range(30)]
    assert len(set(ids)) == len(ids)


def test_only_the_last_ids_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "REMEMBERED", 4)
    history = History(0)
    history.ids = ["a", "b", "b", "c", "d", "b", "e", "f", "a"]
    ids = [call.id or "" for call in history.client().calls.iter()]
    assert "".join(ids) == "abcdefa"


def test_filters_have_pythons_types() -> None:
    from vatel.models import CallStatus

    history = History(1)
    zone = timezone(timedelta(hours=2))
    filters: Any = {
        "agent_ids": ("a", "b"),
        "status": CallStatus.ENDED,
        "date_from": datetime(2026, 1, 2, 3, 4, 5, tzinfo=zone),
        "date_to": "2026-01-03T00:00:00Z",
        "outbound": True,
        "search": "+1 555",
    }
    assert list(history.client().calls.iter(**filters))
    assert history.queries == [
        {
            "page": "1",
            "page_size": "100",
            "agent_ids": "a,b",
            "status": "ended",
            "date_from": "2026-01-02T03:04:05+02:00",
            "date_to": "2026-01-03T00:00:00Z",
            "outbound": "true",
            "search": "+1 555",
        }
    ]


def test_filters_that_cannot_be_right() -> None:
    client = History(1).client()
    with pytest.raises(ValueError, match="date_from has no time zone"):
        list(client.calls.iter(date_from=datetime(2026, 1, 2)))
    with pytest.raises(TypeError):
        list(client.calls.iter(colour="red"))  # type: ignore[call-arg]


class Recordings(http.server.ThreadingHTTPServer):
    """Serves one recording as `plan` says, one step a request.

    `whole`, or the number of bytes after which the connection is cut; `resumable` tells
    whether ranges are understood.
    """

    def __init__(self, size: int, plan: list[Any], *, resumable: bool) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.body = os.urandom(size)
        self.plan = plan
        self.resumable = resumable
        self.ranges: list[Optional[str]] = []

    def handle_error(self, *_: Any) -> None:
        """A client that leaves is none of the test's business."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recordings

    def do_GET(self) -> None:
        server = self.server
        asked = self.headers.get("Range")
        server.ranges.append(asked)
        step = server.plan.pop(0)
        if step == "missing":
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int(asked[len("bytes=") : -1]) if asked and server.resumable else 0
        self.send_response(206 if start else 200)
        if start:
            total = len(server.body)
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        if server.resumable:
            self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(server.body) - start))
        self.end_headers()
        end = len(server.body) if step == "whole" else start + step
        self.wfile.write(server.body[start:end])
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def recordings(
    plan: list[Any], *, size: int = 300_000, resumable: bool = True
) -> Iterator[Recordings]:
    with Recordings(size, plan, resumable=resumable) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(_seconds: float) -> None:
        pass

    monkeypatch.setattr(calls.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(calls.asyncio, "sleep", sleep)


def client_of(server: Recordings) -> Client:
    return Client("key", f"http://127.0.0.1:{server.server_address[1]}")


def save(client: Client, path: Path, progress: Any = None, *, is_async: bool) -> None:
    async def use() -> None:
        async with client:
            await client.calls.save_recording_async(ID, path, progress)

    if is_async:
        asyncio.run(use())
    else:
        with client:
            client.calls.save_recording(ID, path, progress)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("resumable", [False, True])
def test_a_recording_is_saved_whatever_is_cut(
    resumable: bool, is_async: bool, tmp_path: Path
) -> None:
    steps: list[tuple[int, Optional[int]]] = []
    path = tmp_path / "call.wav"
    path.write_text("an older one")
    plan = [2 * PIECE + 1, PIECE, 0, "whole"] if resumable else [2 * PIECE + 1, PIECE, "whole"]
    with recordings(plan, resumable=resumable) as server:
        save(client_of(server), path, lambda *step: steps.append(step), is_async=is_async)
        assert path.read_bytes() == server.body
    expected = [f"bytes={n * PIECE}-" for n in (2, 3, 3)] if resumable else [None] * 2
    assert server.ranges == [None, *expected]
    assert steps[-1] == (300_000, 300_000)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("resumable", [False, True])
def test_a_transfer_that_does_not_move_on_is_given_up(
    resumable: bool, is_async: bool, tmp_path: Path
) -> None:
    path = tmp_path / "call.wav"
    path.write_text("an older one")
    with recordings([PIECE] + [0 if resumable else PIECE] * 2, resumable=resumable) as server:
        with pytest.raises(APIConnectionError, match="lost the connection"):
            save(client_of(server), path, is_async=is_async)
        assert len(server.ranges) == 3
    assert path.read_text() == "an older one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_missing_recording_leaves_no_file(is_async: bool, tmp_path: Path) -> None:
    with recordings(["missing"]) as server, pytest.raises(NotFoundError):
        save(client_of(server), tmp_path / "call.wav", is_async=is_async)
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_cannot_be_written_makes_no_request(tmp_path: Path) -> None:
    with recordings([]) as server, client_of(server) as client:
        with pytest.raises(FileNotFoundError):
            client.calls.save_recording(ID, tmp_path / "no" / "call.wav")
        assert server.ranges == []


def test_an_interrupted_program_leaves_no_half_file(tmp_path: Path) -> None:
    def stop(have: int, _total: Optional[int]) -> None:
        raise KeyboardInterrupt

    with recordings(["whole"]) as server, client_of(server) as client:
        with pytest.raises(KeyboardInterrupt):
            client.calls.save_recording(ID, tmp_path / "call.wav", stop)
    assert list(tmp_path.iterdir()) == []


def test_a_recording_as_bytes_and_in_pieces() -> None:
    async def pieces(client: Client) -> bytes:
        async with client, client.calls.stream_recording_async(ID) as arriving:
            return b"".join([piece async for piece in arriving])

    with recordings(["whole"] * 3) as server:
        with client_of(server) as client:
            assert client.calls.download_recording(ID) == server.body
            with client.calls.stream_recording(ID) as arriving:
                parts = list(arriving)
            assert b"".join(parts) == server.body
            assert len(parts) > 1
        assert asyncio.run(pieces(client_of(server))) == server.body


def test_a_cut_in_the_pieces_is_told() -> None:
    async def pieces(client: Client) -> None:
        async with client, client.calls.stream_recording_async(ID) as arriving:
            async for _ in arriving:
                pass

    with recordings([1000, 1000]) as server:
        with client_of(server) as client, client.calls.stream_recording(ID) as arriving:
            with pytest.raises(APIConnectionError, match="lost the connection"):
                list(arriving)
        with pytest.raises(APIConnectionError):
            asyncio.run(pieces(client_of(server)))


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("bytes 65536-65539/65540", [None, "bytes=65536-"]),
        ("bytes 65536-65539/*", [None, "bytes=65536-"]),
        ("bytes 65530-65539/65540", [None, "bytes=65536-", None]),
        ("", [None, "bytes=65536-", None]),
    ],
)
def test_a_part_is_not_taken_for_the_whole(
    given: str, asked: list[Optional[str]], tmp_path: Path
) -> None:
    class Cut(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield bytes(PIECE)
            raise httpx.ReadError("cut")

    whole, ranges = bytes(PIECE) + b"rest", list[Optional[str]]()

    def answer(request: httpx.Request) -> httpx.Response:
        ranges.append(request.headers.get("Range"))
        if len(ranges) == 1:
            head = {"Content-Length": "65540", "ETag": '"1"'}
            return httpx.Response(200, headers=head, stream=Cut())
        if len(ranges) == 2:
            return httpx.Response(206, headers={"Content-Range": given}, content=b"rest")
        return httpx.Response(200, content=whole)

    client = Client(
        "key", "https://api.vatel.ai", httpx.Client(transport=httpx.MockTransport(answer))
    )
    client.calls.save_recording(ID, tmp_path / "call.wav")
    assert (tmp_path / "call.wav").read_bytes() == whole
    assert ranges == asked


def test_an_answer_that_is_short_without_being_cut(tmp_path: Path) -> None:
    """A proxy that says another length than it sends, and closes in good order."""

    class Short(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"half"

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Length": "8"}, stream=Short())

    own = httpx.Client(transport=httpx.MockTransport(answer))
    client = Client("key", "https://api.vatel.ai", own, max_retries=0)
    with pytest.raises(APIConnectionError, match="ended at 4 of 8 bytes"):
        client.calls.save_recording(ID, tmp_path / "call.wav")
    assert list(tmp_path.iterdir()) == []
