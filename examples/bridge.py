"""Connect a browser to a call: one WebSocket is the call's microphone and speaker.

Set VATEL_API_KEY and VATEL_AGENT_ID (and VATEL_BASE_URL, for the simulator), then:
python examples/bridge.py [PORT]. Audio is sent in both directions as binary frames of PCM, 16-bit,
24 000 Hz, mono; in a page, an AudioContext({sampleRate: 24000}) with an AudioWorklet captures and
plays them. The texts of both sides are sent as text frames. Each connection is one call.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from vatel import Client, LiveCall, QueueDevice, VatelError


async def listen(browser: ServerConnection, device: QueueDevice) -> None:
    async for frame in browser:
        if isinstance(frame, bytes):
            await device.push(frame)  # waits while the browser is ahead of real time


async def speak(browser: ServerConnection, device: QueueDevice) -> None:
    async for block in device.speaker():
        await browser.send(block)


async def show(browser: ServerConnection, call: LiveCall) -> None:
    async for message in call:
        if message.type == "response_text" and message.data.is_final:
            await browser.send(json.dumps({"agent": message.data.text}))
        elif message.type == "input_audio_transcript" and message.data.is_final:
            await browser.send(json.dumps({"caller": message.data.transcript}))


async def bridge(browser: ServerConnection, client: Client) -> None:
    device = QueueDevice()
    try:
        async with client.call(os.environ.get("VATEL_AGENT_ID"), audio=device) as call:
            sides = [listen(browser, device), show(browser, call), speak(browser, device)]
            tasks = [asyncio.create_task(side) for side in sides]
            try:  # until one side hangs up
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks[:2]:
                    task.cancel()
    except VatelError as error:  # the call could not begin; the reason is not for the browser
        print("no call:", error, flush=True)
        await browser.close(1011, "no call is possible at the moment")
        return
    # The device is closed now, so the last task ends after the agent's last word.
    for error in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(error, Exception) and not isinstance(error, (ConnectionClosed, VatelError)):
            raise error
    print("call:", call.end, flush=True)


async def main(port: int) -> None:
    stop = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C cancels the program
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Client() as client:
        async with serve(lambda browser: bridge(browser, client), "127.0.0.1", port) as server:
            print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8765))
