"""Every operation of the document, with every documented status.

`simulated_caller.rest` holds each answer against the document: status, type and body.
"""

from __future__ import annotations

import io
import wave
from typing import Any, Callable, Optional

import pytest
from simulated_caller import DOCUMENT, SHORT, Caller, rest, scenario_of
from worlds import ACCOUNT, ALL, BODIES, NOBODY, NUMBER, QUERIES, World, filled

from vatel.simulator import Simulator
from vatel.simulator.openapi.operations import HANDSHAKE
from vatel.simulator.platform.api_request import ApiRequest
from vatel.simulator.platform.platform import Platform
from vatel.simulator.platform.tokens import Grant, Tokens
from vatel.simulator.server.routes import HANDLERS

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def simulator(anyio_backend: str) -> Any:
    async with Simulator(scenario_of(SHORT)) as simulator:
        yield simulator


@pytest.fixture
async def world(simulator: Simulator) -> World:
    for table in (simulator.platform.numbers, simulator.platform.trunks):
        table.clear()
    simulator.platform.assignments.clear()
    world = World(simulator)
    await world.make()
    return world


# What is other than in a request that succeeds.
Change = dict[str, Any]
_EVERY_ID = ["agents", "calls", "numbers", "trunks", "assignments"]
USUAL: dict[int, Change] = {
    400: {"ids": dict.fromkeys(_EVERY_ID, "me")},
    401: {"key": "wrong"},
    404: {"ids": dict.fromkeys(_EVERY_ID, NOBODY)},
    500: {"broken": True},
}
CHANGES: dict[tuple[str, int], Change] = {
    ("createAgent", 400): {"body": {}},
    ("importTwilioNumber", 400): {"body": {"phone_number": "0179", **ACCOUNT}},
    ("createSipTrunk", 400): {"body": {"pbx": "other"}},
    ("generateSessionToken", 400): {"body": {"agent_id": "{agents}", "colour": "red"}},
    ("listCalls", 400): {"query": {"page": "0"}},
    ("publishAgentGraphVersion", 409): {"twice": True},
    ("importTwilioNumber", 409): {"twice": True},
    ("importTwilioNumber", 502): {
        "body": {**BODIES["importTwilioNumber"], "account_sid": "ACFAIL"}
    },
    ("createSipTrunk", 409): {"body": {"pbx": "3cx", "inbound_sip_username": "taken"}},
    ("createSipTrunk", 503): {"has_sip": False},
    ("patchSipTrunk", 409): {
        "ids": {"trunks": "{spare}"},
        "body": {"inbound_sip_username": "taken"},
    },
    ("createSipTrunkAgentAssignment", 409): {"body": {"agent_id": "{agents}", "number": "10"}},
    ("patchSipTrunkAgentAssignment", 409): {
        "ids": {"assignments": "{second}"},
        "body": {"number": "10"},
    },
    ("dialAgent", 403): {"query": {"number": NUMBER, "sipTrunkId": "{spare}"}},
    ("dialAgent", 503): {
        "query": {"number": NUMBER, "sipTrunkId": "{trunks}"},
        "has_sip": False,
    },
    ("generateSessionToken", 403): {"body": {"agent_id": "{foreign}"}},
    ("generateSessionToken", 404): {"body": {"agent_id": NOBODY}},
    ("generateSessionToken", 503): {"body": {"agent_id": "{agents}", "transport": "webrtc"}},
    ("downloadCallRecording", 405): {"method": "POST"},
}
NOT_PRODUCED: dict[tuple[str, int], str] = {}
"""Why the simulator does not return a documented status. It returns all of them."""


def documented() -> list[tuple[str, int]]:
    found = []
    for methods in DOCUMENT["paths"].values():
        for spec in (m for m in methods.values() if isinstance(m, dict)):
            found += [(spec["operationId"], int(status)) for status in spec["responses"]]
    return found


def change_for(name: str, status: int) -> Optional[Change]:
    """Return the change to a request that leads to a status; None if it is not written down."""
    usual = {} if status == ALL[name].success else USUAL.get(status)
    return CHANGES.get((name, status), usual)


def produced(*, handshake: bool) -> list[tuple[str, int]]:
    rest = [pair for pair in documented() if pair not in NOT_PRODUCED]
    return [pair for pair in rest if (pair[0] == HANDSHAKE) == handshake]


def test_every_operation_has_a_handler() -> None:
    assert HANDLERS.keys() == ALL.keys()


def test_what_is_written_down_is_documented() -> None:
    assert {*CHANGES, *NOT_PRODUCED} <= {*documented()}
    assert {(HANDSHAKE, status) for status in TOKENS} | {(HANDSHAKE, 101)} <= {*documented()}


def test_what_is_not_produced_cannot_be() -> None:
    for name, status in NOT_PRODUCED:
        assert status not in TOKENS if name == HANDSHAKE else not change_for(name, status)


