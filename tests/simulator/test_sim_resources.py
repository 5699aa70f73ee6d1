"""Rules for agents, numbers, trunks and dialled calls that the document cannot express."""

from __future__ import annotations

import io
import wave
from typing import Any

import httpx
import pytest
from simulated_caller import HELLO, SHORT, Caller, clip, rest, scenario_of, token_of

from vatel.simulator import Simulator

pytestmark = pytest.mark.anyio

ACCOUNT = {"account_sid": "AC1", "auth_token": "secret"}
PARTY = "+12025550178"


@pytest.fixture
async def client(simulator: Simulator) -> Any:
    async with rest(simulator) as client:
        yield client


async def ok(answer: Any) -> Any:
    answer = await answer
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def refused(answer: Any, status: int, text: str = "") -> None:
    answer = await answer
    assert answer.status_code == status, answer.text
    assert text in answer.json()["error"]


@pytest.fixture
async def number(client: httpx.AsyncClient) -> Any:
    body = {"phone_number": "+4930123456", "label": "Berlin", **ACCOUNT}
    return await ok(client.post("/v1/twilio/numbers", json=body))


@pytest.fixture
async def trunk(client: httpx.AsyncClient) -> Any:
    return await ok(client.post("/v1/sip-trunks", json={"pbx": "generic"}))


