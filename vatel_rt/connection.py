"""One voice session over its WebSocket.

Logger `vatel.connection`. The token stands in the URL, so `websockets` gets a logger that
passes nothing below INFO on: its debug lines show the request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Generator, Mapping
from typing import Any, Optional, Union

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket

from vatel_rt.audio.pcm import SAMPLE_WIDTH
from vatel_rt.config import connection_url
from vatel_rt.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AudioFormatError,
    ConfigurationError,
    ConnectionClosed,
    VatelError,
)
from vatel_rt.messages import Incoming, InputAudio, InvalidMessage, ToolCallOutput, decode, encode
from vatel_rt.payloads import ToolCallOutputData
from vatel_rt.version import __version__

log = logging.getLogger("vatel.connection")
_wire_log = logging.getLogger("vatel.connection.websockets")
_wire_log.addFilter(lambda record: record.levelno >= logging.INFO)

FRAME_LIMIT = 16 * 1024 * 1024
"""Bytes of the largest frame read: 1 MiB, the library's default, ends within 17 s of audio."""
OPEN_TIMEOUT = 10.0
"""Seconds for the handshake, as in browsers' stacks: long enough for a cold start."""
CLOSE_TIMEOUT = 3.0
"""Seconds to wait for the other side's close: nothing of value comes after ours."""


class Connection:
    """A voice session: iterate for what comes, call `send_...` for what goes.

    One task reads; any number may send. Made by `connect`.
    """

    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket

    def __repr__(self) -> str:
        return f"<Connection {self._websocket.state.name.lower()}>"

    async def receive(self) -> Incoming:
        """Wait for the next message. Cancelling loses none.

        Raises:
            ConnectionClosed: the session is over.
            RuntimeError: another task is receiving.
        """
        try:
            frame = await self._websocket.recv()
        except websockets.ConnectionClosed as closed:
            raise _closed(closed) from None
        except websockets.ConcurrencyError:
            raise RuntimeError("another task is receiving from this session") from None
        message = decode(frame)
        if isinstance(message, InvalidMessage):
            log.warning("passed over a frame that cannot be read: %s", message.error)
        return message

    async def stream_messages(self) -> AsyncIterator[Incoming]:
        """Iterate over the messages until the session is closed.

        Raises:
            ConnectionClosed: it was closed with another code than 1000 or 1001.
        """
        while True:
            try:
                message = await self.receive()
            except ConnectionClosed as closed:
                if closed.clean:
                    return
                raise
            yield message

    def __aiter__(self) -> AsyncIterator[Incoming]:
        return self.stream_messages()

    async def send_input_audio(self, audio_base64: Union[str, bytes]) -> None:
        """Send a piece of the caller's speech; waits while the socket is full.

        Args:
            audio_base64: base64 text, or PCM bytes (signed 16-bit little-endian, 24 000 Hz,
                mono, whole samples). 20 ms, 960 bytes, is the usual piece.

        Raises:
            AudioFormatError: bytes that end within a sample.
            ConnectionClosed: the session is over.
        """
        if not isinstance(audio_base64, str) and len(audio_base64) % SAMPLE_WIDTH:
            raise AudioFormatError(f"{len(audio_base64)} bytes are not whole 16-bit samples")
        await self._send(encode(InputAudio.of(audio_base64)))

    async def send_tool_call_output(self, tool_call_id: str, output: str) -> None:
        """Answer a `tool_call`. `output` is text for the agent; use JSON for structure.

        Raises:
            ConnectionClosed: the session is over.
        """
        if not isinstance(output, str):
            raise TypeError(f"output must be str, not {type(output).__name__}; see json.dumps")
        await self._send(encode(ToolCallOutput(ToolCallOutputData(tool_call_id, output))))

    async def send_json(self, payload: Mapping[str, Any]) -> None:
        """Send a JSON object as it is.

        Raises:
            ConnectionClosed: the session is over.
        """
        await self._send(encode(payload))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the session; does nothing if it is closed already.

        Raises:
            ValueError: `code` or `reason` (123 bytes at most) cannot be sent.
        """
        try:
            await self._websocket.close(code, reason)
        except websockets.ProtocolError as error:
            raise ValueError(str(error)) from None

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _send(self, frame: str) -> None:
        try:
            await self._websocket.send(frame)
        except websockets.ConnectionClosed as closed:
            raise _closed(closed) from None


class connect(Coroutine[Any, Any, Connection]):  # noqa: N801  (used as a function)
    """Open a voice session: `await connect(token)`, or `async with connect(token) as c:`.

    Args:
        token: session token; it opens one session.
        url: base URL of the platform, http(s) or ws(s), with or without `/v1`; by default
            `VATEL_BASE_URL` or `https://api.vatel.ai`.
        path: path of the endpoint, `/v1/connection` by default.

    Raises:
        APIError: the handshake was refused: `BadRequestError` (no token),
            `AuthenticationError` (token expired, invalid or used), `PermissionDeniedError`
            (agent of another organization), `NotFoundError` (no such agent).
        APIConnectionError: the platform could not be reached.
        ConfigurationError: `url`, `path`, `token` or a proxy of the environment cannot be used.
    """

    def __init__(self, token: str, url: Optional[str] = None, path: Optional[str] = None) -> None:
        self._opening = _open(connection_url(token, url, path))

    def __await__(self) -> Generator[Any, None, Connection]:
        return self._opening.__await__()

    # What a task needs of it: code for earlier versions passes it to create_task.
    def send(self, value: Any) -> Any:
        """As for any coroutine."""
        return self._opening.send(value)

    def throw(self, *error: Any) -> Any:
        """As for any coroutine."""
        return self._opening.throw(*error)

    def close(self) -> None:
        """As for any coroutine."""
        self._opening.close()

    async def __aenter__(self) -> Connection:
        self._connection = await self._opening
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()


async def _open(url: str) -> Connection:
    shown = url.partition("?")[0]
    try:
        websocket = await open_websocket(
            url,
            compression=None,
            max_size=FRAME_LIMIT,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
            user_agent_header=f"vatel-python/{__version__}",
            logger=_wire_log,
        )
    except Exception as error:
        raise _not_opened(shown, error) from None
    return Connection(websocket)


def _not_opened(shown: str, error: Exception) -> VatelError:
    """Our error for one of the library, whose texts may hold the URL with the token."""
    if isinstance(error, websockets.InvalidStatus):
        answer = error.response
        headers = list(answer.headers.raw_items())
        return APIError.of_handshake(shown, answer.status_code, headers, bytes(answer.body or b""))
    if isinstance(error, asyncio.TimeoutError):  # the builtin one from 3.11 on
        return APITimeoutError(f"{shown} did not answer in {OPEN_TIMEOUT:g} s")
    if isinstance(error, (websockets.InvalidURI, websockets.InvalidProxy, ImportError)):
        return ConfigurationError(
            f"cannot reach {shown}: a redirect or a proxy of the environment that cannot be used"
        )
    return APIConnectionError(f"cannot reach {shown}: {error}")


def _closed(closed: websockets.ConnectionClosed) -> ConnectionClosed:
    if closed.rcvd is not None:
        return ConnectionClosed(closed.rcvd.code, closed.rcvd.reason)
    if closed.sent is not None:
        return ConnectionClosed(closed.sent.code, closed.sent.reason)
    return ConnectionClosed(1006, "the connection was lost")
