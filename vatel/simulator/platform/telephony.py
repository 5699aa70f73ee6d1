"""Handlers for numbers, SIP trunks and outbound calls.

No provider is contacted and no phone is dialled; the scenario defines what a called party does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Optional

from vatel.simulator.openapi.document import Json, fields_of
from vatel.simulator.openapi.errors import HttpError
from vatel.simulator.platform.api_request import ApiRequest, Handler
from vatel.simulator.platform.call_record import CallRecord, new_id, now, randomness, stamp
from vatel.simulator.platform.recording import Recording
from vatel.simulator.scenario.keys import Dialled
from vatel_rt.audio.pcm import SAMPLE_WIDTH, bytes_of, duration_ms

TWILIO_FAILS = "FAIL"
"""The end of an `account_sid` for which the import fails with 502."""
_HANGUPS = {"party": "user_hangup", "agent": "agent_hangup"}
_REGISTERED = {True: "registered", False: "not_registered"}


def _import_number(request: ApiRequest) -> Json:
    wanted, platform = request.body, request.platform
    if wanted["account_sid"].endswith(TWILIO_FAILS):
        raise HttpError(502, "Twilio does not know this account")
    if wanted["phone_number"] in (n["phone_number"] for n in platform.numbers.values()):
        raise HttpError(409, "phone_number: already imported")
    number = {
        "id": platform.new_id("numbers"),
        "phone_number": wanted["phone_number"],
        "phone_sid": "PN" + platform.new_id("phone sids").replace("-", ""),
        "label": wanted.get("label", ""),
        "account_sid": wanted["account_sid"],
        "created_at": stamp(now()),
        "updated_at": stamp(now()),
    }
    return platform.add(platform.numbers, number, request.owner)


def _label(request: ApiRequest) -> Json:
    number = request.find(request.platform.numbers, "number", request.ids["id"])
    number.update(label=request.body["label"], updated_at=stamp(now()))
    return number


def _trunk(request: ApiRequest) -> Json:
    return request.find(request.platform.trunks, "trunk", request.ids["id"])


def _create_trunk(request: ApiRequest) -> Json:
    _check_sip(request)
    trunk = {"id": request.platform.new_id("trunks"), "created_at": stamp(now())}
    given = {key: value for key, value in request.body.items() if value is not None}
    _set(request, trunk, {"register": False, "remain_in_dialog": False, **given})
    return request.platform.add(request.platform.trunks, trunk, request.owner)


def _check_sip(request: ApiRequest) -> None:
    if not request.platform.has_sip:
        raise HttpError(503, "this simulator has no SIP credentials")


def _patch_trunk(request: ApiRequest) -> Json:
    trunk = _trunk(request)
    if not fields_of("SipTrunkUpdateInput").keys() & request.body.keys():
        raise HttpError(400, "the body has no field of a trunk")
    return _set(request, trunk, request.body)


def _set(request: ApiRequest, trunk: Json, wanted: Json) -> Json:
    """Set fields of a trunk: "" and [] clear a field, null clears only the transforms."""
    name = wanted.get("inbound_sip_username")
    others = (t for t in request.platform.trunks.values() if t["id"] != trunk["id"])
    if name and name in (t.get("inbound_sip_username") for t in others):
        raise HttpError(409, "inbound_sip_username: used by another trunk")
    shown = fields_of("SipTrunk").keys() - {"id", "created_at"}  # so no password
    for key in shown & wanted.keys():
        if wanted[key] in ("", []) or (key == "caller_id_transforms" and wanted[key] is None):
            trunk.pop(key, None)
        elif wanted[key] is not None:
            trunk[key] = wanted[key]
    trunk["inbound_registration_status"] = _REGISTERED[False]
    trunk["outbound_registration_status"] = _REGISTERED[trunk["register"]]
    return trunk


def _delete_trunk(request: ApiRequest) -> None:
    """Delete a trunk and its assignments."""
    trunk = _trunk(request)
    request.platform.remove(request.platform.trunks, trunk["id"])
    request.platform.unassign(sip_trunk_id=trunk["id"])


def _assignment(request: ApiRequest) -> Json:
    return request.find(request.platform.assignments, "assignment", request.ids["assignmentId"])


def _assign(request: ApiRequest) -> Json:
    trunk, platform = _trunk(request), request.platform
    agent = request.find(platform.agents, "agent", request.body["agent_id"].lower())
    assignment = {
        "id": platform.new_id("assignments"),
        "agent_id": agent["id"],
        "sip_trunk_id": trunk["id"],
        "created_at": stamp(now()),
    }
    return platform.add(platform.assignments, _set_numbers(request, assignment), request.owner)


def _set_numbers(request: ApiRequest, assignment: Json) -> Json:
    """Set the numbers of an assignment that the body has; null and "" clear a number."""
    others = [a for a in request.platform.assignments.values() if a["id"] != assignment["id"]]
    neighbours = [a for a in others if a["sip_trunk_id"] == assignment["sip_trunk_id"]]
    rivals = {"number": neighbours, "alternate_number": others}
    wanted = {key: request.body[key] for key in rivals.keys() & request.body.keys()}
    for key, number in wanted.items():
        if number and number in (rival.get(key) for rival in rivals[key]):
            raise HttpError(409, f"{key}: {number} is already assigned")
    for key, number in wanted.items():
        assignment.pop(key, None)
        assignment.update({key: number} if number else {})
    return assignment


async def _dial(request: ApiRequest) -> Json:
    """Make a call, which has ended and is in the history when this returns."""
    agent = request.find(request.platform.agents, "agent", request.ids["id"])
    party = _party(request.query)
    trunk_id = request.query.get("sipTrunkId")
    _check_can_dial(request, agent, trunk_id)
    version_id = request.platform.active[agent["id"]]
    record = CallRecord(
        agent["id"],
        request.owner,
        version_id,
        source="sip" if trunk_id else "twilio",
        outbound=True,
        party_number=party,
        id=request.platform.new_id("calls"),
        prompt=request.query.get("prompt") or request.platform.prompt(agent["id"], version_id),
    )
    own = agent["first_message"] if agent["enable_first_message_outbound"] else ""
    dialled = request.platform.scenario.dialled
    entry = next((d for d in dialled if d.number in {None, party}), Dialled())
    if entry.outcome == "answered":
        await _talk(request, record, request.query.get("firstMessage") or own, entry)
    else:
        record.end(entry.outcome)
        record.ended = record.created
        record.given.update(connected_at="", started_at="")
    request.platform.add_call(record)
    return {"success": True}


def _party(query: Json) -> str:
    given = {query[key].strip() for key in ("number", "destination") if key in query} - {""}
    if len(given) != 1:
        problem = "differs from destination" if given else "missing"
        raise HttpError(400, f"number: {problem}")
    return str(given.pop())


def _check_can_dial(request: ApiRequest, agent: Json, trunk_id: Optional[str]) -> None:
    if trunk_id:
        _check_sip(request)
        if not request.platform.assigned(agent_id=agent["id"], sip_trunk_id=trunk_id.lower()):
            raise HttpError(403, "the trunk is not assigned to the agent")
    elif agent["status"] != "active":
        raise HttpError(404, "the agent is not active")
    elif not agent.get("phone_number_id"):
        raise HttpError(400, "the agent has no phone number")


async def _talk(request: ApiRequest, record: CallRecord, greeting: str, party: Dialled) -> None:
    """Record a call: the party speaks, then hears the first message until it hangs up."""
    synthesize, ids = request.platform.synthesize, randomness(record.id, "turns")
    hello = await synthesize(party.says, party.clip) if party.clip else b""
    first = await synthesize(greeting, None)
    length = len(hello) + len(first)
    if party.stays_secs is not None:
        length = bytes_of(1000 * party.stays_secs)
    heard = first[: max(0, length - len(hello))]
    record.add("message", new_id(ids), role="user", message=party.says)
    if heard:
        words = greeting.split()
        said = " ".join(words[: -(-len(words) * len(heard) // len(first))])
        ms = round(duration_ms(len(heard)))
        record.add("message", new_id(ids), role="assistant", message=said, durationMs=ms)
    if request.platform.folder:
        record.recording = Recording(request.platform.folder, record.id)
        record.recording.write("caller", 0, hello[:length])
        record.recording.write("agent", len(hello) // SAMPLE_WIDTH, heard)
        if length > len(hello) + len(heard):  # silence to the end
            record.recording.write("agent", length // SAMPLE_WIDTH - 1, bytes(SAMPLE_WIDTH))
    record.end(_HANGUPS[party.hangs_up])
    record.ended = record.created + timedelta(milliseconds=round(duration_ms(length)))


OPERATIONS: dict[str, Handler] = {
    "listTwilioNumbers": lambda request: request.entries(request.platform.numbers),
    "importTwilioNumber": _import_number,
    "patchTwilioNumberLabel": _label,
    "listSipTrunks": lambda request: request.entries(request.platform.trunks),
    "createSipTrunk": _create_trunk,
    "getSipTrunk": _trunk,
    "patchSipTrunk": _patch_trunk,
    "deleteSipTrunk": _delete_trunk,
    "listSipTrunkAgentAssignments": lambda a: a.platform.assigned(sip_trunk_id=_trunk(a)["id"]),
    "createSipTrunkAgentAssignment": _assign,
    "getSipTrunkAgentAssignment": _assignment,
    "patchSipTrunkAgentAssignment": lambda request: _set_numbers(request, _assignment(request)),
    "deleteSipTrunkAgentAssignment": lambda request: request.platform.remove(
        request.platform.assignments, _assignment(request)["id"]
    ),
    "dialAgent": _dial,
}
