"""Agents, the versions of their conversation graphs, session tokens, and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException

from vatel.simulator.openapi.document import Asked, Handler, Json, fields_of, read_json
from vatel.simulator.platform.call_record import now, stamp
from vatel.simulator.platform.platform import LLMS, VOICES, change
from vatel.simulator.platform.tokens import Grant

TOKENS = "generateSessionToken"
NO_MEDIA = "the simulator has no media server (media_url): use the websocket transport"
_TRANSFERS = {
    "timeout_action": "transfer_number",
    "silence_timeout_action": "silence_transfer_number",
}


def _agent(asked: Asked) -> Json:
    return asked.own(asked.platform.agents, "agent", asked.ids["id"])


def _create(asked: Asked) -> Json:
    return asked.platform.add_agent(asked.owner, _settings(asked, {}))


def _patch(asked: Asked) -> Json:
    """Change what the body has; the agent gets another version, which is not published."""
    agent = _agent(asked)
    change(agent, _settings(asked, agent))
    agent["updated_at"] = stamp(now())
    asked.platform.add_version(agent)
    return agent


def _delete(asked: Asked) -> None:
    """Delete an agent; its calls stay."""
    agent = _agent(asked)
    asked.platform.forget(asked.platform.agents, agent["id"])
    asked.platform.unassign(agent_id=agent["id"])
    del asked.platform.versions[agent["id"]], asked.platform.active[agent["id"]]


def _settings(asked: Asked, agent: Json) -> Json:
    """The settings in a body, held against what the document cannot say.

    Raises:
        HTTPException: (400) one cannot be.
    """
    known = fields_of("AgentUpdateInput")
    wanted = {key: value for key, value in asked.body.items() if key in known}
    if wanted.get("phone_number_id"):
        wanted["phone_number_id"] = wanted["phone_number_id"].lower()
        if wanted["phone_number_id"] not in (n["id"] for n in asked.all(asked.platform.numbers)):
            raise HTTPException(400, "phone_number_id: no number of the organization")
    change(agent := {**agent}, wanted)
    timeouts = agent.get("timeout_settings", {})
    for action, number in _TRANSFERS.items():
        if timeouts.get(action) == "transfer_call" and not timeouts.get(number):
            raise HTTPException(400, f"timeout_settings.{number}: {action} needs it")
    return wanted


def _version(asked: Asked) -> Json:
    version = asked.platform.versions[_agent(asked)["id"]].get(asked.ids["versionId"])
    if version is None:
        raise HTTPException(404, "version not found")
    return version


def _versions(asked: Asked) -> list[Json]:
    """The versions of an agent, newest first."""
    versions = asked.platform.versions[_agent(asked)["id"]]
    return [version["version"] for version in reversed(list(versions.values()))]


def _publish(asked: Asked) -> Json:
    """Publish a version: the agent's calls are of that one from now on."""
    version: Json = _version(asked)["version"]
    if version["published_at"] is not None:
        raise HTTPException(409, "the version is published already")
    version["published_at"] = stamp(now())
    asked.platform.active[version["agent_id"]] = version["id"]
    return version


def normalized(text: bytes, query: Mapping[str, str]) -> Any:
    """The body of a request for a token in the form of the document, whichever form it came in.

    An explicit null is an option that is not set: clients of today send it. Old ones send no
    body and `?agentId=`.

    Raises:
        HTTPException: (400) it is not JSON.
    """
    if not text and "agentId" in query:
        return {"agent_id": query["agentId"]}
    body = read_json(text)
    if isinstance(body, dict):
        return {key: value for key, value in body.items() if value is not None}
    return body


def _token(asked: Asked) -> Json:
    """A token for one voice session."""
    body, platform = asked.body, asked.platform
    agent_id = body["agent_id"].lower()
    version_id = body["version_id"].lower() if body.get("version_id") else None
    if agent_id not in platform.agents:
        raise HTTPException(404, "agent not found")
    if platform.owners[agent_id] != asked.owner:
        raise HTTPException(403, "the agent belongs to another organization")
    if version_id:
        version = platform.versions[agent_id].get(version_id)
        if version is None or version["version"]["published_at"] is None:
            raise HTTPException(404, "the agent has no such published version")
    options = {k: body[k] for k in ("first_message", "prompt", "chat", "chat_id") if k in body}
    media = _media(asked) if body.get("transport") == "webrtc" else {}
    grant = Grant(agent_id, asked.owner, version_id, **options)
    return {"token": platform.tokens.issue(grant), **media}


def _media(asked: Asked) -> Json:
    """A room of the media server, which the simulator only pretends to have."""
    platform = asked.platform
    if not platform.media_url:
        raise HTTPException(503, NO_MEDIA)
    room, identity = f"call-{platform.new_id('rooms')}", f"caller-{platform.new_id('identities')}"
    token = platform.tokens.issue_media(room, identity)
    return {"webrtc_token": token, "room": room, "identity": identity, "url": platform.media_url}


OPERATIONS: dict[str, Handler] = {
    "getOrganization": lambda asked: asked.platform.organization_of(asked.owner),
    "listLLMs": lambda _: {"llms": LLMS},
    "listVoices": lambda _: {"voices": VOICES},
    "listAgents": lambda asked: asked.all(asked.platform.agents),
    "createAgent": _create,
    "getAgent": _agent,
    "patchAgent": _patch,
    "deleteAgent": _delete,
    "listAgentGraphVersions": _versions,
    "getAgentGraphVersion": _version,
    "publishAgentGraphVersion": _publish,
    TOKENS: _token,
}
