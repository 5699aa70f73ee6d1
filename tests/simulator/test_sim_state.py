"""The state that a scenario defines: agents, numbers, trunks, past calls, called parties."""

from __future__ import annotations

import io
import wave
from typing import Any, ClassVar

import jwt
import pytest
from simulated_caller import (
    HELLO,
    RATE,
    SHORT,
    Caller,
    calls_over,
    clip,
    rest,
    scenario_of,
    token_of,
    validate,
)

from vatel.simulator import Dialled, Scenario, Simulator
from vatel.simulator.platform.call_record import MAX_ROWS, CallRecord
from vatel.simulator.scenario.tables import MAX_CALLS
from vatel_rt.audio.pcm import samples_of

pytestmark = pytest.mark.anyio

AGENT = Scenario().agent.id
OTHER = "5e1f1a5c-0000-4000-8000-00000000000a"
NUMBER = "5e1f1a5c-0000-4000-8000-00000000000b"
TRUNK = "5e1f1a5c-0000-4000-8000-00000000000c"


async def got(simulator: Simulator, path: str, **query: Any) -> Any:
    async with rest(simulator) as client:
        answer = await client.get(f"/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_agents_numbers_and_trunks() -> None:
    scenario = scenario_of(
        SHORT,
        agents=[
            {"id": AGENT, "phone_number_id": NUMBER, "vad_settings": {"stop_secs": 0.2}},
            {"name": "Night shift", "status": "inactive", "first_message": "Good night."},
        ],
        numbers=[{"id": NUMBER.upper(), "phone_number": "+12025550100"}],
        trunks=[{"id": TRUNK, "pbx": "3cx", "assignments": [{"agent_id": AGENT.upper()}]}],
    )
    async with Simulator(scenario) as simulator:
        agents = await got(simulator, "agents")
        (number,) = await got(simulator, "twilio/numbers")
        (trunk,) = await got(simulator, "sip-trunks")
        (assignment,) = await got(simulator, f"sip-trunks/{TRUNK}/assignments")
        assert await got(simulator, f"sip-trunks/assignments/{assignment['id']}") == assignment
    assert [a["name"] for a in agents] == [Scenario().agent.name, "Night shift"]
    assert agents[0]["vad_settings"] == {"start_secs": 0.06, "stop_secs": 0.2}
    assert agents[0]["first_message"] == HELLO.says
    assert (agents[1]["first_message"], agents[1]["status"]) == ("Good night.", "inactive")
    assert (number["id"], number["phone_number"]) == (NUMBER, "+12025550100")
    assert (trunk["id"], trunk["pbx"], trunk["register"]) == (TRUNK, "3cx", False)
    assert "assignments" not in trunk
    assert (assignment["agent_id"], assignment["sip_trunk_id"]) == (AGENT, TRUNK)


class TestPastCalls:
    CALL: ClassVar = {
        "id": OTHER,
        "created_at": "2026-01-31T09:30:00+01:00",
        "duration_seconds": 62,
        "party_number": "+12025550199",
        "termination_reason": "user_hangup",
        "tags": ["important"],
        "summary": "An order.",
        "feedback": {"stars": 5, "notes": ""},
        "transcript": {
            "entries": [{"index": 0, "type": "message", "role": "user", "message": "?"}]
        },
    }

    async def test_has_what_the_scenario_says(self) -> None:
        async with Simulator(scenario_of(calls=[self.CALL])) as simulator:
            call = await got(simulator, f"calls/{OTHER}")
            for query, count in (("2026-01-31T08:30:00Z", 1), ("2026-01-31T08:30:01Z", 0)):
                page = await got(simulator, "calls", date_from=query, tag="important")
                assert page["pagination"]["total"] == count
        for key in self.CALL.keys() - {"created_at"}:
            assert call[key] == self.CALL[key]
        assert call["created_at"] == "2026-01-31T09:30:00.000+01:00"
        assert call["status"] == "ended"

    async def test_the_least_and_the_odd(self) -> None:
        odd = {"status": "auth_failed", "termination_reason": "x", "created_at": "2026-01-31T09:30"}
        async with Simulator(scenario_of(calls=[{}, odd])) as simulator:
            calls = (await got(simulator, "calls"))["calls"]
            (failed,) = (await got(simulator, "calls", status="auth_failed"))["calls"]
        assert [c["status"] for c in calls] == ["ended", "auth_failed"], "newest first"
        assert calls[0]["termination_reason"] == "user_hangup"
        assert (failed["created_at"], failed["termination_reason"]) == (
            "2026-01-31T09:30:00.000Z",
            "x",
        )
        assert "ended_at" not in failed

    async def test_thousands(self) -> None:
        entry = {"repeat": 5000, "days": 10, "created_at": "2026-01-31T00:00:00Z", "tags": ["many"]}
        scenario = scenario_of(calls=[entry, {"repeat": 3, "outbound": True, "source": "sip"}])
        async with Simulator(scenario) as simulator:
            page = await got(simulator, "calls", tag="many", page_size=100)
            sip = await got(
                simulator, "calls", source="sip", outbound="true", date_from="2026-02-01T00:00:00Z"
            )
            ended = await got(simulator, "calls", tag="many", outcome="ended_by_user")
            call = await got(simulator, f"calls/{page['calls'][0]['id']}")
            same = Simulator(scenario).platform.calls
            other = Simulator(scenario_of(calls=[entry], seed=2)).platform.calls
            assert list(same) == list(simulator.platform.calls)
        assert page["pagination"]["total"] == 5000
        assert sip["pagination"]["total"] == 3
        assert 1000 < ended["pagination"]["total"] < 2500
        times = [c["created_at"] for c in page["calls"]]
        assert times == sorted(times, reverse=True)
        created = sorted(c.created for c in same.values() if c.tags)
        assert 9 <= (created[-1] - created[0]).days < 10
        assert call in page["calls"]
        assert set(same).isdisjoint(other)
        validate({"$ref": "#/components/schemas/Call"}, call)

    async def test_the_oldest_make_room(self) -> None:
        async with Simulator(scenario_of(SHORT)) as simulator:
            platform = simulator.platform
            async with await Caller.dial(simulator) as caller:
                await caller.until("response_audio")
            await calls_over(simulator)
            assert platform.folder is not None
            assert len(list(platform.folder.iterdir())) == 2
            going_on = CallRecord(AGENT, platform.organization["id"])
            platform.calls = {going_on.id: going_on, **platform.calls}
            while len(platform.calls) < MAX_CALLS:
                call = CallRecord(AGENT, platform.organization["id"])
                call.end("user_hangup")
                platform.add_call(call)
            assert caller.id in platform.calls
            for _ in range(2):
                call = CallRecord(AGENT, platform.organization["id"])
                call.end("user_hangup")
                platform.add_call(call)
            assert len(platform.calls) == MAX_CALLS
            assert caller.id not in platform.calls
            assert going_on.id in platform.calls
            assert list(platform.folder.iterdir()) == []


def test_a_transcript_is_bounded() -> None:
    call = CallRecord(AGENT, OTHER)
    for _ in range(MAX_ROWS + 5):
        row = call.add("message", "turn")
    assert len(call.rows) == MAX_ROWS
    assert row["type"] == "message"


class TestDialled:
    async def dial(self, *dialled: Dialled, **query: str) -> tuple[dict[str, Any], bytes]:
        """Make a call to +12025550101; return the call and its recording."""
        scenario = scenario_of(
            SHORT,
            agents=[{"id": AGENT, "phone_number_id": NUMBER, "prompt": "Be kind."}],
            numbers=[{"id": NUMBER, "phone_number": "+12025550100"}],
            dialled=list(dialled),
        )
        async with Simulator(scenario) as simulator:
            async with rest(simulator) as client:
                answer = await client.post(
                    f"/v1/agents/{AGENT}/dial", params={"number": "+12025550101", **query}
                )
                assert answer.json() == {"success": True}
                (call,) = (await client.get("/v1/calls")).json()["calls"]
                recording = await client.get(f"/v1/calls/{call['id']}/recording")
            self.prompt = simulator.platform.calls[call["id"]].prompt
        assert (call["outbound"], call["party_number"]) == (True, "+12025550101")
        return call, recording.content if recording.status_code == 200 else b""

    @pytest.mark.parametrize("outcome", ["busy", "no_answer", "rejected"])
    async def test_who_does_not_answer(self, outcome: Any) -> None:
        call, recording = await self.dial(Dialled(outcome=outcome))
        assert (call["status"], call["termination_reason"]) == ("ended", outcome)
        assert (call["duration_seconds"], call["connected_at"]) == (0, "")
        assert "transcript" not in call
        assert recording == b""

    async def test_who_answers(self) -> None:
        nobody = Dialled(number="+1", outcome="busy")
        call, recording = await self.dial(
            nobody, Dialled(number="+12025550101", says="Yes?", clip="caller_thanks.wav")
        )
        rows = [(r["role"], r["message"]) for r in call["transcript"]["entries"]]
        assert rows == [("user", "Yes?"), ("assistant", HELLO.says)]
        assert call["termination_reason"] == "user_hangup"
        with wave.open(io.BytesIO(recording)) as file:
            samples = samples_of(file.readframes(file.getnframes()))
        hello, first = clip("caller_thanks.wav"), clip("welcome.wav")
        assert samples[0::2].tobytes()[: len(hello)] == hello
        assert samples[1::2].tobytes()[len(hello) :] == first
        assert call["duration_seconds"] == round((len(hello) + len(first)) / 2 / RATE)
        assert self.prompt == "Be kind."

    async def test_who_stays(self) -> None:
        call, recording = await self.dial(
            Dialled(stays_secs=30, hangs_up="agent"), prompt="Be short."
        )
        assert (call["duration_seconds"], call["termination_reason"]) == (30, "agent_hangup")
        assert (len(recording) - 44) // 4 == 30 * RATE
        assert self.prompt == "Be short."

    async def test_who_goes_early(self) -> None:
        call, recording = await self.dial(Dialled(stays_secs=0.3), Dialled(outcome="busy"))
        (_, said) = call["transcript"]["entries"]
        assert HELLO.says.startswith(said["message"])
        assert (said["message"] != HELLO.says, said["durationMs"]) == (True, 300)
        assert (len(recording) - 44) // 4 == 0.3 * RATE

    async def test_who_goes_at_once(self) -> None:
        call, _ = await self.dial(Dialled(stays_secs=0))
        assert [r["role"] for r in call["transcript"]["entries"]] == ["user"]


class TestTokens:
    async def test_what_a_token_sets_is_in_the_record(self) -> None:
        async with Simulator(scenario_of(SHORT)) as simulator:
            first = simulator.platform.active[AGENT]
            async with rest(simulator) as client:
                await client.patch(f"/v1/agents/{AGENT}", json={"prompt": "New."})
                _, version = reversed((await client.get(f"/v1/agents/{AGENT}/versions")).json())
                await client.post(f"/v1/agents/{AGENT}/versions/{version['id']}/publish")
            options = [
                {},
                {"version_id": first.upper()},
                {"prompt": "Mine.", "chat": True, "chat_id": OTHER, "first_message": "Hi."},
            ]
            records = []
            for option in options:
                async with await Caller.dial(simulator, **option) as caller:
                    await caller.next()
                    call = await got(simulator, f"calls/{caller.id}")
                records.append(simulator.platform.calls[caller.id])
                assert call["graph_version_id"] == records[-1].version_id
        assert [r.version_id for r in records] == [version["id"], first, version["id"]]
        assert [r.prompt for r in records] == ["New.", "", "Mine."]
        assert [r.chat_id for r in records] == [None, None, OTHER]

    async def test_the_scope_and_the_chat_are_in_the_token(self) -> None:
        async with Simulator(scenario_of(SHORT)) as simulator:
            token = await token_of(simulator, chat=True, chat_id=OTHER)
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["scopes"], claims["chat"]) == (["voice", "chat"], OTHER)

    async def test_webrtc_with_a_media_server(self) -> None:
        async with Simulator(scenario_of(SHORT), media_url="wss://media.example.com") as simulator:
            async with rest(simulator) as client:
                body = {"agent_id": AGENT, "transport": "webrtc"}
                answers = [await client.post("/v1/session-token", json=body) for _ in range(2)]
            assert "room" not in (await self.websocket(simulator))
        one, other = (answer.json() for answer in answers)
        assert one.keys() == {"token", "webrtc_token", "room", "identity", "url"}
        assert one["url"] == "wss://media.example.com"
        assert one["room"] != other["room"]
        claims = jwt.decode(one["webrtc_token"], options={"verify_signature": False})
        assert claims["sub"] == one["identity"]
        assert claims["video"]["room"] == one["room"]

    async def websocket(self, simulator: Simulator) -> Any:
        async with rest(simulator) as client:
            answer = await client.post("/v1/session-token", json={"agent_id": AGENT})
        return answer.json()
