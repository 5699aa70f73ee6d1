"""An organization with an entry of each kind, and a successful request for each operation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from simulated_caller import rest

from vatel.simulator import Simulator
from vatel.simulator.openapi.operations import Operation, operations
from vatel.simulator.platform.call_record import CallRecord
from vatel.simulator.platform.recording import Recording

ALL = {operation.name: operation for operation in operations()}
NOBODY = "5e1f1a5c-0000-4000-8000-00000000000f"
NUMBER = "+12025550178"
ACCOUNT = {"account_sid": "AC1", "auth_token": "secret-token"}


@dataclass
class World:
    """An organization with an entry of each kind."""

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


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: filled(part, ids) for key, part in value.items()}
    return value.format_map(ids) if isinstance(value, str) else value
