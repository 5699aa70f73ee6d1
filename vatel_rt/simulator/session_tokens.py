"""`POST /v1/session-token`, in its present form and the old one with `?agentId=`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vatel_rt.simulator.operations import Asked, Handler, Json, RefusedError, read_json
from vatel_rt.simulator.tokens import Grant

NAME = "generateSessionToken"


def normalized(text: bytes, query: Mapping[str, str]) -> Any:
    """The body in the form that the document describes, whichever form it came in.

    An explicit null is an option that is not set: clients of today send it.

    Raises:
        RefusedError: it is not JSON.
    """
    if not text and "agentId" in query:
        return {"agent_id": query["agentId"]}
    body = read_json(text)
    if isinstance(body, dict):
        return {key: value for key, value in body.items() if value is not None}
    return body


async def generate_token(asked: Asked) -> Json:
    """A token for one voice session."""
    agent_id = asked.body["agent_id"].lower()
    platform = asked.platform
    if agent_id not in platform.agents:
        raise RefusedError(404, "agent not found")
    if platform.owners[agent_id] != asked.owner:
        raise RefusedError(403, "the agent belongs to another organization")
    version_id = asked.body.get("version_id")
    if version_id and not _is_published(asked, agent_id, version_id.lower()):
        raise RefusedError(404, "the agent has no such published version")
    if asked.body.get("transport") == "webrtc":
        raise RefusedError(503, "the simulator has no media server: use the websocket transport")
    grant = Grant(
        agent_id=agent_id,
        organization_id=asked.owner,
        version_id=version_id and version_id.lower(),
        first_message=asked.body.get("first_message"),
        prompt=asked.body.get("prompt"),
        chat=asked.body.get("chat", False),
    )
    return {"token": platform.tokens.issue(grant)}


def _is_published(asked: Asked, agent_id: str, version_id: str) -> bool:
    version = asked.platform.versions[agent_id].get(version_id)
    return version is not None and version["version"]["published_at"] is not None


OPERATIONS: dict[str, Handler] = {NAME: generate_token}