async def broken(_: ApiRequest) -> None:
    raise RuntimeError("a bug")


@pytest.mark.parametrize(("name", "status"), produced(handshake=False))
async def test_every_documented_status(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, status: int
) -> None:
    operation, change = ALL[name], change_for(name, status)
    assert change is not None, "say in CHANGES how to get it, or in NOT_PRODUCED why one cannot"
    platform = world.simulator.platform
    world.ids["foreign"] = foreign_agent(platform)
    monkeypatch.setattr(platform, "has_sip", change.get("has_sip", True))
    if change.get("broken"):
        monkeypatch.setitem(HANDLERS, name, broken)
    request = {
        "method": change.get("method", operation.method),
        "url": world.path(operation, **filled(change.get("ids", {}), world.ids)),
        "params": filled(change.get("query", QUERIES.get(name, {})), world.ids),
        "json": filled(change.get("body", BODIES.get(name)), world.ids),
    }
    async with rest(world.simulator, change.get("key")) as client:
        if change.get("twice"):
            await client.request(**request)
        answer = await client.request(**request)
    assert answer.status_code == status, answer.text
    assert "secret" not in answer.text
    if status >= 400:
        assert list(answer.json()) == ["error"]
    elif status == 204:
        assert answer.content == b""
    elif answer.headers["content-type"] == "audio/wav":
        with wave.open(io.BytesIO(answer.content)) as file:
            assert file.getframerate() == 24_000


def foreign_agent(platform: Platform) -> str:
    other = platform.add_organization("Another", "other-key")
    return str(platform.add_agent(other["id"], {"name": "Foreign"})["id"])


TOKENS: dict[int, Callable[[Platform], str]] = {
    400: lambda _: "",
    401: lambda _: Tokens().issue(Grant(NOBODY, "")),
    403: lambda platform: platform.tokens.issue(Grant(foreign_agent(platform), "")),
    404: lambda platform: platform.tokens.issue(Grant(NOBODY, "")),
    500: lambda _: "any",
}
"""The token for which the handshake has a status."""


@pytest.mark.parametrize("status", [status for _, status in produced(handshake=True)])
async def test_every_documented_status_of_the_handshake(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    if status == 101:
        async with await Caller.dial(simulator) as caller:
            assert caller.socket.response
            assert caller.socket.response.status_code == status
            await caller.until("session_started")
        return
    token = TOKENS[status](simulator.platform)
    if status == 500:
        monkeypatch.setattr(simulator.platform, "tokens", None)
    upgrade = {"connection": "Upgrade", "upgrade": "websocket"}
    upgrade.update({"sec-websocket-version": "13", "sec-websocket-key": "a" * 22 + "=="})
    async with rest(simulator) as client:
        query = {"token": token}
        answer = await client.get("/v1/connection", params=query, headers=upgrade)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize("name", [name for name in ALL if ALL[name].body])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b'{"name": NaN}', b"[" * 100_000])
async def test_bodies_that_are_none(world: World, name: str, body: bytes) -> None:
    async with rest(world.simulator) as client:
        path = world.path(ALL[name])
        answer = await client.request(ALL[name].method, path, content=body)
    assert answer.status_code == 400


@pytest.mark.parametrize("name", [name for name in ALL if "{" in ALL[name].path])
async def test_what_another_organization_has_is_not_there(world: World, name: str) -> None:
    world.simulator.platform.add_organization("Another", "other-key")
    request = {"params": QUERIES.get(name), "json": filled(BODIES.get(name), world.ids)}
    async with rest(world.simulator, "other-key") as client:
        answer = await client.request(ALL[name].method, world.path(ALL[name]), **request)
    assert answer.status_code == 404


