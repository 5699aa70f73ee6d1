"""`/v1/sip-trunks`: trunks, and the agents that are assigned to them. Nothing is dialled."""

from __future__ import annotations

from typing import Optional

from vatel_rt.simulator.document import document
from vatel_rt.simulator.operations import Asked, Handler, Json, RefusedError
from vatel_rt.simulator.platform import Platform
from vatel_rt.simulator.records import new_id, now, stamp

NO_SIP = "this simulator has no SIP credentials"
_REGISTERED = {True: "registered", False: "not_registered"}


async def list_trunks(asked: Asked) -> list[Json]:
    """The organization's trunks."""
    return asked.platform.owned_by(asked.owner, asked.platform.trunks)


async def create_trunk(asked: Asked) -> Json:
    """A new trunk."""
    if not asked.platform.has_sip:
        raise RefusedError(503, NO_SIP)
    trunk = {"id": new_id(), "created_at": stamp(now())}
    _set(asked.platform, trunk, {"register": False, "remain_in_dialog": False, **asked.body})
    return asked.platform.keep(asked.platform.trunks, trunk, asked.owner)


async def get_trunk(asked: Asked) -> Json:
    """A trunk."""
    return _trunk(asked)


async def patch_trunk(asked: Asked) -> Json:
    """Set what the body has; keep the rest."""
    trunk = _trunk(asked)
    if not document()["components"]["schemas"]["SipTrunkUpdateInput"]["properties"].keys() & (
        asked.body.keys()
    ):
        raise RefusedError(400, "the body has no field of a trunk")
    _set(asked.platform, trunk, asked.body)
    return trunk


async def delete_trunk(asked: Asked) -> None:
    """Delete a trunk, and with it who is assigned to it."""
    trunk = _trunk(asked)
    asked.platform.forget(asked.platform.trunks, trunk["id"])
    asked.platform.unassign(sip_trunk_id=trunk["id"])


async def list_assignments(asked: Asked) -> list[Json]:
    """Who is assigned to a trunk."""
    trunk = _trunk(asked)
    return asked.platform.assigned(sip_trunk_id=trunk["id"])


async def create_assignment(asked: Asked) -> Json:
    """Assign an agent to a trunk."""
    trunk = _trunk(asked)
    agent = asked.own(asked.platform.agents, "agent", asked.body["agent_id"].lower())
    assignment = {"id": new_id(), "agent_id": agent["id"], "sip_trunk_id": trunk["id"]}
    _set_numbers(asked.platform, assignment, asked.body)
    assignment["created_at"] = stamp(now())
    return asked.platform.keep(asked.platform.assignments, assignment, asked.owner)


async def get_assignment(asked: Asked) -> Json:
    """An assignment."""
    return _assignment(asked)


async def patch_assignment(asked: Asked) -> Json:
    """Set the numbers that the body has; null clears."""
    assignment = _assignment(asked)
    _set_numbers(asked.platform, assignment, asked.body)
    return assignment


async def delete_assignment(asked: Asked) -> None:
    """Release an agent from a trunk."""
    asked.platform.forget(asked.platform.assignments, _assignment(asked)["id"])


OPERATIONS: dict[str, Handler] = {
    "listSipTrunks": list_trunks,
    "createSipTrunk": create_trunk,
    "getSipTrunk": get_trunk,
    "patchSipTrunk": patch_trunk,
    "deleteSipTrunk": delete_trunk,
    "listSipTrunkAgentAssignments": list_assignments,
    "createSipTrunkAgentAssignment": create_assignment,
    "getSipTrunkAgentAssignment": get_assignment,
    "patchSipTrunkAgentAssignment": patch_assignment,
    "deleteSipTrunkAgentAssignment": delete_assignment,
}


def _trunk(asked: Asked) -> Json:
    return asked.own(asked.platform.trunks, "trunk", asked.ids["id"])


def _assignment(asked: Asked) -> Json:
    return asked.own(asked.platform.assignments, "assignment", asked.ids["assignmentId"])


def _set(platform: Platform, trunk: Json, wanted: Json) -> None:
    """Set fields of a trunk: "" and an empty list clear, null clears the transforms only."""
    name = wanted.get("inbound_sip_username")
    others = (t for t in platform.trunks.values() if t["id"] != trunk["id"])
    if name and name in (t.get("inbound_sip_username") for t in others):
        raise RefusedError(409, "inbound_sip_username: another trunk has it")
    shown = document()["components"]["schemas"]["SipTrunk"]["properties"]  # thus no password
    for key in shown.keys() & (wanted.keys() - {"id", "created_at"}):
        if wanted[key] in ("", []) or (key == "caller_id_transforms" and wanted[key] is None):
            trunk.pop(key, None)
        elif wanted[key] is not None:
            trunk[key] = wanted[key]
    trunk["inbound_registration_status"] = _REGISTERED[False]
    trunk["outbound_registration_status"] = _REGISTERED[trunk["register"]]


def _set_numbers(platform: Platform, assignment: Json, wanted: Json) -> None:
    others = [a for a in platform.assignments.values() if a["id"] != assignment["id"]]
    neighbours = [a for a in others if a["sip_trunk_id"] == assignment["sip_trunk_id"]]
    for key, rivals in (("number", neighbours), ("alternate_number", others)):
        number: Optional[str] = wanted.get(key)
        if number and number in (rival.get(key) for rival in rivals):
            raise RefusedError(409, f"{key}: {number} is taken")
    for key in wanted.keys() & {"number", "alternate_number"}:
        if wanted[key]:
            assignment[key] = wanted[key]
        else:
            assignment.pop(key, None)
