"""An application that calls an agent, and its tests: no account, no network, no sound card."""

from __future__ import annotations

import asyncio

import pytest

from vatel import AuthenticationError, Client, ServerError, Tools, WavDevice
from vatel.simulator import Simulator


async def remind(client: Client, agent_id: str, patient: str, line: bytes) -> str:
    """Call a patient about an appointment; return the outcome. `line` is the patient's audio."""
    answers: list[str] = []
    tools = Tools()

    @tools.tool
    def note_answer(answer: str) -> str:
        answers.append(answer)
        return "noted"

    prompt = f"Remind {patient} of tomorrow."
    for _ in range(3):
        try:
            phone = WavDevice(line)
            async with client.call(agent_id, audio=phone, tools=tools, prompt=prompt) as call:
                end = await call.wait()
        except ServerError:
            continue  # the platform is busy: try again
        except AuthenticationError:
            return "not allowed"
        return "".join(answers) or "no answer" if end.clean else "broken off"
    return "not reached"


# The tests. The simulator detects that somebody speaks; the scenario says what was said.
YES = bytes(12_000) + b"\x00\x20\x00\xe0" * 1200  # 0.25 seconds of silence, 0.1 of a tone
CONFIRMED = {"name": "note_answer", "arguments": [{"name": "answer", "value": "confirmed"}]}
SCENARIO = {
    "agent": {"vad_settings": {"stop_secs": 0.1}},
    "delivery": {"thinking_ms": 0},
    "greeting": {"says": ""},
    "turns": [{"hears": "Yes, I will come.", "tool": CONFIRMED, "says": ""}],
}
pytestmark = pytest.mark.vatel_simulator(SCENARIO)


async def reminded(platform: Simulator) -> str:
    async with Client(platform.api_key, platform.url) as client:
        return await remind(client, platform.agent_id, "Ada", YES)


def test_a_patient_who_confirms(vatel_simulator: Simulator) -> None:
    assert asyncio.run(reminded(vatel_simulator)) == "confirmed"
    (call,) = vatel_simulator.calls
    assert call.wait() == "agent_hangup"
    assert call.grant.prompt == "Remind Ada of tomorrow."
    assert [(tool.name, tool.output) for tool in call.tool_outputs] == [("note_answer", "noted")]
    assert call.transcript == [("user", "Yes, I will come.")]
    assert YES in call.audio_received


FAULTS = [
    ({"status": 503, "requests": 2}, "confirmed"),
    ({"status": 503}, "not reached"),
    ({"expired_tokens": True}, "not allowed"),
    ({"drop_after_messages": 1}, "broken off"),
]


@pytest.mark.parametrize(("faults", "outcome"), FAULTS)
def test_what_goes_wrong(vatel_simulator: Simulator, faults: dict, outcome: str) -> None:
    vatel_simulator.faults.set(**faults)
    assert asyncio.run(reminded(vatel_simulator)) == outcome