@pytest.mark.parametrize("name", [name for name in BODIES if name != "generateSessionToken"])
async def test_unknown_fields_are_ignored(world: World, name: str) -> None:
    body = {**filled(BODIES[name], world.ids), "colour": "red", "created_at": "never"}
    async with rest(world.simulator) as client:
        answer = await client.request(ALL[name].method, world.path(ALL[name]), json=body)
    assert answer.status_code == ALL[name].success
    assert "colour" not in answer.json()
    assert answer.json().get("created_at") != "never"


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("createAgent", {"default_language": "en\n"}, "default_language"),
    ("createAgent", {"voice_settings": {"provider": "hume"}}, "id"),
    ("createAgent", {"voice_settings": {"id": "a", "provider": "none"}}, "voice_settings.provider"),
    ("createAgent", {"keyterms": ["a", 1]}, "keyterms.1"),
    ("patchAgent", {"noise_cancel_settings": {"level": -1}}, "noise_cancel_settings.level"),
    ("patchAgent", {"phone_number_id": ""}, "phone_number_id"),
    ("patchAgent", {"timeout_settings": {"silence_counter": 1.5}}, "silence_counter"),
    ("importTwilioNumber", {"phone_number": NUMBER + "\n"}, "phone_number"),
    ("importTwilioNumber", {"account_sid": "SK1"}, "account_sid"),
    ("importTwilioNumber", {"auth_token": None}, "auth_token"),
    ("patchTwilioNumberLabel", {"label": None}, "label"),
    ("createSipTrunk", {"inbound_auth_type": "password"}, "inbound_auth_type"),
    ("createSipTrunk", {"caller_id_transforms": None}, "caller_id_transforms"),
    ("patchSipTrunk", {"caller_id_transforms": [{"type": "cut"}]}, "caller_id_transforms.0.type"),
    ("patchSipTrunk", {"caller_id_transforms": [{}]}, "type"),
    ("createSipTrunkAgentAssignment", {"agent_id": "me"}, "agent_id"),
    ("createSipTrunkAgentAssignment", {"number": None}, "number"),
    ("patchSipTrunkAgentAssignment", {"alternate_number": 10}, "alternate_number"),
    ("generateSessionToken", {"transport": "udp"}, "transport"),
    ("generateSessionToken", {"version_id": "v1"}, "version_id"),
    ("generateSessionToken", {"colour": "red"}, "colour"),
]


@pytest.mark.parametrize(("name", "change", "field"), WRONG)
async def test_a_refusal_names_the_field(
    world: World, name: str, change: dict[str, Any], field: str
) -> None:
    body = {**filled(BODIES[name], world.ids), **change}
    async with rest(world.simulator) as client:
        answer = await client.request(ALL[name].method, world.path(ALL[name]), json=body)
    assert answer.status_code == 400
    assert field in answer.json()["error"]


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@pytest.mark.parametrize("path", DOCUMENT["paths"])
async def test_a_method_that_a_path_does_not_have(simulator: Simulator, path: str) -> None:
    there = {method.upper() for method in DOCUMENT["paths"][path]} & {*METHODS}
    url = path.format_map(dict.fromkeys(["id", "versionId", "assignmentId"], NOBODY))
    async with rest(simulator) as client:
        for method in {*METHODS} - there:
            answer = await client.request(method, url)
            assert answer.status_code == 405
            assert {*answer.headers["allow"].split(", ")} - {"HEAD"} == there
            assert answer.json()["error"]


ODD = [None, True, -1, 0, 10**30, 1e300, "", "x" * 5000, "\0", "\U0001f600", [], [None], {}]
ODD += [{"": None}, [[]] * 50, NOBODY, "9" * 40, "\u0665", "ACFAIL", "transfer_call"]


@pytest.mark.parametrize("name", [name for name in ALL if ALL[name].body])
async def test_no_odd_value_in_a_body_is_too_much(world: World, name: str) -> None:
    """The hook of `rest` fails for undocumented answers, and a 500 is a bug."""
    fields = DOCUMENT["components"]["schemas"][ALL[name].body]["properties"]
    async with rest(world.simulator) as client:
        for field, schema in fields.items():
            inner = DOCUMENT["components"]["schemas"].get(
                schema.get("$ref", "").rpartition("/")[2], {}
            )
            for value in [
                *ODD,
                *({key: odd} for key in inner.get("properties", {}) for odd in ODD),
            ]:
                body = {**filled(BODIES[name], world.ids), field: value}
                answer = await client.request(ALL[name].method, world.path(ALL[name]), json=body)
                assert answer.status_code != 500, (field, value)


@pytest.mark.parametrize("name", ["listCalls", "dialAgent"])
async def test_no_odd_value_in_a_query_is_too_much(world: World, name: str) -> None:
    operation = DOCUMENT["paths"][ALL[name].path][ALL[name].method.lower()]
    parameters = [p["$ref"].rpartition("/")[2] for p in operation["parameters"]]
    async with rest(world.simulator) as client:
        for parameter in (DOCUMENT["components"]["parameters"][p]["name"] for p in parameters):
            for value in [*map(str, ODD), "0000-02-30T23:59:59Z", "9999-12-31T23:59:59-23:59"]:
                query = {**QUERIES.get(name, {}), parameter: value}
                path = world.path(ALL[name])
                answer = await client.request(ALL[name].method, path, params=query)
                assert answer.status_code != 500, query


@pytest.mark.parametrize("name", [name for name in ALL if "{" in ALL[name].path])
async def test_no_odd_id_is_too_much(world: World, name: str) -> None:
    async with rest(world.simulator) as client:
        client.event_hooks = {}  # what no id can be leads to other paths
        for value in ["%00", "%2e%2e", "%2F", "x" * 3000, "%F0%9F%98%80", "%FF", "None"]:
            odd = dict.fromkeys(_EVERY_ID, value)
            answer = await client.request(ALL[name].method, world.path(ALL[name], **odd))
            assert answer.status_code in {400, 404, 405}, value
