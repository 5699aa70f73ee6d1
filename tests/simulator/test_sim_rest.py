"""The REST API and the handshake, over real sockets."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from simulated_caller import DOCUMENT, SHORT, Caller, calls_over, dial, rest, scenario_of, token_of
from websockets.exceptions import InvalidStatus

from vatel.simulator import Scenario, Simulator
from vatel.simulator.platform.call_record import OUTCOMES, CallRecord, now, stamp
from vatel.simulator.platform.platform import Platform
from vatel.simulator.platform.tokens import Grant, Tokens

pytestmark = pytest.mark.anyio

OTHER_AGENT = "5e1f1a5c-0000-4000-8000-000000000002"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def simulator(anyio_backend: str) -> Any:
    """One simulator for all tests of this module."""
    async with Simulator(scenario_of(SHORT)) as simulator:
        yield simulator


def add_other_organization(platform: Platform) -> dict[str, Any]:
    other = platform.add_organization("Another", "other-key")
    platform.add_agent(other["id"], {"id": OTHER_AGENT, "name": "Other"})
    return other


@pytest.mark.parametrize(
    ("path", "key"),
    [("organization", "id"), ("llms", "llms"), ("voices", "voices"), ("calls", "pagination")],
)
async def test_what_there_is(simulator: Simulator, path: str, key: str) -> None:
    async with rest(simulator) as client:
        answer = await client.get(f"/v1/{path}")
    assert answer.status_code == 200
    assert answer.json()[key]


async def test_agents(simulator: Simulator) -> None:
    async with rest(simulator) as client:
        (agent,) = (await client.get("/v1/agents")).json()
        assert (await client.get(f"/v1/agents/{simulator.agent_id.upper()}")).json() == agent
    assert agent["first_message"] == "You are welcome."


async def test_every_organization_sees_its_own(simulator: Simulator) -> None:
    add_other_organization(simulator.platform)
    call = CallRecord(simulator.agent_id, simulator.platform.organization["id"])
    simulator.platform.calls[call.id] = call
    async with rest(simulator, "other-key") as client:
        assert [a["id"] for a in (await client.get("/v1/agents")).json()] == [OTHER_AGENT]
        assert (await client.get("/v1/calls")).json()["calls"] == []
        for path in (f"agents/{simulator.agent_id}", f"calls/{call.id}"):
            assert (await client.get(f"/v1/{path}")).status_code == 404
        assert (await client.get(f"/v1/calls/{call.id}/recording")).status_code == 404
        body = {"agent_id": simulator.agent_id}
        assert (await client.post("/v1/session-token", json=body)).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("agents/5e1f1a5c-0000-4000-8000-00000000000f", 404),
        ("agents/..%2f", 404),
        ("agents/nobody", 400),
        ("calls/nothing", 400),
        ("calls/5e1f1a5c-0000-4000-8000-00000000000f", 404),
        ("calls/5e1f1a5c-0000-4000-8000-00000000000f/recording", 404),
        ("nothing", 404),
        ("session-token", 405),
        ("connection", 400),
    ],
)
async def test_what_there_is_not(simulator: Simulator, path: str, status: int) -> None:
    async with rest(simulator) as client:
        client.event_hooks = {}
        answer = await client.get(f"/v1/{path}")
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic simulator-key"])
async def test_a_wrong_key(simulator: Simulator, header: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with httpx.AsyncClient(base_url=simulator.url, headers=headers, timeout=60) as client:
        answer = await client.get("/v1/agents")
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid API key"}


async def test_a_call_without_a_recording(simulator: Simulator) -> None:
    call = CallRecord(
        simulator.agent_id, simulator.platform.organization["id"], version_id=OTHER_AGENT
    )
    simulator.platform.calls[call.id] = call
    call.end("agent_hangup")
    async with rest(simulator) as client:
        assert (await client.get(f"/v1/calls/{call.id}/recording")).status_code == 404
        shown = (await client.get(f"/v1/calls/{call.id}")).json()
    assert "transcript" not in shown
    assert shown["graph_version_id"] == OTHER_AGENT


async def test_a_recording_is_a_file(simulator: Simulator) -> None:
    async with await Caller.dial(simulator) as caller:
        await caller.until("response_audio")
        async with rest(simulator) as client:
            path = f"/v1/calls/{caller.id}/recording"
            assert (await client.get(path)).status_code == 404, "the call goes on"
            await caller.socket.close()
            await calls_over(simulator)
            answer = await client.get(path)
    assert answer.headers["content-type"] == "audio/wav"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-disposition"] == f'attachment; filename="{caller.id}.wav"'


class TestListCalls:
    @pytest.fixture
    async def calls(self, simulator: Simulator) -> list[str]:
        platform = simulator.platform
        calls = [CallRecord(simulator.agent_id, platform.organization["id"]) for _ in range(5)]
        calls[0].end("user_hangup")
        calls[1].end("silence_timeout")
        calls[1].tags = ["old", "new"]
        calls[2].party_number = "+12025550178"
        platform.calls = {call.id: call for call in calls}
        return [call.id for call in reversed(calls)]

    async def list(self, simulator: Simulator, **query: Any) -> Any:
        async with rest(simulator) as client:
            answer = await client.get("/v1/calls", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def test_pages(self, simulator: Simulator, calls: list[str]) -> None:
        page = await self.list(simulator, page=2, page_size=2)
        assert [c["id"] for c in page["calls"]] == calls[2:4]
        assert page["pagination"] == {
            "page": 2,
            "page_size": 2,
            "total": 5,
            "total_pages": 3,
            "has_next": True,
            "has_prev": True,
        }
        assert (await self.list(simulator, page=10**30))["calls"] == []

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"status": "ended"}, 2),
            ({"search": 256 * "1", "tag": 128 * "a"}, 0),
            ({"page_size": "100", "page": "1"}, 5),
            ({"status": "ended", "outcome": "ended_by_agent", "tag": "old"}, 1),
            ({"status": "in_progress", "outcome": "ended_by_agent"}, 0),
            ({"search": "", "tag": "", "agent_ids": ""}, 5),
            ({"source": "twilio"}, 0),
            ({"outcome": "ended_by_user"}, 1),
            ({"outcome": "transferred"}, 0),
            ({"outbound": "true"}, 0),
            ({"outbound": "false"}, 5),
            ({"search": "+49"}, 0),
            ({"search": "0255"}, 1),
            ({"tag": "ne"}, 0),
            ({"tag": "new"}, 1),
            ({"date_from": "0001-01-01T00:00:00+14:00", "date_to": "9999-12-31T23:59:59-12:00"}, 5),
            ({"agent_ids": f"{OTHER_AGENT},{OTHER_AGENT}"}, 0),
            ({"agent_ids": f"{OTHER_AGENT},{Scenario().agent.id}"}, 5),
            ({"organization_id": OTHER_AGENT}, 5),
            ({"date_from": "2020-01-01T00:00:00Z", "date_to": "2100-01-01T00:00:00.5Z"}, 5),
            ({"date_from": "2100-01-01T00:00:00+02:00"}, 0),
            ({"date_to": "2020-01-01T00:00:00Z"}, 0),
            ({"date_to": "2020-01-01T00:00:00Z", "outbound": "false"}, 0),
            ({"unknown": "x"}, 5),
        ],
    )
    async def test_filters(
        self, simulator: Simulator, calls: list[str], query: dict[str, str], count: int
    ) -> None:
        page = await self.list(simulator, **query)
        assert (len(page["calls"]), page["pagination"]["total"]) == (count, count)

    async def test_newest_first_whenever_they_were_added(
        self, simulator: Simulator, calls: list[str]
    ) -> None:
        old = simulator.platform.calls[calls[0]]
        old.created -= timedelta(days=1)
        shown = [c["id"] for c in (await self.list(simulator))["calls"]]
        assert shown == [*calls[1:], calls[0]]
        day = {"date_to": stamp(old.created)}
        assert [c["id"] for c in (await self.list(simulator, **day))["calls"]] == [old.id]

    @pytest.mark.parametrize("outcome", DOCUMENT["components"]["schemas"]["CallOutcome"]["enum"])
    async def test_every_outcome(
        self, simulator: Simulator, calls: list[str], outcome: str
    ) -> None:
        reasons = [reason for reason, bucket in OUTCOMES.items() if bucket == outcome]
        others = ["no_answer", *(OUTCOMES.keys() - reasons)]
        for reason in [*reasons, *others]:
            call = CallRecord(simulator.agent_id, simulator.platform.organization["id"])
            call.end(reason)
            simulator.platform.calls[call.id] = call
        shown = (await self.list(simulator, outcome=outcome, page_size=100))["calls"]
        assert {call["termination_reason"] for call in shown} == {*reasons}

    async def test_dates_are_inclusive(self, simulator: Simulator, calls: list[str]) -> None:
        for call in (await self.list(simulator))["calls"]:
            dates = {"date_from": call["created_at"], "date_to": call["created_at"]}
            page = await self.list(simulator, page_size=100, **dates)
            assert call["id"] in [c["id"] for c in page["calls"]]

    @pytest.mark.parametrize(
        "query",
        [
            "page=0",
            "page=x",
            "page=--5",
            "page=" + 5000 * "9",
            "page_size=101",
            "status=x",
            "outbound=yes",
            "page=",
            "status=",
            "outbound=",
            "organization_id=",
            "page_size=0",
            "agent_ids=me",
            "agent_ids=" + OTHER_AGENT + ",me",
            "outcome=busy",
            "source=phone",
            "organization_id=me",
            "date_from=today",
            "date_from=2026-01-02",
            "date_from=2026-01-02T03:04:05",
            "date_from=2026-02-30T03:04:05Z",
            "date_to=9999-12-31T24:00:00",
            "search=" + 257 * "1",
            "tag=" + 129 * "a",
        ],
    )
    async def test_refusals(self, simulator: Simulator, calls: list[str], query: str) -> None:
        async with rest(simulator) as client:
            answer = await client.get(f"/v1/calls?{query}")
        assert answer.status_code == 400
        assert query.partition("=")[0] in answer.json()["error"]


class TestSessionToken:
    async def test_is_a_jwt_that_says_what_it_grants(self, simulator: Simulator) -> None:
        version = simulator.platform.active[simulator.agent_id]
        token = await token_of(simulator, chat=True, version_id=version.upper())
        claims = jwt.decode(token, options={"verify_signature": False})
        assert claims["sub"] == simulator.agent_id
        assert claims["version"] == version
        assert claims["scopes"] == ["voice", "chat"]
        assert 0 < claims["exp"] - time.time() <= 61  # 60, in whole seconds

    async def test_nulls_are_options_that_are_not_set(self, simulator: Simulator) -> None:
        names = ["version_id", "chat_id", "transport", "first_message", "prompt", "chat"]
        assert await token_of(simulator, **dict.fromkeys(names))

    async def test_the_old_form(self, simulator: Simulator) -> None:
        async with rest(simulator) as client:
            answer = await client.post(f"/v1/session-token?agentId={simulator.agent_id}")
            assert answer.json()["token"]
            assert (await client.post("/v1/session-token?agentId=me")).status_code == 400

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 400),
            (b"{", 400),
            (b"\xff", 400),
            (b"[]", 400),
            (b"[" * 100_000, 400),
            (b'{"agent_id": 1e999}', 400),
            (b'{"agent_id": "%s", "version_id": "%s"}', 404),
            (b'{"agent_id": "%s", "prompt": "\\ud800"}', 400),
            (b"{}", 400),
            (b'{"agent_id": null}', 400),
            (b'{"agent_id": "me"}', 400),
            (b'{"agent_id": "%s", "colour": "red"}', 400),
            (b'{"agent_id": "%s", "chat": "yes"}', 400),
            (b'{"agent_id": "%s", "transport": "webrtc"}', 503),
            (b'{"agent_id": "5e1f1a5c-0000-4000-8000-00000000000f"}', 404),
        ],
    )
    async def test_refusals(self, simulator: Simulator, body: bytes, status: int) -> None:
        body = body.replace(b"%s", simulator.agent_id.encode())
        async with rest(simulator) as client:
            answer = await client.post("/v1/session-token", content=body)
        assert answer.status_code == status
        assert answer.json()["error"]

    async def test_a_bug_is_an_answer_too(
        self, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(simulator.platform, "tokens", None)
        async with rest(simulator) as client:
            body = {"agent_id": simulator.agent_id}
            answer = await client.post("/v1/session-token", json=body)
        assert answer.status_code == 500
        assert answer.json()["error"]


class TestHandshake:
    async def refusal(self, simulator: Simulator, token: str) -> int:
        with pytest.raises(InvalidStatus) as refused:
            await dial(simulator, token)
        response = refused.value.response
        assert response.body.startswith(b'{"error":"')
        assert token.encode() not in response.body or not token
        return response.status_code

    @pytest.mark.parametrize("token", ["", "garbage", "a.b.c", "%00", "e30.e30.e30"])
    async def test_no_token(self, simulator: Simulator, token: str) -> None:
        assert await self.refusal(simulator, token) == 400

    async def test_a_token_opens_one_call(self, simulator: Simulator) -> None:
        token = await token_of(simulator)
        async with await dial(simulator, token):
            assert await self.refusal(simulator, token) == 401

    async def test_a_token_expires(self) -> None:
        async with Simulator(scenario_of(SHORT), token_ttl=-1) as simulator:
            assert await self.refusal(simulator, await token_of(simulator)) == 401

    async def test_a_token_of_another_platform(self, simulator: Simulator) -> None:
        token = Tokens().issue(Grant(simulator.agent_id, str(uuid.uuid4())))
        assert await self.refusal(simulator, token) == 401

    async def test_an_agent_of_another_organization(self, simulator: Simulator) -> None:
        other = add_other_organization(simulator.platform)
        token = simulator.platform.tokens.issue(Grant(simulator.agent_id, other["id"]))
        assert await self.refusal(simulator, token) == 403

    async def test_an_agent_that_is_gone(self, simulator: Simulator) -> None:
        token = simulator.platform.tokens.issue(Grant(str(uuid.uuid4()), "x"))
        assert await self.refusal(simulator, token) == 404

    async def test_a_simulator_that_goes_down(
        self, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = await token_of(simulator)
        monkeypatch.setattr(simulator.platform, "folder", None)
        assert await self.refusal(simulator, token) == 503


def test_expired_tokens_are_forgotten() -> None:
    tokens = Tokens(ttl=-1)
    for _ in range(3):
        tokens.issue(Grant("agent", "organization"))
    assert len(tokens._open) == 1


def test_times_are_rfc_3339() -> None:
    assert stamp(now()).endswith("Z")
