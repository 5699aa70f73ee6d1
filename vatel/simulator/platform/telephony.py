"""Numbers, SIP trunks and outbound calls. Nobody is asked and nothing is dialled.

The scenario says what a dialled party does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Optional

from starlette.exceptions import HTTPException

from vatel.simulator.openapi.document import Asked, Handler, Json, fields_of
from vatel.simulator.platform.call_record import CallRecord, new_id, now, randomness, stamp
from vatel.simulator.platform.recording import Recording
from vatel.simulator.scenario.scenario import Dialled
from vatel_rt.audio.pcm import SAMPLE_WIDTH, bytes_of, duration_ms

TWILIO_FAILS = "FAIL"
"""An `account_sid` with this end makes Twilio fail: the import is a 502."""
_HANGUPS = {"party": "user_hangup", "agent": "agent_hangup"}
_REGISTERED = {True: "registered", False: "not_registered"}


def _import_number(asked: Asked) -> Json:
    wanted, platform = asked.body, asked.platform
    if wanted["account_sid"].endswith(TWILIO_FAILS):
        raise HTTPException(502, "Twilio does not know this account")
    if wanted["phone_number"] in (n["phone_number"] for n in platform.numbers.values()):
        raise HTTPException(409, "phone_number: it is imported already")
    number = {
        "id": platform.new_id("numbers"),
        "phone_number": wanted["phone_number"],
        "phone_sid": "PN" + platform.new_id("phone sids").replace("-", ""),
        "label": wanted.get("label", ""),
        "account_sid": wanted["account_sid"],
        "created_at": stamp(now()),
        "updated_at": stamp(now()),
    }
    return platform.keep(platform.numbers, number, asked.owner)


def _label(asked: Asked) -> Json:
    number = asked.own(asked.platform.numbers, "number", asked.ids["id"])
    number.update(label=asked.body["label"], updated_at=stamp(now()))
    return number


def _trunk(asked: Asked) -> Json:
    return asked.own(asked.platform.trunks, "trunk", asked.ids["id"])


def _create_trunk(asked: Asked) -> Json:
    _check_sip(asked)
    trunk = {"id": asked.platform.new_id("trunks"), "created_at": stamp(now())}
    given = {key: value for key, value in asked.body.items() if value is not None}
    _set(asked, trunk, {"register": False, "remain_in_dialog": False, **given})
    return asked.platform.keep(asked.platform.trunks, trunk, asked.owner)


def _check_sip(asked: Asked) -> None:
    if not asked.platform.has_sip:
        raise HTTPException(503, "this simulator has no SIP credentials")


def _patch_trunk(asked: Asked) -> Json:
    trunk = _trunk(asked)
    if not fields_of("SipTrunkUpdateInput").keys() & asked.body.keys():
        raise HTTPException(400, "the body has no field of a trunk")
    return _set(asked, trunk, asked.body)


def _set(asked: Asked, trunk: Json, wanted: Json) -> Json:
    """Set fields of a trunk: "" and an empty list clear, null clears the transforms only."""
    name = wanted.get("inbound_sip_username")
    others = (t for t in asked.platform.trunks.values() if t["id"] != trunk["id"])
    if name and name in (t.get("inbound_sip_username") for t in others):
        raise HTTPException(409, "inbound_sip_username: another trunk has it")
    shown = fields_of("SipTrunk").keys() - {"id", "created_at"}  # thus no password
    for key in shown & wanted.keys():
        if wanted[key] in ("", []) or (key == "caller_id_transforms" and wanted[key] is None):
            trunk.pop(key, None)
        elif wanted[key] is not None:
            trunk[key] = wanted[key]
    trunk["inbound_registration_status"] = _REGISTERED[False]
    trunk["outbound_registration_status"] = _REGISTERED[trunk["register"]]
    return trunk


def _delete_trunk(asked: Asked) -> None:
    """Delete a trunk, and with it who is assigned to it."""
    trunk = _trunk(asked)
    asked.platform.forget(asked.platform.trunks, trunk["id"])
    asked.platform.unassign(sip_trunk_id=trunk["id"])


def _assignment(asked: Asked) -> Json:
    return asked.own(asked.platform.assignments, "assignment", asked.ids["assignmentId"])


def _assign(asked: Asked) -> Json:
    trunk, platform = _trunk(asked), asked.platform
    agent = asked.own(platform.agents, "agent", asked.body["agent_id"].lower())
    assignment = {
        "id": platform.new_id("assignments"),
        "agent_id": agent["id"],
        "sip_trunk_id": trunk["id"],
        "created_at": stamp(now()),
    }
    return platform.keep(platform.assignments, _numbered(asked, assignment), asked.owner)


def _numbered(asked: Asked, assignment: Json) -> Json:
    """The assignment with the numbers that the body has; null and "" clear."""
    others = [a for a in asked.platform.assignments.values() if a["id"] != assignment["id"]]
    neighbours = [a for a in others if a["sip_trunk_id"] == assignment["sip_trunk_id"]]
    rivals = {"number": neighbours, "alternate_number": others}
    wanted = {key: asked.body[key] for key in rivals.keys() & asked.body.keys()}
    for key, number in wanted.items():
        if number and number in (rival.get(key) for rival in rivals[key]):
            raise HTTPException(409, f"{key}: {number} is taken")
    for key, number in wanted.items():
        assignment.pop(key, None)
        assignment.update({key: number} if number else {})
    return assignment


async def _dial(asked: Asked) -> Json:
    """Place a call. It is over, and in the history, when the answer comes."""
    agent = asked.own(asked.platform.agents, "agent", asked.ids["id"])
    party = _party(asked.query)
    trunk_id = asked.query.get("sipTrunkId")
    _check_line(asked, agent, trunk_id)
    version_id = asked.platform.active[agent["id"]]
    record = CallRecord(
        agent["id"],
        asked.owner,
        version_id,
        source="sip" if trunk_id else "twilio",
        outbound=True,
        party_number=party,
        id=asked.platform.new_id("calls"),
        prompt=asked.query.get("prompt") or asked.platform.prompt(agent["id"], version_id),
    )
    own = agent["first_message"] if agent["enable_first_message_outbound"] else ""
    dialled = asked.platform.scenario.dialled
    entry = next((d for d in dialled if d.number in {None, party}), Dialled())
    if entry.outcome == "answered":
        await _talk(asked, record, asked.query.get("firstMessage") or own, entry)
    else:
        record.end(entry.outcome)
        record.ended = record.created
        record.given.update(connected_at="", started_at="")
    asked.platform.add_call(record)
    return {"success": True}


def _party(query: Json) -> str:
    given = {query[key].strip() for key in ("number", "destination") if key in query} - {""}
    if len(given) != 1:
        problem = "not equal to destination" if given else "whom to call is missing"
        raise HTTPException(400, f"number: {problem}")
    return str(given.pop())


def _check_line(asked: Asked, agent: Json, trunk_id: Optional[str]) -> None:
    if trunk_id:
        _check_sip(asked)
        if not asked.platform.assigned(agent_id=agent["id"], sip_trunk_id=trunk_id.lower()):
            raise HTTPException(403, "the trunk is not assigned to the agent")
    elif agent["status"] != "active":
        raise HTTPException(404, "the agent is not active")
    elif not agent.get("phone_number_id"):
        raise HTTPException(400, "the agent has no phone number")


async def _talk(asked: Asked, record: CallRecord, greeting: str, party: Dialled) -> None:
    """The party says its words, hears the first message as far as it stays, and it is over."""
    speech, ids = asked.platform.speech, randomness(record.id, "turns")
    hello = await speech.pcm(party.says, party.clip) if party.clip else b""  # it has no other voice
    first = await speech.pcm(greeting)
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
    if asked.platform.folder:
        record.recording = Recording(asked.platform.folder, record.id)
        record.recording.write("caller", 0, hello[:length])
        record.recording.write("agent", len(hello) // SAMPLE_WIDTH, heard)
        if length > len(hello) + len(heard):  # silence to the end
            record.recording.write("agent", length // SAMPLE_WIDTH - 1, bytes(SAMPLE_WIDTH))
    record.end(_HANGUPS[party.hangs_up])
    record.ended = record.created + timedelta(milliseconds=round(duration_ms(length)))


OPERATIONS: dict[str, Handler] = {
    "listTwilioNumbers": lambda asked: asked.all(asked.platform.numbers),
    "importTwilioNumber": _import_number,
    "patchTwilioNumberLabel": _label,
    "listSipTrunks": lambda asked: asked.all(asked.platform.trunks),
    "createSipTrunk": _create_trunk,
    "getSipTrunk": _trunk,
    "patchSipTrunk": _patch_trunk,
    "deleteSipTrunk": _delete_trunk,
    "listSipTrunkAgentAssignments": lambda a: a.platform.assigned(sip_trunk_id=_trunk(a)["id"]),
    "createSipTrunkAgentAssignment": _assign,
    "getSipTrunkAgentAssignment": _assignment,
    "patchSipTrunkAgentAssignment": lambda asked: _numbered(asked, _assignment(asked)),
    "deleteSipTrunkAgentAssignment": lambda asked: asked.platform.forget(
        asked.platform.assignments, _assignment(asked)["id"]
    ),
    "dialAgent": _dial,
}
