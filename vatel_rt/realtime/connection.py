"""A voice session over a WebSocket.

The logger `vatel.connection` never shows audio, headers or the token; docs/calls.md lists what it
logs. `vatel.connection.websockets` has the messages of `websockets` from INFO on.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Optional

import websockets
from websockets.protocol import State

from vatel_rt.audio.pcm import check_samples
from vatel_rt.config import connection_endpoint
from vatel_rt.errors import ConfigurationError, ConnectionClosed
from vatel_rt.event_loop import running_loop
from vatel_rt.realtime.codec import Frame, client_message, decode, encode, encode_audio, size_of
from vatel_rt.realtime.handshake import Token, open_session
from vatel_rt.realtime.messages import Incoming, InputAudio, InvalidMessage, ResponseAudio
from vatel_rt.realtime.odd_bytes import OddBytes
from vatel_rt.realtime.options import ConnectionOptions
from vatel_rt.realtime.send_queue import AudioQueue
from vatel_rt.realtime.websocket import WebSocket
from vatel_rt.repeated import Repeated
from vatel_rt.validation import NONE, check_types

if TYPE_CHECKING:
    from vatel_rt.realtime.trace import Message, Tap

log = logging.getLogger("vatel.connection")


class Connection:
    """A voice session, of `connect`: iterate to receive messages, call `send_...` to send them.

    One task may receive, any number may send. Once the session is over, `receive`, `send_...` and
    `queue_audio` raise `ConnectionClosed`.

    Attributes:
        bytes_sent: total size of the messages sent.
        bytes_received: total size of the messages received.
        taps: functions called with the sender ("platform" or "client") and each message.
    """

    def __init__(self, websocket: WebSocket, options: ConnectionOptions, taps: list[Tap]) -> None:
        self.bytes_sent = self.bytes_received = 0
        self.taps = taps
        self._websocket = websocket
        self._idle_timeout = options.idle_timeout
        self._audio = AudioQueue()
        self._odd_bytes = OddBytes()
        self._unreadable = Repeated(log, "ignored a frame that cannot be read")
        websocket.on_lost = self._lost
        if websocket.state is State.CLOSED:  # the server closed it during the handshake
            self._lost()

    def __repr__(self) -> str:
        return f"<Connection {self._websocket.state.name.lower()}>"

    @property
    def audio_dropped_ms(self) -> float:
        """Milliseconds of queued audio that were dropped because the network was too slow."""
        return self._audio.dropped_ms

    async def receive(self) -> Incoming:
        """Return the next message. Cancellation-safe: no message is lost.

        Raises:
            RuntimeError: another task is receiving.
        """
        frame = await self._websocket.next_frame(self._idle_timeout)
        self.bytes_received += size_of(frame)
        message = decode(frame)
        if isinstance(message, ResponseAudio):
            message = self._odd_bytes.whole(message)
        elif isinstance(message, InvalidMessage):
            self._unreadable.warn(message.error)
        if log.isEnabledFor(logging.DEBUG):
            turn = getattr(message.data, "turn_id", None)
            log.debug("received %.40r, turn %.40r, %d bytes", message.type, turn, len(frame))
        for tap in self.taps:
            tap("platform", message)
        return message

    async def stream_messages(self) -> AsyncIterator[Incoming]:
        """Iterate until the session ends. Raises `ConnectionClosed` unless it ended cleanly."""
        try:
            while True:
                yield await self.receive()
        except ConnectionClosed as closed:
            if not closed.clean:
                raise

    def __aiter__(self) -> AsyncIterator[Incoming]:
        return self.stream_messages()

    async def send_input_audio(self, audio_base64: Frame) -> None:
        """Send a piece of the caller's speech. Waits while the socket is full.

        For a second after the platform ended the session cleanly, audio is dropped instead of
        raising: the task that sends may not know of the end yet.

        Args:
            audio_base64: base64 text, or PCM bytes (signed 16-bit little-endian, 24 000 Hz,
                mono), usually 20 ms (960 bytes).

        Raises:
            AudioFormatError: the bytes are not whole samples.
        """
        try:
            await self.send_speech(audio_base64)
        except ConnectionClosed:
            if not self._websocket.ended_just_now():
                raise

    def send_speech(self, audio: Frame) -> Awaitable[None]:
        """As `send_input_audio`, but always raise `ConnectionClosed` once the session is over."""
        if not isinstance(audio, str):
            check_samples(audio)
        return self._send_audio(audio)

    def queue_audio(self, pcm: bytes) -> None:
        """Queue PCM bytes of the caller's speech for `send_queued_audio`, without waiting.

        While the socket is full, up to a second of audio is queued. Beyond that the oldest is
        dropped and counted in `audio_dropped_ms`, so that the agent never hears it late.

        Raises:
            AudioFormatError: the bytes are not whole samples.
        """
        check_samples(pcm)
        if self._websocket.state is not State.OPEN:
            raise self._websocket.ended()
        self._audio.put(pcm)

    async def send_queued_audio(self) -> None:
        """Send the audio of `queue_audio`, after all other messages, until the session is over.

        Run it in a separate task.
        """
        with suppress(ConnectionClosed):  # `receive` reports how the session ended
            while (pcm := await self._audio.get()) is not None:
                await self._send_audio(pcm)

    async def drain_queued_audio(self) -> None:
        """Wait until no audio is queued or the session is over. Needs `send_queued_audio`."""
        await self._audio.emptied()

    async def send_tool_call_output(self, tool_call_id: str, output: str) -> None:
        """Answer a `tool_call`. `output` is text (JSON for structure), else raises `TypeError`."""
        if not isinstance(output, str):
            raise TypeError(f"output must be str, not {type(output).__name__}; see json.dumps")
        data = {"toolCallId": tool_call_id, "output": output}
        await self.send_json({"type": "tool_call_output", "data": data})

    async def send_json(self, payload: Mapping[str, Any]) -> None:
        """Send a JSON object unchanged. Raises `TypeError` if a value cannot be encoded."""
        message = client_message(payload) if self.taps else None
        await self._send(payload.get("type"), encode(payload), message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the session if it is open. Cancelling skips the closing handshake.

        Raises:
            ValueError: `code` cannot be sent, or `reason` is longer than 123 bytes.
        """
        await self._websocket.hang_up(code, reason)

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _send_audio(self, audio: Frame) -> Awaitable[None]:
        """Send audio that is known to be whole samples. Without taps no message is built."""
        message = InputAudio.of(audio) if self.taps else None
        return self._send("input_audio", encode_audio(audio), message)

    async def _send(self, kind: object, frame: Frame, message: Optional[Message]) -> None:
        try:
            await self._websocket.send(frame, text=True)
        except websockets.ConnectionClosed:
            raise self._websocket.ended() from None
        self.bytes_sent += size_of(frame)
        log.debug("sent %.40r, %d bytes", kind, len(frame))
        if message is not None:
            for tap in self.taps:
                tap("client", message)

    def _lost(self) -> None:
        self._audio.close()
        self._unreadable.flush()
        ended = self._websocket.ended()
        log.info("ended: %d, %s", ended.code, ended.cause)


