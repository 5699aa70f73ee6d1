"""Clients of voice platforms behind one interface, each used as its documentation shows.

A session is a pair of functions: `listen(heard)` calls `heard` with the PCM of each message, and
`send(pcm)` sends a block. Other clients are directed to the local server by their own settings.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, Callable, NamedTuple
from urllib.parse import urlsplit

from websockets.asyncio.client import connect as open_socket

from vatel import connect
from vatel.models.ws import ResponseAudio

Heard = Callable[[bytes], None]


class Session(NamedTuple):
    """An open session of any client."""

    listen: Callable[[Heard], Awaitable[None]]
    send: Callable[[bytes], Awaitable[None]]


def _session(messages: Any, audio_of: Callable[[Any], Any], send: Any) -> Session:
    async def listen(heard: Heard) -> None:
        async for message in messages:
            if audio := audio_of(message):
                heard(audio)

    return Session(listen, send)


def _text(pcm: bytes) -> str:
    return b64encode(pcm).decode()


def _message(pcm: bytes) -> str:
    return json.dumps({"type": "input_audio", "data": {"audio": _text(pcm)}})


async def _vatel(url: str, stack: AsyncExitStack) -> Session:
    def audio_of(message: object) -> Any:
        return isinstance(message, ResponseAudio) and message.data.pcm

    address = urlsplit(url)
    opening = connect("t", f"{address.scheme}://{address.netloc}", address.path)
    connection = await stack.enter_async_context(opening)
    return _session(connection, audio_of, connection.send_input_audio)


async def _websockets(url: str, stack: AsyncExitStack, by_hand: bool = False) -> Session:
    def audio_of(frame: str) -> Any:
        message = json.loads(frame)
        return message["type"] == "response_audio" and b64decode(message["data"]["audio"])

    socket = await stack.enter_async_context(open_socket(url, compression=None))
    if by_hand:
        return _session(socket, audio_of, lambda pcm: socket.send(_message(pcm)))
    ready = cache(_message)
    return _session(socket, lambda frame: frame, lambda pcm: socket.send(ready(pcm)))


async def _openai(url: str, stack: AsyncExitStack) -> Session:
    from openai import AsyncOpenAI

    urls: Any = {"websocket_base_url": url, "base_url": url.replace("ws", "http", 1)}
    opening = AsyncOpenAI(api_key="k", **urls).realtime.connect(model="gpt-realtime")
    connection: Any = await stack.enter_async_context(opening)
    return _session(
        connection,
        lambda event: event.type == "response.output_audio.delta" and b64decode(event.delta),
        lambda pcm: connection.input_audio_buffer.append(audio=_text(pcm)),
    )


async def _elevenlabs(url: str, stack: AsyncExitStack) -> Session:
    from elevenlabs.client import ElevenLabs
    from elevenlabs.conversational_ai.conversation import AsyncConversation, ClientTools

    started, listening = asyncio.Future[Any](), asyncio.Future[Heard]()

    async def start(send: Any) -> None:
        started.set_result(send)

    async def output(audio: bytes) -> None:
        (await listening)(audio)

    async def nothing() -> None: ...

    interface: Any = SimpleNamespace(start=start, output=output, stop=nothing, interrupt=nothing)
    conversation = AsyncConversation(
        ElevenLabs(api_key="k", base_url=url.replace("ws", "http", 1)),
        "agent",
        requires_auth=False,
        audio_interface=interface,
        client_tools=ClientTools(loop=asyncio.get_running_loop()),  # without one thread per call
    )

    async def listen(heard: Heard) -> None:
        listening.set_result(heard)
        await conversation.wait_for_session_end()

    await conversation.start_session()
    stack.push_async_callback(conversation.end_session)
    return Session(listen, await started)


async def _hume(url: str, stack: AsyncExitStack) -> Session:
    from hume import AsyncHumeClient
    from hume.empathic_voice.types import AudioInput

    client: Any = AsyncHumeClient(api_key="k", base_url=url.replace("ws", "http", 1))
    socket = await stack.enter_async_context(client.empathic_voice.chat.connect())
    return _session(
        socket,
        lambda message: message.type == "audio_output" and b64decode(message.data),
        lambda pcm: socket.send_publish(AudioInput(data=_text(pcm))),
    )


async def _deepgram(url: str, stack: AsyncExitStack) -> Session:
    from deepgram import AsyncDeepgramClient
    from deepgram.environment import DeepgramClientEnvironment

    places = DeepgramClientEnvironment(base=url, production=url, agent=url, agent_rest=url)
    client: Any = AsyncDeepgramClient(api_key="k", environment=places)
    socket = await stack.enter_async_context(client.agent.v1.connect())
    return _session(socket, lambda it: isinstance(it, bytes) and it, socket.send_media)


FLOOR = "websockets"
SESSIONS: dict[str, Callable[[str, AsyncExitStack], Awaitable[Session]]] = {
    "vatel": _vatel,
    FLOOR: _websockets,
    "by hand": partial(_websockets, by_hand=True),
    "openai": _openai,
    "elevenlabs": _elevenlabs,
    "hume": _hume,
    "deepgram": _deepgram,
}
JSON_PEERS = ["openai", "elevenlabs", "hume"]
"""Clients that decode JSON and base64, as vatel does."""
PEERS = [*JSON_PEERS, "deepgram"]
"""Clients to which the server sends messages in their own format."""
