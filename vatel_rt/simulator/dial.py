"""`POST /v1/agents/{id}/dial`: outbound calls. Somebody answers, listens, and hangs up."""

from __future__ import annotations

from datetime import timedelta

from vatel_rt.audio.pcm import duration_ms
from vatel_rt.simulator.operations import Asked, Handler, Json, RefusedError
from vatel_rt.simulator.recording import Recording
from vatel_rt.simulator.records import USER_HANGUP, CallRecord, new_id
from vatel_rt.simulator.trunks import NO_SIP

ANSWER = "Hello?"
"""What the party says when it picks up; its side of the recording is silent."""


async def dial_agent(asked: Asked) -> Json:
    """Place a call. It is over, and in the history, when the answer comes."""
    agent = asked.own(asked.platform.agents, "agent", asked.ids["id"])
    party = _party(asked.query)
    trunk_id = asked.query.get("sipTrunkId")
    if trunk_id:
        _check_trunk(asked, agent["id"], trunk_id.lower())
    else:
        _check_number(agent)
    record = CallRecord(
        agent["id"],
        asked.owner,
        asked.platform.active[agent["id"]],
        source="sip" if trunk_id else "twilio",
        outbound=True,
        party_number=party,
    )
    own = agent["first_message"] if agent["enable_first_message_outbound"] else ""
    await _hold(asked, record, asked.query.get("firstMessage") or own)
    return {"success": True}


OPERATIONS: dict[str, Handler] = {"dialAgent": dial_agent}


def _party(query: Json) -> str:
    given = {query[key].strip() for key in ("number", "destination") if key in query} - {""}
    if not given:
        raise RefusedError(400, "number: whom to call is missing")
    if len(given) > 1:
        raise RefusedError(400, "number: not equal to destination")
    return str(given.pop())


def _check_trunk(asked: Asked, agent_id: str, trunk_id: str) -> None:
    if not asked.platform.has_sip:
        raise RefusedError(503, NO_SIP)
    if not asked.platform.assigned(agent_id=agent_id, sip_trunk_id=trunk_id):
        raise RefusedError(403, "the trunk is not assigned to the agent")


def _check_number(agent: Json) -> None:
    if agent["status"] != "active":
        raise RefusedError(404, "the agent is not active")
    if not agent.get("phone_number_id"):
        raise RefusedError(400, "the agent has no phone number")


async def _hold(asked: Asked, record: CallRecord, greeting: str) -> None:
    """The call: the party answers, hears the first message, and hangs up."""
    pcm = await asked.platform.speech.pcm(greeting)
    record.add("message", new_id(), role="user", message=ANSWER)
    if greeting.strip():
        said = {"role": "assistant", "message": " ".join(greeting.split())}
        record.add("message", new_id(), **said, durationMs=round(duration_ms(len(pcm))))
    if asked.platform.folder:
        record.recording = Recording(asked.platform.folder, record.id)
        record.recording.write("agent", 0, pcm)
    record.end(USER_HANGUP)
    record.ended = record.created + timedelta(milliseconds=round(duration_ms(len(pcm))))
    asked.platform.calls[record.id] = record
