"""Every operation of the document, with every status that the document gives it.

`simulated_caller.rest` holds each answer against the document.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from simulated_caller import SHORT, rest, scenario_of

from vatel_rt.simulator import Simulator
from vatel_rt.simulator.operations import HANDSHAKE, Operation, operations
from vatel_rt.simulator.recording import Recording
from vatel_rt.simulator.records import CallRecord
from vatel_rt.simulator.rest import HANDLERS

pytestmark = pytest.mark.anyio

ALL = {operation.name: operation for operation in operations()}
NOBODY = "5e1f1a5c-0000-4000-8000-00000000000f"
NUMBER = "+12025550178"
ACCOUNT = {"account_sid": "AC1", "auth_token": "secret-token"}


@dataclass
class World:
    """An organization that has one of each."""

    simulator: Simulator
    ids: dict[str, str] = field(default_factory=dict)

    async def make(self) -> None:
        agent = await self.ask("createAgent", {"name": "Test"})
        number = await self.ask("importTwilioNumber", {"phone_number": new_number(), **ACCOUNT})
        trunk = await self.ask(
            "createSipTrunk", {"pbx": "generic", "inbound_sip_username": "taken"}
        )
        spare = await self.ask("createSipTrunk", {"pbx": "generic", "register": True})
        self.ids = {"agents": agent["id"], "numbers": number["id"]}
        self.ids.update(trunks=trunk["id"], spare=spare["id"])
        body = {"agent_id": agent["id"], "number": "10", "alternate_number": uuid.uuid4().hex}
        assignment = await self.ask("createSipTrunkAgentAssignment", body)
        second = await self.ask("createSipTrunkAgentAssignment", {"agent_id": agent["id"]})
        self.ids.update(assignments=assignment["id"], second=second["id"])
        await self.ask("patchAgent", {"prompt": "New", "phone_number_id": number["id"]})
        self.ids["versions"] = (await self.ask("listAgentGraphVersions"))[0]["id"]
        call = CallRecord(agent["id"], self.simulator.platform.organization["id"])
        assert self.simulator.platform.folder
        call.recording = Recording(self.simulator.platform.folder, call.id)
        call.end("user_hangup")
        self.simulator.platform.calls[call.id] = call
        self.ids["calls"] = call.id

    def path(self, operation: Operation, **ids: str) -> str:
        known = {**self.ids, **ids}
        group = operation.path.split("/")[-1 if "{" not in operation.path else 2]
        group = {"twilio": "numbers", "sip-trunks": "trunks"}.get(group, group)
        return operation.path.format(
            id=known.get(group, ""),
            versionId=known.get("versions", ""),
            assignmentId=known.get("assignments", ""),
        )

    async def ask(self, name: str, body: Any = None) -> Any:
        async with rest(self.simulator) as client:
            answer = await client.request(ALL[name].method, self.path(ALL[name]), json=body)
        assert answer.status_code == ALL[name].success, answer.text
        return answer.json()


def new_number() -> str:
    return f"+1{uuid.uuid4().int % 10**12:012}"


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


BODIES: dict[str, dict[str, Any]] = {
    "createAgent": {"name": "Anna"},
    "patchAgent": {"prompt": "Be brief."},
    "importTwilioNumber": {"phone_number": NUMBER, **ACCOUNT},
    "patchTwilioNumberLabel": {"label": "Front desk"},
    "createSipTrunk": {"pbx": "3cx", "inbound_sip_password": "secret-password"},
    "patchSipTrunk": {"outbound_host": "pbx.example.com"},
    "createSipTrunkAgentAssignment": {"agent_id": "{agents}", "number": "20"},
    "patchSipTrunkAgentAssignment": {"number": None},
    "generateSessionToken": {"agent_id": "{agents}"},
}
QUERIES: dict[str, dict[str, Any]] = {"dialAgent": {"destination": NUMBER}}
# What is other than in a request that succeeds.
Change = dict[str, Any]
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
NOT_PRODUCED = {
    500: "a fault of the simulator; test_sim_rest has the one that can be made",
}


def change_for(operation: Operation, status: int) -> Change:
    if (operation.name, status) in CHANGES or status == operation.success:
        return CHANGES.get((operation.name, status), {})
    usual: dict[int, Change] = {
        400: {"ids": dict.fromkeys(["agents", "calls", "numbers", "trunks", "assignments"], "me")},
        401: {"key": "wrong"},
        404: {
            "ids": dict.fromkeys(["agents", "calls", "numbers", "trunks", "assignments"], NOBODY)
        },
    }
    return usual[status]


def documented() -> list[tuple[str, int]]:
    from vatel_rt.simulator.document import document

    found = []
    for methods in document()["paths"].values():
        for spec in (m for m in methods.values() if isinstance(m, dict)):
            found += [(spec["operationId"], int(status)) for status in spec["responses"]]
    return [pair for pair in found if pair[0] != HANDSHAKE and pair[1] not in NOT_PRODUCED]


def test_every_operation_has_a_handler() -> None:
    assert HANDLERS.keys() == ALL.keys()
    assert len(HANDLERS) == 29


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: filled(part, ids) for key, part in value.items()}
    return value.format_map(ids) if isinstance(value, str) else value


@pytest.mark.parametrize(("name", "status"), documented())
async def test_every_documented_status(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, status: int
) -> None:
    operation, change = ALL[name], change_for(ALL[name], status)
    platform = world.simulator.platform
    other = platform.add_organization("Another", "other-key")
    world.ids["foreign"] = platform.add_agent(other["id"], {"name": "Foreign"})["id"]
    monkeypatch.setattr(platform, "has_sip", change.get("has_sip", True))
    request = {
        "method": change.get("method", operation.method),
        "url": world.path(operation, **filled(change.get("ids", {}), world.ids)),
        "params": filled(change.get("query", QUERIES.get(name, {})), world.ids),
        "json": filled(change.get("body", BODIES.get(name)), world.ids),
    }
    async with rest(world.simulator, change.get("key")) as client:
        if status == 405:
            client.event_hooks = {}  # of an operation that is not in the document
        if change.get("twice"):
            await client.request(**request)
        answer = await client.request(**request)
    assert answer.status_code == status, answer.text
    assert "secret" not in answer.text
    if status >= 400:
        assert list(answer.json()) == ["error"]
    if status == 204:
        assert answer.content == b""


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