class TestAgents:
    async def test_a_new_one_has_a_published_version(self, client: httpx.AsyncClient) -> None:
        body = {"name": "Anna", "keyterms": ["Vatel"], "unknown": 1, "phone_number_id": None}
        agent = await ok(client.post("/v1/agents", json=body))
        assert (agent["name"], agent["status"], agent["keyterms"]) == ("Anna", "active", ["Vatel"])
        assert not {"unknown", "phone_number_id"} & agent.keys()
        (version,) = await ok(client.get(f"/v1/agents/{agent['id']}/versions"))
        assert version["published_at"]
        assert len(await ok(client.get("/v1/agents"))) == 2

    async def test_a_change_keeps_the_rest(self, simulator: Simulator, client: Any) -> None:
        path = f"/v1/agents/{simulator.agent_id}"
        before = await ok(client.get(path))
        body = {"vad_settings": {"stop_secs": 0.8}, "keyterms": ["a"], "name": "Other"}
        after = await ok(client.patch(path, json=body))
        assert after["vad_settings"] == {**before["vad_settings"], "stop_secs": 0.8}
        assert after["keyterms"] == ["a"]
        assert after["prompt"] == before["prompt"]
        assert await ok(client.get(path)) == after

    async def test_a_change_is_a_version_to_publish(
        self, simulator: Simulator, client: Any
    ) -> None:
        path = f"/v1/agents/{simulator.agent_id}"
        await ok(client.patch(path, json={"prompt": "Be brief."}))
        draft, first = await ok(client.get(f"{path}/versions"))
        assert (draft["published_at"], draft["tag"], first["tag"]) == (None, "v2", "v1")
        detail = await ok(client.get(f"{path}/versions/{draft['id']}"))
        assert detail["nodes"][0]["prompt"] == "Be brief."
        body = {"agent_id": simulator.agent_id, "version_id": draft["id"]}
        await refused(client.post("/v1/session-token", json=body), 404, "published")
        published = await ok(client.post(f"{path}/versions/{draft['id']}/publish"))
        assert published["published_at"]
        await ok(client.post("/v1/session-token", json=body))
        async with await Caller.dial(simulator) as caller:
            await caller.until("session_started")
            call = await ok(client.get(f"/v1/calls/{caller.id}"))
        assert call["graph_version_id"] == draft["id"]

    async def test_versions_of_another_agent(self, simulator: Simulator, client: Any) -> None:
        agent = await ok(client.post("/v1/agents", json={"name": "Anna"}))
        version = simulator.platform.active[simulator.agent_id]
        for call in (client.get, lambda path: client.post(f"{path}/publish")):
            await refused(call(f"/v1/agents/{agent['id']}/versions/{version}"), 404, "version")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": 1}, "name"),
            ({"llm": "gpt"}, "llm"),
            ({"default_language": "xx"}, "default_language"),
            ({"voice_settings": {"id": "a"}}, "voice_settings"),
            ({"voice_settings": {"id": "a", "provider": "hume", "speed": 3}}, "speed"),
            ({"noise_cancel_settings": {"level": 101}}, "level"),
            ({"timeout_settings": {"timeout_action": "transfer_call"}}, "transfer_number"),
            ({"timeout_settings": {"silence_timeout_action": "transfer_call"}}, "silence_transfer"),
            ({"phone_number_id": "5e1f1a5c-0000-4000-8000-000000000001"}, "phone_number_id"),
            ({"phone_number_id": "me"}, "phone_number_id"),
            ({"keyterms": None}, "keyterms"),
        ],
    )
    async def test_refusals_name_the_field(
        self, simulator: Simulator, client: Any, body: Any, field: str
    ) -> None:
        path = f"/v1/agents/{simulator.agent_id}"
        before = await ok(client.get(path))
        await refused(client.patch(path, json=body), 400, field)
        await refused(client.post("/v1/agents", json={"name": "Anna", **body}), 400, field)
        assert await ok(client.get(path)) == before

    async def test_one_that_is_deleted(
        self, simulator: Simulator, client: Any, trunk: dict[str, Any]
    ) -> None:
        path, token = f"/v1/agents/{simulator.agent_id}", await token_of(simulator)
        assign = {"agent_id": simulator.agent_id}
        await ok(client.post(f"/v1/sip-trunks/{trunk['id']}/assignments", json=assign))
        assert await ok(client.delete(path)) is None
        await refused(client.delete(path), 404)
        await refused(client.get(f"{path}/versions"), 404)
        await refused(client.post("/v1/session-token", json=assign), 404)
        assert await ok(client.get(f"/v1/sip-trunks/{trunk['id']}/assignments")) == []
        assert token

    @pytest.mark.parametrize(
        "body",
        [
            {"voice_settings": {"id": "a", "provider": "hume", "speed": 0, "stability": 2}},
            {"noise_cancel_settings": {"enabled": True, "level": 100}},
            {"default_language": "multi", "llm": "openai/gpt-4.1", "prompt": ""},
            {"timeout_settings": {"timeout_action": "transfer_call", "transfer_number": "+1"}},
            {"keyterms": []},
        ],
    )
    async def test_limits_are_allowed(self, simulator: Simulator, client: Any, body: Any) -> None:
        after = await ok(client.patch(f"/v1/agents/{simulator.agent_id}", json=body))
        for key, value in body.items():
            assert after[key] == (value if not isinstance(value, dict) else {**after[key], **value})

    async def test_the_number_of_an_agent(
        self, simulator: Simulator, client: Any, number: dict[str, Any]
    ) -> None:
        path = f"/v1/agents/{simulator.agent_id}"
        body = {"phone_number_id": number["id"].upper()}
        assert (await ok(client.patch(path, json=body)))["phone_number_id"] == number["id"]
        assert "phone_number_id" in await ok(client.patch(path, json={"name": "Other"}))
        after = await ok(client.patch(path, json={"phone_number_id": None}))
        assert "phone_number_id" not in after

    async def test_odd_settings_do_not_harm_a_call(self, simulator: Simulator, client: Any) -> None:
        body = {
            "vad_settings": {"start_secs": -1, "stop_secs": 1e300},
            "timeout_settings": {"default_timeout": 0},
        }
        await ok(client.patch(f"/v1/agents/{simulator.agent_id}", json=body))
        async with await Caller.dial(simulator) as caller:
            await caller.hear_out()
            await caller.speak()
            await caller.until("speech_started")


