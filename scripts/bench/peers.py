"""Clients of voice platforms, each used as its documentation shows, all through two functions.

A session's `listen(heard)` gives the audio of each message, as PCM in the caller's hand; its
`send(pcm)` sends a piece. The peers are pointed at a server of ours by their own settings.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Callable, Optional
from urllib.parse import urlsplit

Heard = Callable[[bytes], None]


class Session:
    """A session of any client, made of its two functions."""

    def __init__(self, listen: Any, send: Any) -> None:
        self.listen = listen
        self.send = send


@asynccontextmanager
async def vatel(url: str) -> AsyncIterator[Session]:
    """Ours: the session without a device."""
    from vatel import connect
    from vatel_rt.realtime.messages import ResponseAudio

    address = urlsplit(url)
    async with connect("t", f"{address.scheme}://{address.netloc}", address.path) as connection:

        async def listen(heard: Heard) -> None:
            async for message in connection:
                if isinstance(message, ResponseAudio):
                    heard(message.data.pcm)

        yield Session(listen, connection.send_input_audio)


@asynccontextmanager
async def websockets_bare(url: str, compression: Optional[str] = None) -> AsyncIterator[Session]:
    """The floor: frames as they come, and frames that were made before."""
    from websockets.asyncio.client import connect

    async with connect(url, compression=compression, max_size=None) as socket:
        ready: dict[bytes, str] = {}

        async def listen(heard: Heard) -> None:
            async for frame in socket:
                heard(frame)  # type: ignore[arg-type]

        async def send(pcm: bytes) -> None:
            if pcm not in ready:
                ready[pcm] = by_hand_frame(pcm)
            await socket.send(ready[pcm])

        yield Session(listen, send)


def websockets_inflating(url: str) -> AbstractAsyncContextManager[Session]:
    """The floor as the library does it unless told otherwise: it offers compression."""
    return websockets_bare(url, "deflate")


def by_hand_frame(pcm: bytes) -> str:
    """The platform's message as few lines of a program would make it."""
    audio = b64encode(pcm).decode()
    return json.dumps({"type": "input_audio", "data": {"audio": audio}})


@asynccontextmanager
async def by_hand(url: str) -> AsyncIterator[Session]:
    """What a program without an SDK would do: the library, json and base64, no checks."""
    from websockets.asyncio.client import connect

    async with connect(url, max_size=None) as socket:

        async def listen(heard: Heard) -> None:
            async for frame in socket:
                message = json.loads(frame)
                if message["type"] == "response_audio":
                    heard(b64decode(message["data"]["audio"]))

        async def send(pcm: bytes) -> None:
            await socket.send(by_hand_frame(pcm))

        yield Session(listen, send)


@asynccontextmanager
async def openai(url: str) -> AsyncIterator[Session]:
    """OpenAI's realtime connection."""
    client = _openai_client(url)
    async with client.realtime.connect(model="gpt-realtime") as connection:

        async def listen(heard: Heard) -> None:
            async for event in connection:
                if event.type == "response.output_audio.delta":
                    heard(b64decode(event.delta))

        async def send(pcm: bytes) -> None:
            await connection.input_audio_buffer.append(audio=b64encode(pcm).decode())

        yield Session(listen, send)


def _openai_client(url: str) -> Any:
    from openai import AsyncOpenAI

    return AsyncOpenAI(api_key="k", websocket_base_url=url, base_url=url.replace("ws", "http", 1))


@asynccontextmanager
async def elevenlabs(url: str) -> AsyncIterator[Session]:
    """ElevenLabs' conversation, with an audio interface as its users write one."""
    import asyncio

    from elevenlabs.client import ElevenLabs
    from elevenlabs.conversational_ai.conversation import AsyncConversation, ClientTools

    interface = _AudioInterface(asyncio.Event())
    conversation = AsyncConversation(
        ElevenLabs(api_key="k", base_url=url.replace("ws", "http", 1)),
        "agent",
        requires_auth=False,
        audio_interface=interface,
        client_tools=ClientTools(loop=asyncio.get_running_loop()),  # without a thread for each call
    )

    async def listen(heard: Heard) -> None:
        interface.heard = heard
        for audio in interface.early:
            heard(audio)
        await conversation.wait_for_session_end()

    async def send(pcm: bytes) -> None:
        await interface.input(pcm)

    await conversation.start_session()
    await interface.started.wait()
    yield Session(listen, send)
    await conversation.end_session()


class _AudioInterface:
    """What ElevenLabs' `AsyncAudioInterface` asks for."""

    def __init__(self, started: Any) -> None:
        self.started = started
        self.early: list[bytes] = []
        self.heard: Heard = self.early.append

    async def start(self, input_callback: Any) -> None:
        self.input = input_callback
        self.started.set()

    async def stop(self) -> None:
        pass

    async def output(self, audio: bytes) -> None:
        self.heard(audio)

    async def interrupt(self) -> None:
        pass


@asynccontextmanager
async def hume(url: str) -> AsyncIterator[Session]:
    """Hume's empathic voice chat."""
    from hume import AsyncHumeClient
    from hume.empathic_voice.types import AudioInput

    client = AsyncHumeClient(api_key="k", base_url=url.replace("ws", "http", 1))
    async with client.empathic_voice.chat.connect() as socket:

        async def listen(heard: Heard) -> None:
            async for message in socket:
                if message.type == "audio_output":
                    heard(b64decode(message.data))

        async def send(pcm: bytes) -> None:
            await socket.send_publish(AudioInput(data=b64encode(pcm).decode()))

        yield Session(listen, send)


@asynccontextmanager
async def deepgram(url: str) -> AsyncIterator[Session]:
    """Deepgram's voice agent: its audio is binary frames, so there is nothing to decode."""
    from deepgram import AsyncDeepgramClient
    from deepgram.environment import DeepgramClientEnvironment

    place = DeepgramClientEnvironment(base=url, production=url, agent=url, agent_rest=url)
    async with AsyncDeepgramClient(api_key="k", environment=place).agent.v1.connect() as socket:

        async def listen(heard: Heard) -> None:
            async for message in socket:
                if isinstance(message, bytes):
                    heard(message)

        yield Session(listen, socket.send_media)


SESSIONS: dict[str, Callable[[str], AbstractAsyncContextManager[Session]]] = {
    "vatel": vatel,
    "websockets": websockets_bare,
    "websockets, inflating": websockets_inflating,
    "by hand": by_hand,
    "openai": openai,
    "elevenlabs": elevenlabs,
    "hume": hume,
    "deepgram": deepgram,
}
JSON_PEERS = ["openai", "elevenlabs", "hume"]
"""Those that decode JSON and base64, as we do."""
NOTES = {
    "websockets": "frames as they come, nothing decoded; frames made before are sent",
    "websockets, inflating": "as it is unless told otherwise: with compression",
    "by hand": "websockets with json and base64, no checks",
    "deepgram": "binary frames: no JSON, no base64, a quarter less to carry",
    "elevenlabs": "AsyncConversation",
    "openai": "AsyncRealtimeConnection",
    "hume": "empathic voice chat",
}


def wire_of(variant: str) -> str:
    """Whose messages the server sends to a client."""
    return variant if variant in (*JSON_PEERS, "deepgram") else "vatel"
