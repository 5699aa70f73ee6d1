"""Limits of answers: size, content coding and time."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable, Optional

import pytest

from vatel import Client
from vatel_rt.errors import APIConnectionError, APIError, APITimeoutError, ResponseParseError
from vatel_rt.rest import bodies, pools

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Answer = Callable[[socket.socket, threading.Event], Any]


@contextmanager
def server(answer: Answer, asked: Optional[list[bytes]] = None) -> Iterator[str]:
    """Answer each connection with `answer` in a thread; its event is set at the end.

    What was asked is added to `asked`.
    """
    done, threads = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                threads.append(threading.Thread(target=talk, args=[connection]))
                threads[-1].start()

        def talk(connection: socket.socket) -> None:
            with connection:
                try:
                    head = connection.recv(65536)
                    if asked is not None:
                        asked.append(head)
                    answer(connection, done)
                except OSError:
                    return

        acceptor = threading.Thread(target=serve)
        acceptor.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for thread in threads:
                thread.join()


def whole(body: bytes, *headers: bytes, head: bytes = HEAD) -> Answer:
    def answer(connection: socket.socket, _: threading.Event) -> None:
        lines = b"".join(header + b"\r\n" for header in headers)
        connection.sendall(head + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    return answer


def endless(piece: bytes, *headers: bytes, head: bytes = HEAD, pause: float = 0) -> Answer:
    def answer(connection: socket.socket, done: threading.Event) -> None:
        connection.sendall(head + b"".join(h + b"\r\n" for h in headers) + b"\r\n")
        while not done.wait(pause) if pause else True:
            connection.sendall(piece)

    return answer


def by_both(url: str, **options: Any) -> Iterator[Callable[[], Any]]:
    def list_agents() -> Any:
        with Client("key", url, max_retries=0, **options) as client:
            return client.agents.list()

    yield list_agents

    async def use() -> Any:
        async with Client("key", url, max_retries=0, **options) as client:
            return await client.agents.list_async()

    yield lambda: asyncio.run(use())


BOMB = gzip.compress(bytes(2**20))


class TestSize:
    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bodies, "MAX_ANSWER", 2**20)

    @pytest.mark.parametrize(
        "answer",
        [
            whole(b" " * (2**20 + 1)),
            endless(b" " * 65536),
            endless(BOMB, b"Content-Encoding: gzip"),
            whole(gzip.compress(bytes(2**26)), b"Content-Encoding: gzip"),
        ],
        ids=["large", "endless", "endless gzip", "bomb"],
    )
    def test_an_answer_that_is_too_large(self, answer: Answer) -> None:
        with server(answer) as url:
            for act in by_both(url):
                with pytest.raises(ResponseParseError, match=r"GET /v1/agents: it is larger than"):
                    act()

    def test_an_error_that_is_too_large_is_cut(self) -> None:
        head = b"HTTP/1.1 400 Bad Request\r\n"
        with server(endless(b"x" * 65536, head=head)) as url:
            for act in by_both(url):
                with pytest.raises(APIError) as caught:
                    act()
                assert caught.value.status == 400
                assert len(caught.value.body) == bodies.MAX_ERROR


class TestCodings:
    @pytest.mark.parametrize(
        ("coding", "encode"),
        [
            (b"gzip", gzip.compress),
            (b"x-gzip", gzip.compress),
            (b" GZIP ", gzip.compress),
            (b"deflate", zlib.compress),
            (b"identity", bytes),
        ],
    )
    def test_one_coding(self, coding: bytes, encode: Callable[[bytes], bytes]) -> None:
        with server(whole(encode(b"[]"), b"Content-Encoding: " + coding)) as url:
            assert [act() for act in by_both(url)] == [[], []]

    def test_the_codings_that_are_asked_for(self) -> None:
        asked: list[bytes] = []

        def answer(connection: socket.socket, _: threading.Event) -> None:
            connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n[]")

        with server(answer, asked) as url:
            assert [act() for act in by_both(url)] == [[], []]
        wanted = b"accept-encoding: gzip, deflate\r\n"
        assert [wanted in head.lower() for head in asked] == [True, True]

    @pytest.mark.parametrize("coding", [b"gzip, gzip, gzip", b"br", b"zstd", b"\x1b[31m"])
    def test_others(self, coding: bytes) -> None:
        with server(whole(b"[]", b"Content-Encoding: " + coding)) as url:
            for act in by_both(url):
                with pytest.raises((ResponseParseError, APIConnectionError)) as caught:
                    act()
                assert "\x1b" not in str(caught.value)

    def test_damage(self) -> None:
        with server(whole(b"no gzip", b"Content-Encoding: gzip")) as url:
            for act in by_both(url):
                with pytest.raises(ResponseParseError, match="it is not valid gzip"):
                    act()


class TestTime:
    def test_an_answer_of_a_byte_now_and_then(self) -> None:
        with server(endless(b" ", pause=0.05)) as url:
            for act in by_both(url, timeout=0.5):
                with pytest.raises(APITimeoutError, match="did not answer in time"):
                    act()

    def test_the_queue_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pools, "CONNECTIONS", 1)
        with server(endless(b" ", pause=0.05)) as url:
            client = Client("key", url, max_retries=0, timeout=60)
            quick = client.with_options(timeout=0.2)
            with client.stream(method="get", url="/v1/agents"):
                with pytest.raises(APITimeoutError, match=r"1 requests .* within 0\.2 s"):
                    quick.agents.list()

            async def use() -> None:
                async with client.stream_async(method="get", url="/v1/agents"):
                    with pytest.raises(APITimeoutError, match=r"none ended within 0\.2 s"):
                        await quick.agents.list_async()

            asyncio.run(use())
            client.close()