class TestNumbers:
    async def test_the_label_is_what_changes(self, client: Any, number: dict[str, Any]) -> None:
        path = f"/v1/twilio/numbers/{number['id']}"
        body = {"label": "Bonn", "phone_number": "+1"}
        after = await ok(client.patch(path, json=body))
        assert after == {**number, "label": "Bonn", "updated_at": after["updated_at"]}
        assert await ok(client.get("/v1/twilio/numbers")) == [after]
        assert "secret" not in str(after)


class TestTrunks:
    async def test_passwords_are_write_only(self, client: Any) -> None:
        secret = {"inbound_sip_password": "secret", "outbound_sip_password": "secret"}
        nothing = {"inbound_host": None, "register": None, "remain_in_dialog": None}
        body = {"pbx": "3cx", "inbound_sip_username": "a", **nothing, **secret}
        trunk = await ok(client.post("/v1/sip-trunks", json=body))
        path = f"/v1/sip-trunks/{trunk['id']}"
        assert await ok(client.patch(path, json={"inbound_sip_password": "secret"})) == trunk
        assert "secret" not in str(await ok(client.get("/v1/sip-trunks")))
        assert "inbound_host" not in trunk
        assert (trunk["register"], trunk["remain_in_dialog"]) == (False, False)
        assert await ok(client.patch(path, json=nothing)) == trunk

    async def test_what_a_change_does(self, client: Any, trunk: dict[str, Any]) -> None:
        path = f"/v1/sip-trunks/{trunk['id']}"
        steps = [{"type": "add_prefix", "value": "+49"}]
        body = {"inbound_host": "a", "outbound_host": "b", "caller_id_transforms": steps}
        full = await ok(client.patch(path, json={**body, "register": True}))
        assert body.items() <= full.items()
        assert full["outbound_registration_status"] == "registered"
        after = await ok(client.patch(path, json={"inbound_host": "", "outbound_host": None}))
        assert after == {key: value for key, value in full.items() if key != "inbound_host"}
        for nothing in (None, []):
            await ok(client.patch(path, json={"caller_id_transforms": steps}))
            after = await ok(client.patch(path, json={"caller_id_transforms": nothing}))
            assert "caller_id_transforms" not in after

    @pytest.mark.parametrize("body", [{}, {"id": "me"}, {"pbx": ""}, {"register": "yes"}])
    async def test_changes_that_are_none(
        self, client: Any, trunk: dict[str, Any], body: dict[str, Any]
    ) -> None:
        await refused(client.patch(f"/v1/sip-trunks/{trunk['id']}", json=body), 400)

    async def test_a_name_is_free_again(self, client: Any, trunk: dict[str, Any]) -> None:
        path, body = f"/v1/sip-trunks/{trunk['id']}", {"pbx": "3cx", "inbound_sip_username": "a"}
        for _ in range(2):
            await ok(client.patch(path, json={"inbound_sip_username": "a"}))
        await refused(client.post("/v1/sip-trunks", json=body), 409, "inbound_sip_username")
        await ok(client.patch(path, json={"inbound_sip_username": ""}))
        await ok(client.post("/v1/sip-trunks", json=body))

    async def test_numbers_of_assignments(
        self, simulator: Simulator, client: Any, trunk: dict[str, Any]
    ) -> None:
        other = await ok(client.post("/v1/sip-trunks", json={"pbx": "webex"}))
        first, second = (f"/v1/sip-trunks/{t['id']}/assignments" for t in (trunk, other))
        agent = {"agent_id": simulator.agent_id.upper()}
        numbers = {"number": "10", "alternate_number": "20"}
        made = await ok(client.post(first, json={**agent, **numbers}))
        assert made["agent_id"] == simulator.agent_id
        await refused(client.post(first, json={**agent, "number": "10"}), 409, "number: 10")
        await refused(client.post(second, json={**agent, "alternate_number": "20"}), 409)
        moved = await ok(client.post(second, json={**agent, "number": "10"}))
        path = f"/v1/sip-trunks/assignments/{made['id']}"
        assert await ok(client.patch(path, json=numbers)) == made
        assert "number" not in await ok(client.patch(path, json={"number": None}))
        assert "number" in await ok(client.patch(path, json={"number": "30"}))
        assert "number" not in await ok(client.patch(path, json={"number": ""}))
        assert await ok(client.get(second)) == [moved]
        await ok(client.delete(f"/v1/sip-trunks/{other['id']}"))
        await refused(client.get(f"/v1/sip-trunks/assignments/{moved['id']}"), 404)
        await ok(client.delete(path))
        await refused(client.delete(path), 404)