class connect(Coroutine[Any, Any, Connection]):  # noqa: N801  (used as a function)
    """Open a voice session: `await connect(token)`, or `async with connect(token) as connection`.

    Functions that must see the first message are added to `taps`, as those of a `Connection`.

    Args:
        token: session token, valid for one session; or a function, asynchronous or not, that
            returns a new one for each attempt.
        url: base URL of the platform, http(s) or ws(s), with or without `/v1`. Default:
            `VATEL_BASE_URL`, else `https://api.vatel.ai`.
        path: path of the endpoint. Default: `/v1/connection`.
        options: timeouts, limits, proxy, headers, TLS.

    Raises:
        BadRequestError, AuthenticationError: no token; it is expired, invalid or used.
        PermissionDeniedError, NotFoundError: the agent is of another organization, or unknown.
        APIConnectionError: the platform could not be reached, or did not open a voice session.
        ConfigurationError: `url`, `path`, `token` or a proxy cannot be used.
        Exception: any error raised by a token function or socket factory.
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
            raise ConfigurationError(f"ConnectionOptions(ssl=...) needs a wss URL, not {endpoint}")
        self.taps: list[Tap] = []
        self._opening = self._open(token, endpoint, options)

    # Programs written for earlier versions pass it to create_task, which needs a coroutine.
    def send(self, value: Any) -> Any:  # noqa: D102
        return self._opening.send(value)

    def throw(self, *error: Any) -> Any:  # noqa: D102
        return self._opening.throw(*error)

    def close(self) -> None:  # noqa: D102
        self._opening.close()

    def __await__(self) -> Generator[Any, None, Connection]:
        return self._opening.__await__()

    async def __aenter__(self) -> Connection:
        self._connection = await self._opening
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()

    async def _open(self, token: Token, url: str, options: ConnectionOptions) -> Connection:
        running_loop()  # says so where it is another library's
        return Connection(await open_session(token, url, options), options, self.taps)
