"""Handlers for agents, the versions of their conversation graphs, models, voices and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vatel.simulator.openapi.document import Json, fields_of
from vatel.simulator.openapi.errors import HttpError
from vatel.simulator.openapi.operations import parse_json
from vatel.simulator.platform.api_request import ApiRequest, Handler
from vatel.simulator.platform.call_record import now, stamp
from vatel.simulator.platform.platform import LLMS, VOICES, update_agent
from vatel.simulator.platform.tokens import Grant

CREATE_TOKEN = "generateSessionToken"  # noqa: S105  (an operation's name)
NO_MEDIA = "the simulator has no media server (media_url): use the websocket transport"
_TRANSFERS = {
    "timeout_action": "transfer_number",
    "silence_timeout_action": "silence_transfer_number",
}


def _agent(request: ApiRequest) -> Json:
    return request.find(request.platform.agents, "agent", request.ids["id"])


def _create(request: ApiRequest) -> Json:
    return request.platform.add_agent(request.owner, _settings(request, {}))


def _patch(request: ApiRequest) -> Json:
    """Change an agent, and add a version of it that is not published."""
    agent = _agent(request)
    update_agent(agent, _settings(request, agent))
    agent["updated_at"] = stamp(now())
    request.platform.add_version(agent)
    return agent


def _delete(request: ApiRequest) -> None:
    """Delete an agent; its calls stay in the history."""
    agent = _agent(request)
    request.platform.remove(request.platform.agents, agent["id"])
    request.platform.unassign(agent_id=agent["id"])
    del request.platform.versions[agent["id"]], request.platform.active[agent["id"]]


def _settings(request: ApiRequest, agent: Json) -> Json:
    """Return the settings in a body, checked for what the document cannot express.

    Raises:
        HttpError: (400) a setting is not allowed.
    """
    known = fields_of("AgentUpdateInput")
    wanted = {key: value for key, value in request.body.items() if key in known}
    if wanted.get("phone_number_id"):
        wanted["phone_number_id"] = wanted["phone_number_id"].lower()
        numbers = request.entries(request.platform.numbers)
        if wanted["phone_number_id"] not in (number["id"] for number in numbers):
            raise HttpError(400, "phone_number_id: the organization has no number with this id")
    update_agent(agent := {**agent}, wanted)
    timeouts = agent.get("timeout_settings", {})
    for action, number in _TRANSFERS.items():
        if timeouts.get(action) == "transfer_call" and not timeouts.get(number):
            raise HttpError(400, f"timeout_settings.{number}: required by {action}")
    return wanted


def _version(request: ApiRequest) -> Json:
    version = request.platform.versions[_agent(request)["id"]].get(request.ids["versionId"])
    if version is None:
        raise HttpError(404, "version not found")
    return version


def _versions(request: ApiRequest) -> list[Json]:
    """Return the versions of an agent, newest first."""
    versions = request.platform.versions[_agent(request)["id"]]
    return [version["version"] for version in reversed(list(versions.values()))]


def _publish(request: ApiRequest) -> Json:
    """Publish a version: later calls of the agent use it."""
    version: Json = _version(request)["version"]
    if version["published_at"] is not None:
        raise HttpError(409, "the version is already published")
    version["published_at"] = stamp(now())
    request.platform.active[version["agent_id"]] = version["id"]
    return version


def token_request(text: bytes, query: Mapping[str, str]) -> Any:
    """Return the body of a request for a token, in the form of the document.

    Other clients send null for an option that is not set, or no body and `?agentId=`.

    Raises:
        HttpError: (400) the body is not JSON.
    """
    if not text and "agentId" in query:
        return {"agent_id": query["agentId"]}
    body = parse_json(text)
    if isinstance(body, dict):
        return {key: value for key, value in body.items() if value is not None}
    return body


def _create_token(request: ApiRequest) -> Json:
    """Return a token for one voice session."""
    body, platform = request.body, request.platform
    agent_id = body["agent_id"].lower()
    version_id = body["version_id"].lower() if body.get("version_id") else None
    if agent_id not in platform.agents:
        raise HttpError(404, "agent not found")
    if platform.owners[agent_id] != request.owner:
        raise HttpError(403, "the agent belongs to another organization")
    if version_id:
        version = platform.versions[agent_id].get(version_id)
        if version is None or version["version"]["published_at"] is None:
            raise HttpError(404, "the agent has no such published version")
    options = {k: body[k] for k in ("first_message", "prompt", "chat", "chat_id") if k in body}
    media = _media(request) if body.get("transport") == "webrtc" else {}
    grant = Grant(agent_id, request.owner, version_id, **options)
    return {"token": platform.tokens.issue(grant), **media}


def _media(request: ApiRequest) -> Json:
    """Return a room of the media server; the simulator does not open it."""
    platform = request.platform
    if not platform.media_url:
        raise HttpError(503, NO_MEDIA)
    room, identity = f"call-{platform.new_id('rooms')}", f"caller-{platform.new_id('identities')}"
    token = platform.tokens.issue_media(room, identity)
    return {"webrtc_token": token, "room": room, "identity": identity, "url": platform.media_url}


OPERATIONS: dict[str, Handler] = {
    "getOrganization": lambda request: request.platform.organization_of(request.owner),
    "listLLMs": lambda _: {"llms": LLMS},
    "listVoices": lambda _: {"voices": VOICES},
    "listAgents": lambda request: request.entries(request.platform.agents),
    "createAgent": _create,
    "getAgent": _agent,
    "patchAgent": _patch,
    "deleteAgent": _delete,
    "listAgentGraphVersions": _versions,
    "getAgentGraphVersion": _version,
    "publishAgentGraphVersion": _publish,
    CREATE_TOKEN: _create_token,
}