class TestDial:
    async def dial(self, simulator: Simulator, client: Any, **query: str) -> Any:
        return await client.post(f"/v1/agents/{simulator.agent_id}/dial", params=query)

    async def test_through_twilio(self, simulator: Simulator, client: Any, number: Any) -> None:
        path = f"/v1/agents/{simulator.agent_id}"
        await refused(self.dial(simulator, client, number=PARTY), 400, "phone number")
        await ok(client.patch(path, json={"phone_number_id": number["id"]}))
        query = {"number": PARTY, "destination": PARTY}
        assert await ok(self.dial(simulator, client, **query)) == {"success": True}
        (call,) = (await ok(client.get("/v1/calls?search=5550&outbound=true&source=twilio")))[
            "calls"
        ]
        assert (call["party_number"], call["status"]) == (PARTY, "ended")
        said = [(r["role"], r["message"]) for r in call["transcript"]["entries"]]
        assert said == [("user", "Hello?"), ("assistant", HELLO.says)]
        answer = await client.get(f"/v1/calls/{call['id']}/recording")
        with wave.open(io.BytesIO(answer.content)) as file:
            assert file.getnframes() == len(clip("welcome.wav")) / 2
        await ok(client.patch(path, json={"status": "inactive"}))
        await refused(self.dial(simulator, client, number=PARTY), 404, "active")
        await ok(client.patch(path, json={"status": "active", "phone_number_id": None}))
        await refused(self.dial(simulator, client, number=PARTY), 400, "phone number")

    async def test_through_a_trunk(self, simulator: Simulator, client: Any, trunk: Any) -> None:
        query = {"destination": "100", "sipTrunkId": trunk["id"].upper()}
        await refused(self.dial(simulator, client, **query), 403)
        body = {"agent_id": simulator.agent_id}
        await ok(client.post(f"/v1/sip-trunks/{trunk['id']}/assignments", json=body))
        settings = {"status": "inactive", "enable_first_message_outbound": False}
        await ok(client.patch(f"/v1/agents/{simulator.agent_id}", json=settings))
        await ok(self.dial(simulator, client, **query))
        await ok(self.dial(simulator, client, **query, firstMessage=SHORT.says))
        second, first = (await ok(client.get("/v1/calls?source=sip")))["calls"]
        assert [r["role"] for r in first["transcript"]["entries"]] == ["user"]
        assert second["transcript"]["entries"][1]["message"] == SHORT.says

    @pytest.mark.parametrize(
        "query",
        [
            {},
            {"number": " "},
            {"number": "1", "destination": "2"},
            {"number": "1", "sipTrunkId": "me"},
        ],
    )
    async def test_refusals(self, simulator: Simulator, client: Any, query: Any) -> None:
        await refused(self.dial(simulator, client, **query), 400)

    async def test_without_sip(self) -> None:
        async with Simulator(scenario_of(SHORT), has_sip=False) as simulator:
            async with rest(simulator) as client:
                await refused(client.post("/v1/sip-trunks", json={"pbx": "3cx"}), 503)
                query = {"number": PARTY, "sipTrunkId": simulator.agent_id}
                await refused(self.dial(simulator, client, **query), 503)
