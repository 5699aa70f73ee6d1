"""`/v1/agents`: agents, and the versions of their conversation graphs."""

from __future__ import annotations

import re

from vatel_rt.simulator.document import document
from vatel_rt.simulator.operations import Asked, Handler, Json, RefusedError
from vatel_rt.simulator.platform import change
from vatel_rt.simulator.records import now, stamp

LANGUAGES = ["multi", "en", "es", "fr", "de", "it", "pt", "ru", "zh", "ja", "ko", "ar", "hi"]
_TRANSFERS = {
    "timeout_action": "transfer_number",
    "silence_timeout_action": "silence_transfer_number",
}


async def list_agents(asked: Asked) -> list[Json]:
    """The organization's agents."""
    return asked.platform.owned_by(asked.owner, asked.platform.agents)


async def create_agent(asked: Asked) -> Json:
    """A new agent, whose first version is published."""
    return asked.platform.add_agent(asked.owner, _settings(asked, {}))


async def get_agent(asked: Asked) -> Json:
    """An agent."""
    return _agent(asked)


async def patch_agent(asked: Asked) -> Json:
    """Change what the body has; the agent gets another version, which is not published."""
    agent = _agent(asked)
    change(agent, _settings(asked, agent))
    agent["updated_at"] = stamp(now())
    asked.platform.add_version(agent)
    return agent


async def delete_agent(asked: Asked) -> None:
    """Delete an agent; its calls stay."""
    agent = _agent(asked)
    asked.platform.forget(asked.platform.agents, agent["id"])
    asked.platform.unassign(agent_id=agent["id"])
    del asked.platform.versions[agent["id"]], asked.platform.active[agent["id"]]


async def list_versions(asked: Asked) -> list[Json]:
    """The versions of an agent, newest first."""
    versions = asked.platform.versions[_agent(asked)["id"]]
    return [version["version"] for version in reversed(list(versions.values()))]


async def get_version(asked: Asked) -> Json:
    """A version, with its nodes."""
    return _version(asked)


async def publish_version(asked: Asked) -> Json:
    """Publish a version: the agent's calls are of that one from now on."""
    version: Json = _version(asked)["version"]
    if version["published_at"] is not None:
        raise RefusedError(409, "the version is published already")
    version["published_at"] = stamp(now())
    asked.platform.active[version["agent_id"]] = version["id"]
    return version


OPERATIONS: dict[str, Handler] = {
    "listAgents": list_agents,
    "createAgent": create_agent,
    "getAgent": get_agent,
    "patchAgent": patch_agent,
    "deleteAgent": delete_agent,
    "listAgentGraphVersions": list_versions,
    "getAgentGraphVersion": get_version,
    "publishAgentGraphVersion": publish_version,
}


def _agent(asked: Asked) -> Json:
    return asked.own(asked.platform.agents, "agent", asked.ids["id"])


def _version(asked: Asked) -> Json:
    version = asked.platform.versions[_agent(asked)["id"]].get(asked.ids["versionId"])
    if version is None:
        raise RefusedError(404, "version not found")
    return version


def _settings(asked: Asked, agent: Json) -> Json:
    """The settings in a body, held against what the document cannot say.

    Raises:
        RefusedError: one cannot be.
    """
    known = document()["components"]["schemas"]["AgentUpdateInput"]["properties"]
    wanted = {key: value for key, value in asked.body.items() if key in known}
    for key in wanted.keys() & {"llm", "fallback_llm"}:
        if not re.fullmatch("[^/]+/.+", wanted[key]):
            raise RefusedError(400, f"{key}: not of the form provider/model")
    if wanted.get("default_language", "en") not in LANGUAGES:
        raise RefusedError(400, f"default_language: not one of {', '.join(LANGUAGES)}")
    number = wanted.get("phone_number_id")
    mine = asked.platform.owned_by(asked.owner, asked.platform.numbers)
    if number and number.lower() not in (own["id"] for own in mine):
        raise RefusedError(400, "phone_number_id: no number of the organization")
    change(agent := {**agent}, wanted)
    _check_transfers(agent.get("timeout_settings", {}))
    return wanted


def _check_transfers(timeouts: Json) -> None:
    for action, number in _TRANSFERS.items():
        if timeouts.get(action) == "transfer_call" and not timeouts.get(number):
            raise RefusedError(400, f"timeout_settings.{number}: {action} needs it")
