"""Recordings as files: what is no recording, and what the target may be."""

from __future__ import annotations

import asyncio
import gzip
import os
import stat
import struct
import threading
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest

from vatel import Client
from vatel_rt.errors import APIConnectionError, ResponseParseError

ID = "00000000-0000-4000-8000-000000000001"
AUDIO = b"RIFF" + struct.pack("<I", 5000 - 8) + b"WAVE" + bytes(5000 - 12)
WAV = {"content-type": "audio/wav"}


@pytest.fixture(params=["sync", "async"])
def save(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Save a recording of which `answer` is the answer."""

    def saved(path: Any, answer: httpx.Response) -> None:
        def transport() -> Any:
            return httpx.MockTransport(lambda _: answer)

        if request.param == "sync":
            with httpx.Client(transport=transport()) as own:
                Client("key", None, own, max_retries=0).calls.save_recording(ID, path)
            return

        async def use() -> None:
            async with httpx.AsyncClient(transport=transport()) as own:
                client = Client("key", None, None, own, max_retries=0)
                await client.calls.save_recording_async(ID, path)

        asyncio.run(use())

    return saved


def streamed(body: bytes, status: int = 200, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers={**WAV, **named}, stream=Body(body))


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Any:
        yield self._body

    async def __aiter__(self) -> Any:
        yield self._body


@pytest.mark.parametrize(
    "answer",
    [
        lambda: httpx.Response(200, html="<html>log in</html>"),
        lambda: httpx.Response(202, json={"status": "processing"}),
        lambda: httpx.Response(204),
        lambda: httpx.Response(200, json={}),
        lambda: streamed(AUDIO[:10], 206, content_range="bytes 0-9/5000"),
    ],
    ids=["page", "later", "empty", "JSON", "unrequested part"],
)
def test_what_is_no_recording(save: Any, answer: Any, tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(b"good")
    with pytest.raises(ResponseParseError, match=r"GET /v1/calls/\S+: not a recording \(\d"):
        save(path, answer())
    assert path.read_bytes() == b"good"
    assert os.listdir(tmp_path) == ["call.wav"]


@pytest.mark.parametrize("coding", ["gzip", "x-gzip"])
def test_a_coded_recording(save: Any, coding: str, tmp_path: Path) -> None:
    coded = gzip.compress(AUDIO)
    headers = {"content_encoding": coding, "content_length": str(len(coded))}
    save(tmp_path / "call.wav", streamed(coded, **headers))
    assert (tmp_path / "call.wav").read_bytes() == AUDIO


@pytest.mark.parametrize("have", [4999, 100, 12])
def test_a_recording_shorter_than_its_header_says(save: Any, have: int, tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(b"good")
    with pytest.raises(APIConnectionError, match=f"ended at {have} of 5000 bytes"):
        save(path, streamed(AUDIO[:have]))
    assert path.read_bytes() == b"good"


@pytest.mark.parametrize(
    "body", [AUDIO, AUDIO + b"LIST", AUDIO[:4] + b"\xff" * 4 + AUDIO[8:], b"", b"OggS"]
)
def test_a_recording_without_a_length(save: Any, body: bytes, tmp_path: Path) -> None:
    save(tmp_path / "call.wav", streamed(body))
    assert (tmp_path / "call.wav").read_bytes() == body


class TestTargets:
    def test_modes(self, save: Any, tmp_path: Path) -> None:
        path = tmp_path / "call.wav"
        save(path, streamed(AUDIO))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o664)
        save(path, streamed(AUDIO))
        assert stat.S_IMODE(path.stat().st_mode) == 0o664

    def test_a_symbolic_link(self, save: Any, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        link = tmp_path / "link.wav"
        link.symlink_to(tmp_path / "folder" / "call.wav")
        for _ in range(2):
            save(link, streamed(AUDIO))
            assert link.is_symlink()
            assert (tmp_path / "folder" / "call.wav").read_bytes() == AUDIO

    def test_a_folder_is_refused_before_the_transfer(self, save: Any, tmp_path: Path) -> None:
        with pytest.raises(IsADirectoryError, match=f"Is a directory: '{tmp_path}'"):
            save(tmp_path, httpx.Response(500))

    def test_an_error_names_the_target(self, save: Any, tmp_path: Path) -> None:
        path = tmp_path / "no" / "call.wav"
        with pytest.raises(FileNotFoundError, match=f"No such file or directory: '{path}'"):
            save(path, httpx.Response(500))

    @pytest.mark.parametrize("name", ["x" * 255, "ä" * 127])
    def test_long_names(self, save: Any, name: str, tmp_path: Path) -> None:
        save(tmp_path / name, streamed(AUDIO))
        assert (tmp_path / name).read_bytes() == AUDIO

    def test_a_fifo_is_written_to(self, save: Any, tmp_path: Path) -> None:
        path = tmp_path / "fifo"
        os.mkfifo(path)
        read: list[bytes] = []
        reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
        reader.start()
        save(path, streamed(AUDIO))
        reader.join()
        assert read == [AUDIO]
        assert stat.S_ISFIFO(path.stat().st_mode)

    def test_a_device_stays(self, save: Any) -> None:
        save("/dev/null", streamed(AUDIO))
        assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def pagination(*, has_next: bool) -> dict[str, Any]:
    counts = dict.fromkeys(["page", "page_size", "total", "total_pages"], 1)
    return {**counts, "has_next": has_next, "has_prev": False}


class TestPaging:
    @staticmethod
    def client(asked: list[Any], pages: Callable[[int], dict[str, Any]]) -> Client:
        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.params)
            return httpx.Response(200, json=pages(int(request.url.params["page"])))

        return Client("key", None, httpx.Client(transport=httpx.MockTransport(answer)))

    @staticmethod
    def page(number: int) -> dict[str, Any]:
        return {
            "calls": [{"id": f"{number}-{index}"} for index in range(2)],
            "pagination": pagination(has_next=number < 5),
        }

    def test_it_begins_at_a_page(self) -> None:
        asked: list[Any] = []
        client = self.client(asked, self.page)
        assert [call.id for call in client.calls.iter(page=4)] == ["4-0", "4-1", "5-0", "5-1"]
        assert [each["page"] for each in asked] == ["4", "5"]

    def test_a_server_that_always_has_more(self) -> None:
        asked: list[Any] = []
        same = {"calls": [{"id": "a"}], "pagination": pagination(has_next=True)}
        client = self.client(asked, lambda _: same)
        assert [call.id for call in client.calls.iter()] == ["a"]
        assert len(asked) == 2

    def test_an_empty_list_is_not_every_call(self) -> None:
        asked: list[Any] = []
        client = self.client(asked, self.page)
        with pytest.raises(ValueError, match="agent_ids is empty, which would mean every call"):
            next(client.calls.iter(agent_ids=[]))
        assert asked == []
