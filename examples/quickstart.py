"""Make a first call: a clip speaks to the agent, and the texts of both sides are printed.

python examples/quickstart.py calls the simulator (the extra `simulator`). With VATEL_API_KEY and
VATEL_AGENT_ID set, it calls a real agent.
"""

from __future__ import annotations

import asyncio
import os
import sys

from vatel import Client, Tools, VatelError, WavDevice
from vatel.simulator import Simulator, caller_clip

tools = Tools()


@tools.tool
def order_status(order_id: str) -> dict[str, str]:
    return {"order_id": order_id, "status": "shipped"}


async def talk(client: Client, agent_id: str | None) -> None:
    # Microphone and speaker. The first may also be a WAV file; PyAudioDevice() is the sound card.
    device = WavDevice(caller_clip(), "answer.wav")
    async with client, client.call(agent_id, audio=device, tools=tools) as call:
        try:
            async for message in call:
                if message.type == "response_text" and message.data.is_final:
                    print("agent: ", message.data.text)
                elif message.type == "input_audio_transcript" and message.data.is_final:
                    print("caller:", message.data.transcript)
        except VatelError:
            pass  # the call broke off: `end` says why and what to do
    end = await call.wait()
    print("ended: ", end, "" if end.clean else f"- {end.hint}")
    print("answers after", call.report.answer_ms, "ms; the agent's audio is in answer.wav")


def main() -> None:
    if os.environ.get("VATEL_API_KEY"):
        asyncio.run(talk(Client(), os.environ.get("VATEL_AGENT_ID")))
        return
    with Simulator() as simulator:
        asyncio.run(talk(Client(simulator.api_key, simulator.url), simulator.agent_id))


if __name__ == "__main__":
    try:
        main()
    except VatelError as error:  # the call could not begin
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:  # Ctrl-C has hung up
        sys.exit(130)
