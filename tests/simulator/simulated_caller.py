"""A caller for the simulator's tests, made of plain `websockets` and `httpx`, without the SDK."""

from __future__ import annotations

import asyncio
import json
import re
import wave
from base64 import b64decode, b64encode
from importlib import resources
from pathlib import Path
from typing import Any, Optional

import httpx
from jsonschema import Draft202012Validator
from websockets.asyncio.client import ClientConnection, connect

import vatel.simulator
from vatel.simulator import (
    AgentProfile,
    Delivery,
    Line,
    Scenario,
    Simulator,
    TimeoutSettings,
    Turn,
)
from vatel.simulator.journal.observed_call import SeenCall
from vatel.simulator.voice.session import Session

DATA = Path(vatel.simulator.__file__).parent / "data"
DOCUMENT = json.loads(resources.files("vatel_rest").joinpath("openapi.json").read_text("utf-8"))
RATE = 24_000
Message = dict[str, Any]


def clip(name: str) -> bytes:
    with wave.open(str(DATA / name)) as file:
        return file.readframes(file.getnframes())


def quiet(seconds: float) -> bytes:
    return bytes(2 * int(RATE * seconds))


SENTENCE = quiet(0.3) + clip("caller_hours.wav") + quiet(0.7)


def validate(schema: dict[str, Any], value: Any) -> None:
    rooted = {**schema, "components": DOCUMENT["components"]}
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(rooted, format_checker=checker).validate(value)


async def check_answer(response: httpx.Response) -> None:
    """Check status, content type and body of a response against the document."""
    request = response.request
    for template, methods in DOCUMENT["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if re.fullmatch(pattern, request.url.path) and request.method.lower() in methods:
            break
    else:
        return
    answer = methods[request.method.lower()]["responses"][str(response.status_code)]
    if "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    kind = response.headers.get("content-type", "")
    content = answer.get("content", {})
    assert not content or kind in content
    if kind == "application/json" and content:
        await response.aread()
        validate(content[kind]["schema"], response.json())


def rest(simulator: Simulator, key: Optional[str] = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=simulator.url,
        headers={"Authorization": f"Bearer {key or simulator.api_key}"},
        event_hooks={"response": [check_answer]},
        timeout=60,
        verify=False,  # loading certificates is most of the time that a client takes
    )


async def token_of(simulator: Simulator, **options: Any) -> str:
    async with rest(simulator) as client:
        body = {"agent_id": simulator.agent_id, **options}
        answer = await client.post("/v1/session-token", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])


def dial(simulator: Simulator, token: str) -> connect:
    url = simulator.url.replace("http", "ws", 1)
    address = f"{url}/v1/connection?token={token}"
    # A busy machine takes long to open two hundred connections.
    return connect(address, compression=None, max_size=2**24, open_timeout=60)


async def calls_over(simulator: Simulator) -> None:
    """Wait until all open calls have ended."""
    for session in list(simulator._sessions.open):
        await session.finished.wait()


async def call_of(simulator: Simulator, call_id: str) -> dict[str, Any]:
    async with rest(simulator) as client:
        answer = await client.get(f"/v1/calls/{call_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


HELLO = Line(says="You are welcome.", clip="welcome.wav")
BYE = Line(says="Goodbye!", clip="goodbye.wav")
LONG = Turn(
    hears="Tell me all.",
    says="Your order left our warehouse this morning. It will be with you tomorrow.",
    clip="order.wav",
)
SHORT = Turn(hears="What now?", says="We are open.", clip="hours.wav")


def scenario_of(*turns: Turn, default_timeout: float = 20, **keys: Any) -> Scenario:
    """Return a fast scenario: short clips, and no thinking time."""
    settings = TimeoutSettings(default_timeout=default_timeout)
    keys.setdefault("delivery", Delivery(thinking_ms=0, speed=8))
    return Scenario(
        agent=AgentProfile(timeout_settings=settings),
        greeting=keys.pop("greeting", HELLO),
        turns=list(turns),
        folder=str(DATA),
        **keys,
    )


class Caller:
    """A caller that keeps the messages it receives, and checks each against the document."""

    def __init__(self, socket: ClientConnection, simulator: Simulator) -> None:
        self.socket = socket
        self.simulator = simulator
        self.messages: list[Message] = []
        self.times: list[float] = []

    @classmethod
    async def dial(cls, simulator: Simulator, **options: Any) -> Caller:
        return cls(await dial(simulator, await token_of(simulator, **options)), simulator)

    async def __aenter__(self) -> Caller:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def send(self, kind: str, **data: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, "data": data}))

    async def speak(self, pcm: bytes = SENTENCE, step: int = 960) -> None:
        """Send audio, faster than real time."""
        for start in range(0, len(pcm), step):
            audio = b64encode(pcm[start : start + step]).decode()
            await self.send("input_audio", audio=audio)

    async def next(self) -> Message:
        message: Message = json.loads(await asyncio.wait_for(self.socket.recv(), 30))
        validate({"$ref": "#/components/schemas/VoiceSessionServerMessage"}, message)
        self.messages.append(message)
        self.times.append(asyncio.get_running_loop().time())
        return message

    async def until(self, kind: str, **data: Any) -> Message:
        """Receive messages up to the next one of a type whose data has these values."""
        while True:
            message = await self.next()
            if message["type"] == kind and data.items() <= message["data"].items():
                return message

    async def until_end(self) -> int:
        """Receive messages until the end; return the close code."""
        await self.until("session_ended")
        await self.socket.wait_closed()
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def hear_out(self) -> str:
        """Receive a turn of the agent, and wait until it was played; return its id."""
        turn_id = (await self.until("response_audio"))["data"]["turn_id"]
        if not self.messages[-1]["data"]["is_final"]:
            await self.until("response_audio", is_final=True)
        await self.session.agent.quiet.wait()
        return str(turn_id)

    @property
    def session(self) -> Session:
        """The session of this call in the simulator."""
        return next(s for s in self.simulator._sessions.open if s.record.id == self.id)

    def sent(self) -> list[float]:
        """Return when the messages so far were sent, in seconds since the call began.

        Times of arrival would be late on a busy machine.
        """
        passed = self.seen.messages
        return [m.at_ms / 1000 for m in passed if m.sender == "platform"][: len(self.messages)]

    @property
    def seen(self) -> SeenCall:
        """The call in the journal of the simulator."""
        return next(call for call in self.simulator.calls if call.id == self.id)

    @property
    def id(self) -> str:
        assert self.messages[0]["type"] == "session_started"
        return str(self.messages[0]["data"]["id"])

    def kinds(self) -> list[str]:
        """Return the types received; a run of one type counts once."""
        kinds = [m["type"] for m in self.messages]
        return [k for i, k in enumerate(kinds) if i == 0 or kinds[i - 1] != k]

    def of(self, kind: str, turn_id: Optional[str] = None) -> list[dict[str, Any]]:
        found = [m["data"] for m in self.messages if m["type"] == kind]
        return [d for d in found if turn_id is None or d["turn_id"] == turn_id]

    def said(self) -> list[str]:
        return [d["text"] for d in self.of("response_text") if d["is_final"]]

    def audio(self, turn_id: Optional[str] = None) -> bytes:
        return b"".join(b64decode(d["audio"]) for d in self.of("response_audio", turn_id))
