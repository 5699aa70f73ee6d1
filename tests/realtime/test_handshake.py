"""The handshake: refusals, retries, and that no error or log shows the token."""

from __future__ import annotations

import asyncio
import logging
import pickle
import socket
import traceback
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import quote

import pytest
from platforms import STARTED, platform
from raw_platforms import CLOSE, TEXT, accept, frame_of, raw_platform, request, until_gone
from websockets import InvalidStatus
from websockets.asyncio.server import ServerConnection

from vatel_rt import retry as retries
from vatel_rt.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConnectionClosed,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    VatelError,
)
from vatel_rt.realtime.connection import connect
from vatel_rt.realtime.options import ConnectionOptions

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]
TOKEN = "s3cret/token+of=the.call"
SHOWN = (TOKEN, quote(TOKEN, safe=""))
ONCE = ConnectionOptions(attempts=1)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.01)


@pytest.fixture(autouse=True)
def _no_log_shows_the_token(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check every log record, except those of the test servers, which log the token."""
    caplog.set_level(logging.DEBUG)
    yield
    for record in caplog.records:
        told = logging.Formatter().format(record)
        assert record.name.startswith("websockets.server") or not any(s in told for s in SHOWN)


def check_silent(error: BaseException) -> None:
    shown = [str(error), repr(error), "".join(traceback.format_exception_only(type(error), error))]
    shown += traceback.format_exception(type(error), error, error.__traceback__)
    if isinstance(error, APIError):
        shown += [error.body, error.message, str(error.request.url), str(error.response.headers)]
        shown.append(repr(pickle.dumps(error)))
    assert not any(secret in text for secret in SHOWN for text in shown)


class Answers:
    """A server that sends each answer once, then opens the session."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.answers:
            self.headers.append(await request(reader))
            self.paths.append(self.headers[-1][""].split()[1])
            writer.write(self.answers.pop(0))
            return
        self.headers.append(await accept(reader, writer))
        self.paths.append(self.headers[-1][""].split()[1])
        writer.write(frame_of(TEXT, STARTED.encode()) + frame_of(CLOSE, b"\x03\xe8"))


def answer(status: str, body: str = "", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", body]
    return "\r\n".join(lines).encode("latin-1")


REFUSALS = [
    (answer("400 Bad Request", '{"error": "token is required"}'), BadRequestError, "is required"),
    (answer("401 Unauthorized", '{"error": "token expired"}'), AuthenticationError, "expired"),
    (
        answer("403 Forbidden", '{"error": "another organization"}'),
        PermissionDeniedError,
        "another",
    ),
    (answer("404 Not Found", '{"error": "no such agent"}'), NotFoundError, "no such agent"),
    (answer("401 Unauthorized", f'{{"error": "bad {TOKEN}"}}'), AuthenticationError, r"bad \[tok"),
    (answer("401 No", "", f"Location: /?token={SHOWN[1]}"), AuthenticationError, "401"),
    (answer("418 Teapot"), APIError, "418"),
    (answer("500 Internal Server Error", "<html>"), ServerError, "Internal Server Error"),
    (answer("504 Gateway Timeout"), ServerError, "504"),
    (answer("400 Bad Request", "x", "Content-Type: text/plain; charset=hex"), APIError, "x"),
    (b"HTTP/1.1 400 Bad Request\r\n\r\nuntil the end", BadRequestError, "until the end"),
    (
        answer("200 OK", "hello"),
        APIConnectionError,
        "200 instead of opening a voice session",
    ),
    (answer("204 No Content"), APIConnectionError, "204"),
    (answer("302 Found", "", f"Location: /?token={SHOWN[1]}"), APIConnectionError, "not followed"),
    (answer("301 Moved", "", "Location: http://[::1/"), APIConnectionError, "not followed"),
    (b"220 smtp ready\r\n", APIConnectionError, "did not open"),
    (b"", APIConnectionError, "did not open"),
    (b"\x00\xff" * 100 + b"\r\n\r\n", APIConnectionError, "did not open"),
    (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", APIConnectionError, "did not open"),
    (b"HTTP/2 101 Switching\r\n\r\n", APIConnectionError, "did not open"),
    (b"HTTP/1.1 999999 What\r\n\r\n", APIConnectionError, "did not open"),
    (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", APIConnectionError, "did not open"),
    (b"HTTP/1.1 500 E\r\nContent-Length: -5\r\n\r\n", APIConnectionError, "did not open"),
    (b"HTTP/1.1 500 E\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", VatelError, "vo"),
    (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + TOKEN.encode() + b"\r\n\r\n",
        APIConnectionError,
        "did not open",
    ),
    (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: " + TOKEN.encode() + b"\r\n\r\n",
        APIConnectionError,
        "did not open",
    ),
    (b"HTTP/1.1 401 No\r\n" + b"X: y\r\n" * 1000 + b"\r\n", APIConnectionError, "did not open"),
    (b"HTTP/1.1 401 No\r\nX: " + b"y" * 100_000, APIConnectionError, "did not open"),
]


@pytest.mark.parametrize(("said", "kind", "told"), REFUSALS)
async def test_refusals(said: bytes, kind: type[VatelError], told: str) -> None:
    server = Answers(said)
    async with raw_platform(server) as url:
        with pytest.raises(kind, match=told) as caught:
            await connect(TOKEN, url)
    check_silent(caught.value)
    assert len(server.paths) == 1  # no refusal is retried
    cause = caught.value.__cause__
    assert cause is not None or any(secret.encode() in said for secret in SHOWN)
    assert not any(secret in repr(cause) for secret in SHOWN)


async def test_a_refusal_has_its_cause_unless_that_shows_a_secret() -> None:
    async with raw_platform(Answers(answer("503 Busy"), answer("503 Busy"))) as url:
        with pytest.raises(ServerError) as refused:
            await connect(TOKEN, url, options=ConnectionOptions(attempts=2))
    assert isinstance(refused.value.__cause__, InvalidStatus)
    with pytest.raises(APIConnectionError) as unreachable:
        await connect(TOKEN, "http://nowhere.invalid", options=ONCE)
    assert isinstance(unreachable.value.__cause__, OSError)
    options = ConnectionOptions(proxy=f"ftp://user:{PROXY_PASSWORD}@h:1")
    with pytest.raises(ConfigurationError) as unusable:
        await connect(TOKEN, "http://agents.test", options=options)
    assert unusable.value.__cause__ is None
    assert unusable.value.__context__ is None


async def test_a_redirect_is_not_followed() -> None:
    elsewhere = Answers()
    async with raw_platform(elsewhere) as other:
        location = f"Location: {other.replace('http', 'ws')}/v1/connection?token={SHOWN[1]}"
        async with raw_platform(Answers(answer("307 Temporary", "", location))) as url:
            with pytest.raises(APIConnectionError, match=r"redirects .307"):
                await connect(TOKEN, url)
    assert elsewhere.paths == []


async def test_a_header_without_end() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
        while True:
            writer.write(b"X: y\r\n" * 1000)
            await writer.drain()

    async with raw_platform(serve) as url:
        with pytest.raises(APIConnectionError) as caught:
            await connect(TOKEN, url, options=ConnectionOptions(close_timeout=0.1))
    check_silent(caught.value)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 101 Swi", b"HTTP/1.1 500 E\r\nX: y\r\n"])
async def test_a_server_that_falls_silent(said: bytes) -> None:
    attempts: list[int] = []

    def source() -> str:  # counts attempts even if a busy server has read no request
        attempts.append(1)
        return TOKEN

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(said)
        await until_gone(reader)

    async with raw_platform(serve) as url:
        with pytest.raises(APITimeoutError, match=r"did not answer in 0\.2 s") as caught:
            await connect(source, url, options=ConnectionOptions(open_timeout=0.2))
    check_silent(caught.value)
    assert attempts == [1]  # a session may have begun


@pytest.mark.parametrize("status", ["429 Too Many Requests", "502 Bad Gateway", "503 Busy"])
async def test_a_refused_attempt_is_retried_with_the_same_token(status: str) -> None:
    server = Answers(answer(status, "", "Retry-After: 0"), answer(status))
    async with raw_platform(server) as url, connect(TOKEN, url) as connection:
        assert (await connection.receive()).type == "session_started"
    assert server.paths == [f"/v1/connection?token={SHOWN[1]}"] * 3


async def test_a_token_function_is_called_for_each_attempt() -> None:
    given: list[str] = []

    def source() -> str:
        given.append(f"token-{len(given)}")
        return given[-1]

    async def slow_source() -> str:
        await asyncio.sleep(0)
        return source()

    server = Answers(answer("503 Busy"))
    async with raw_platform(server) as url:
        async with connect(source, url):
            pass
        server.answers.append(answer("502 Bad Gateway"))
        async with connect(slow_source, url):
            pass
    assert [path.rpartition("=")[2] for path in server.paths] == given
    assert given == ["token-0", "token-1", "token-2", "token-3"]


async def test_attempts_are_counted_and_the_last_error_is_raised(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Answers(*[answer("503 Busy", f'{{"error": "no {n}"}}') for n in range(5)])
    async with raw_platform(server) as url:
        with pytest.raises(ServerError, match="no 2"):
            await connect(TOKEN, url)
        assert len(server.paths) == 3
        assert caplog.text.count("failed, retrying in") == 2
        with pytest.raises(ServerError, match="no 3"):
            await connect(TOKEN, url, options=ONCE)


@pytest.mark.parametrize("asked", ["11", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_a_retry_after_that_is_too_long_is_not_waited_for(asked: str) -> None:
    server = Answers(*[answer("429 Slow", "", f"Retry-After: {asked}")] * 3)
    async with raw_platform(server) as url:
        with pytest.raises(RateLimitError):
            await connect(TOKEN, url)
    assert len(server.paths) == (3 if len(asked) == 400 else 1)  # 400 digits are not a valid number


async def test_two_headers_that_contradict() -> None:
    server = Answers(answer("429 Slow", "", "Retry-After: 0", "Retry-After: 60"))
    async with raw_platform(server) as url, connect(TOKEN, url):
        pass
    assert len(server.paths) == 2


async def test_a_refused_connection_is_retried() -> None:
    server, bound = Answers(), socket.socket()
    tokens = iter(["first", "second", "third"])
    async with AsyncExitStack() as later:
        later.callback(bound.close)
        bound.bind(("127.0.0.1", 0))  # reserves the port without listening

        async def source() -> str:
            token = next(tokens)
            if token == "third":
                await later.enter_async_context(raw_platform(server, bound))
            return token

        async with connect(source, f"http://127.0.0.1:{bound.getsockname()[1]}") as connection:
            assert (await connection.receive()).type == "session_started"
    assert server.paths == ["/v1/connection?token=third"]


async def test_the_wait_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(answer("429 Slow", "", "Retry-After: 9"))
        answered.set()

    async with raw_platform(serve) as url:
        opening = asyncio.create_task(connect(TOKEN, url))
        await answered.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening


@pytest.mark.parametrize("source", [lambda: "", lambda: None, lambda: b"bytes"])
async def test_a_token_function_that_returns_no_token(source: Any) -> None:
    with pytest.raises(ConfigurationError, match="the token function must return a str"):
        await connect(source, "http://127.0.0.1:1")


async def test_an_error_of_a_token_function_is_raised() -> None:
    def source() -> str:
        raise LookupError("no key")

    with pytest.raises(LookupError, match="no key"):
        await connect(source, "http://127.0.0.1:1")


async def test_headers_compression_and_agent_arrive() -> None:
    server = Answers()
    headers = {"Authorization": "Bearer s3cret/token+of=the.call", "X-Trace": "1"}
    options = ConnectionOptions(headers=headers, compression=True)
    async with raw_platform(server) as url, connect("other-token", url, options=options):
        pass
    asked = server.headers[0]
    assert asked["authorization"] == headers["Authorization"]
    assert asked["x-trace"] == "1"
    assert "permessage-deflate" in asked["sec-websocket-extensions"]
    assert asked["user-agent"].startswith("vatel-python/")


async def test_a_server_that_repeats_the_token_when_it_closes() -> None:
    async def repeat(server: ServerConnection) -> None:
        await server.close(4001, f"{TOKEN} was used")

    async with platform(repeat) as url, connect(TOKEN, url) as connection:
        with pytest.raises(ConnectionClosed, match=r"4001 \[token\] was used") as closed:
            await connection.receive()
    check_silent(closed.value)


async def test_compressed_messages_are_read_within_the_limit() -> None:
    async def send(server: ServerConnection) -> None:
        await server.send(STARTED)
        await server.send("x" * 5000)
        await server.wait_closed()

    options = ConnectionOptions(compression=True, max_frame=1024)
    async with platform(send, compression="deflate") as url:
        async with connect(TOKEN, url, options=options) as connection:
            assert (await connection.receive()).type == "session_started"
            with pytest.raises(VatelError) as closed:
                await connection.receive()
    assert closed.value.cause == "frame_too_large"  # type: ignore[attr-defined]


PROXY_PASSWORD = "pr0xy-s3cret"


async def test_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await request(reader))[""])
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await accept(reader, writer)
        writer.write(frame_of(TEXT, STARTED.encode()) + frame_of(CLOSE, b"\x03\xe8"))

    async with raw_platform(proxy) as url:
        through = url.replace("//", f"//user:{PROXY_PASSWORD}@")
        options = ConnectionOptions(proxy=through)
        async with connect(TOKEN, "http://agents.test:81", options=options) as connection:
            assert (await connection.receive()).type == "session_started"
        assert asked == ["CONNECT agents.test:81 HTTP/1.1"]
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("http_proxy", through)
        async with connect(TOKEN, "http://agents.test:82"):
            pass
        assert asked[1:] == ["CONNECT agents.test:82 HTTP/1.1"]
        options = ConnectionOptions(proxy=None, attempts=1)
        with pytest.raises(APIConnectionError, match="cannot reach"):
            await connect(TOKEN, "http://agents.test:82", options=options)


@pytest.mark.parametrize("said", [answer("407 Proxy Authentication Required"), b"what\r\n"])
async def test_a_proxy_that_refuses(said: bytes) -> None:
    async with raw_platform(Answers(said)) as url:
        options = ConnectionOptions(proxy=url.replace("//", f"//user:{PROXY_PASSWORD}@"))
        with pytest.raises(APIConnectionError) as caught:
            await connect(TOKEN, "http://agents.test", options=options)
    check_silent(caught.value)
    assert PROXY_PASSWORD not in str(caught.value) + repr(options)


@pytest.mark.parametrize("proxy", ["", "ftp://h:1", "nonsense", f"http://u:{PROXY_PASSWORD}@h:x"])
async def test_a_proxy_that_cannot_be_used(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        await connect(TOKEN, "http://agents.test", options=ConnectionOptions(proxy=proxy))
    check_silent(caught.value)
    assert PROXY_PASSWORD not in str(caught.value)
