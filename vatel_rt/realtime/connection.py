"""One voice session over its WebSocket.

Logger `vatel.connection`, without audio, headers and token: at INFO how the session opened
(address, milliseconds, attempt) and ended (code, cause); at DEBUG each message, sent or received,
with type, turn and bytes; at WARNING a handshake that is tried again, a frame that cannot be read
and audio that is dropped. `vatel.connection.websockets`: the library beneath, from INFO on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping
from typing import TYPE_CHECKING, Any, Optional, Union

import websockets
from websockets.protocol import State

from vatel_rt.audio.pcm import check_samples
from vatel_rt.config import NONE, check_types, connection_endpoint
from vatel_rt.errors import ConfigurationError, ConnectionClosed
from vatel_rt.realtime.handshake import Token, open_session
from vatel_rt.realtime.messages import (
    Incoming,
    InvalidMessage,
    ToolCallOutput,
    decode,
    encode,
    encode_audio,
)
from vatel_rt.realtime.options import ConnectionOptions
from vatel_rt.realtime.payloads import ToolCallOutputData
from vatel_rt.realtime.send_queue import AudioQueue
from vatel_rt.realtime.websocket import WebSocket

if TYPE_CHECKING:
    from vatel_rt.realtime.trace import Tap

log = logging.getLogger("vatel.connection")


class Connection:
    """A voice session: iterate for what comes, call `send_...` for what goes.

    One task reads; any number may send. Made by `connect`.

    Attributes:
        bytes_sent: bytes of the messages that were sent.
        bytes_received: bytes of the messages that came.
        taps: called with `platform` or `client`, and each message that came or was sent.
    """

    def __init__(self, websocket: WebSocket, options: ConnectionOptions) -> None:
        self.bytes_sent = 0
        self.bytes_received = 0
        self.taps: list[Tap] = []
        self._websocket = websocket
        self._idle_timeout = options.idle_timeout
        self._audio = AudioQueue()
        websocket.on_lost = self._lost
        if websocket.state is State.CLOSED:  # by a server that answered and left
            self._lost()

    def __repr__(self) -> str:
        return f"<Connection {self._websocket.state.name.lower()}>"

    @property
    def audio_dropped_ms(self) -> float:
        """Milliseconds of audio given to `queue_audio` that waited too long to be sent."""
        return self._audio.dropped_ms

    async def receive(self) -> Incoming:
        """Wait for the next message. Cancelling loses none.

        Raises:
            ConnectionClosed: the session is over.
            RuntimeError: another task is receiving.
        """
        try:
            frame = await self._websocket.next_frame(self._idle_timeout)
        except websockets.ConnectionClosed:
            raise self._websocket.ended() from None
        except websockets.ConcurrencyError:
            raise RuntimeError("another task is receiving from this session") from None
        self.bytes_received += _size(frame)
        message = decode(frame)
        if isinstance(message, InvalidMessage):
            log.warning("passed over a frame that cannot be read: %s", message.error)
        if log.isEnabledFor(logging.DEBUG):
            turn = getattr(getattr(message, "data", None), "turn_id", None)
            log.debug("received %.40r, turn %.40r, %d bytes", message.type, turn, len(frame))
        for tap in self.taps:
            tap("platform", message)
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

        For a second after the platform's normal end it is dropped, for it may have been under way
        when the end came: a task that sends need not know at once what another one receives.

        Args:
            audio_base64: base64 text, or PCM bytes (signed 16-bit little-endian, 24 000 Hz,
                mono, whole samples). 20 ms, 960 bytes, is the usual piece.

        Raises:
            AudioFormatError: bytes that end within a sample.
            ConnectionClosed: the session is over.
        """
        try:
            await self.send_speech(audio_base64)
        except ConnectionClosed:
            if not self._websocket.ended_just_now():
                raise

    async def send_speech(self, audio: Union[str, bytes]) -> None:
        """`send_input_audio` that drops nothing: it raises from the end of the session on."""
        if not isinstance(audio, str):
            check_samples(audio)
        await self._send("input_audio", encode_audio(audio))

    def queue_audio(self, pcm: bytes) -> None:
        """Give a piece of the caller's speech to `send_queued_audio`, without waiting.

        While the socket is full, up to a second waits; then the oldest is dropped and counted
        in `audio_dropped_ms`, since an agent must not hear it late.

        Args:
            pcm: as for `send_input_audio`.

        Raises:
            AudioFormatError: bytes that end within a sample.
            ConnectionClosed: the session is over.
        """
        check_samples(pcm)
        if self._websocket.state is not State.OPEN:
            raise self._websocket.ended()
        self._audio.put(pcm)

    async def send_queued_audio(self) -> None:
        """Send what `queue_audio` is given until the session is over; for a task of its own.

        Everything else that is sent overtakes the audio that waits.
        """
        try:
            while True:
                pcm = await self._audio.get()
                if pcm is None:
                    return
                await self.send_input_audio(pcm)
        except ConnectionClosed:
            return  # `receive` tells how it ended

    async def drain_queued_audio(self) -> None:
        """Wait until no queued audio waits, or the session is over: what is sent then is after it.

        Needs `send_queued_audio` to run.
        """
        await self._audio.emptied()

    async def send_tool_call_output(self, tool_call_id: str, output: str) -> None:
        """Answer a `tool_call`. `output` is text for the agent; use JSON for structure.

        Raises:
            ConnectionClosed: the session is over.
        """
        if not isinstance(output, str):
            raise TypeError(f"output must be str, not {type(output).__name__}; see json.dumps")
        answer = ToolCallOutput(ToolCallOutputData(tool_call_id, output))
        await self._send(answer.type, encode(answer))

    async def send_json(self, payload: Mapping[str, Any]) -> None:
        """Send a JSON object as it is.

        Raises:
            ConnectionClosed: the session is over.
        """
        await self._send(payload.get("type"), encode(payload))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the session; does nothing if it is closed already.

        Cancelling it breaks the connection off, without the closing handshake.

        Raises:
            ValueError: `code` or `reason` (123 bytes at most) cannot be sent.
        """
        self._websocket.hanging_up |= self._websocket.state is State.OPEN
        try:
            await self._websocket.close(code, reason)
        except websockets.ProtocolError as error:
            self._websocket.hanging_up = False  # it is still open
            raise ValueError(str(error)) from None
        except asyncio.CancelledError:
            self._websocket.transport.abort()
            raise

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _send(self, kind: object, frame: Union[str, bytes]) -> None:
        try:
            await self._websocket.send(frame, text=True)
        except websockets.ConnectionClosed:
            raise self._websocket.ended() from None
        self.bytes_sent += _size(frame)
        log.debug("sent %.40r, %d bytes", kind, len(frame))
        for tap in self.taps:
            text = frame if isinstance(frame, str) else frame.decode()
            tap("client", decode(text, sender="client"))

    def _lost(self) -> None:
        self._audio.close()
        ended = self._websocket.ended()
        log.info("ended: %d, %s", ended.code, ended.cause)


def _size(frame: Union[str, bytes]) -> int:
    """Bytes of `frame` in UTF-8; nearly all are ASCII."""
    if isinstance(frame, str) and not frame.isascii():
        return len(frame.encode())
    return len(frame)


class connect(Coroutine[Any, Any, Connection]):  # noqa: N801  (used as a function)
    """Open a voice session: `await connect(token)`, or `async with connect(token) as c:`.

    Args:
        token: session token, which opens one session; or a function, asynchronous or not,
            that gives a fresh one for each attempt.
        url: base URL of the platform, http(s) or ws(s), with or without `/v1`; by default
            `VATEL_BASE_URL` or `https://api.vatel.ai`.
        path: path of the endpoint, `/v1/connection` by default.
        options: timeouts, limits, proxy, headers, TLS; see `ConnectionOptions`.

    Raises:
        APIError: the handshake was refused: `BadRequestError` (no token),
            `AuthenticationError` (token expired, invalid or used), `PermissionDeniedError`
            (agent of another organization), `NotFoundError` (no such agent).
        APIConnectionError: the platform could not be reached, or gave no voice session.
        ConfigurationError: `url`, `path`, `token` or a proxy cannot be used.
        Exception: what a token source or socket factory of the caller's raises.
    """

    def __init__(
        self,
        token: Token,
        url: Optional[str] = None,
        path: Optional[str] = None,
        *,
        options: Optional[ConnectionOptions] = None,
    ) -> None:
        check_types(str, Callable, NONE, token=token)
        check_types(ConnectionOptions, NONE, options=options)
        endpoint = connection_endpoint(url, path)
        if not token:
            raise ConfigurationError("no session token: see client.session.generate_token")
        options = options or ConnectionOptions()
        if options.ssl is not None and not endpoint.startswith("wss:"):
            raise ConfigurationError(f"TLS settings for a URL without TLS: {endpoint}")
        self._opening = _open(token, endpoint, options)

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


async def _open(token: Token, endpoint: str, options: ConnectionOptions) -> Connection:
    return Connection(await open_session(token, endpoint, options), options)
