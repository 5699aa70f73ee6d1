"""Talk to an agent with a sound library of your choice (`PyAudioDevice` needs less code).

pip install -r examples/requirements-optional.txt
python examples/run_session.py --api-key KEY --agent-id UUID [--base-url URL]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from typing import Any

try:
    import sounddevice as sd
except (ImportError, OSError) as error:  # sounddevice or PortAudio is missing
    sys.exit(f"error: {error}; examples/README.md says what to install")

from vatel import Client, Connection, ConnectionClosed, VatelError

SOUND: dict[str, Any] = {"samplerate": 24_000, "channels": 1, "dtype": "int16", "blocksize": 480}


async def converse(conn: Connection, speech: bytearray) -> None:
    async for msg in conn:
        if msg.type == "session_started":
            print("Session started:", msg.data.id)
        elif msg.type == "response_audio":
            speech += msg.data.pcm
        elif msg.type == "interruption":
            speech.clear()  # drop the audio that was not played yet
        elif msg.type == "response_text" and msg.data.is_final:
            print("Agent:", msg.data.text)
        elif msg.type == "input_audio_transcript" and msg.data.is_final:
            print("You:", msg.data.transcript)
        elif msg.type == "tool_call":
            print("Tool:", msg.data.toolName)
            await conn.send_tool_call_output(msg.data.toolCallId, "ok")
    await asyncio.sleep(len(speech) / 48_000)  # play the last words: 48 000 bytes a second
    print("Session ended.")


async def run(api_key: str, agent_id: str, base_url: str | None) -> None:
    loop, speech = asyncio.get_running_loop(), bytearray()
    async with Client(api_key, base_url) as client:
        token = (await client.session.generate_token_async(agent_id)).token
        async with client.connect(token=token) as conn:

            def send(pcm: bytes) -> None:
                with contextlib.suppress(ConnectionClosed):  # `converse` handles the end
                    conn.queue_audio(pcm)

            def capture(block: Any, *_: Any) -> None:  # in the library's thread
                loop.call_soon_threadsafe(send, bytes(block))

            def play(block: Any, *_: Any) -> None:
                block[:] = bytes(speech[: len(block)]).ljust(len(block), b"\0")
                del speech[: len(block)]

            with sd.RawInputStream(callback=capture, **SOUND):
                with sd.RawOutputStream(callback=play, **SOUND):
                    await asyncio.gather(conn.send_queued_audio(), converse(conn, speech))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Talk to an agent: microphone and speaker.")
    for name in ("api-key", "agent-id", "base-url"):
        known = os.environ.get(f"VATEL_{name.replace('-', '_').upper()}")
        parser.add_argument(f"--{name}", default=known, required=not known and name != "base-url")
    options = parser.parse_args()
    try:
        asyncio.run(run(options.api_key, options.agent_id, options.base_url))
    except (VatelError, sd.PortAudioError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:  # Ctrl-C has hung up
        sys.exit(130)
