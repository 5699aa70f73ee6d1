"""The state of the simulated platform: organizations, agents, numbers, trunks and calls."""

from __future__ import annotations

import random
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Callable, Optional

import msgspec

from vatel.simulator.openapi.document import Json
from vatel.simulator.openapi.errors import HttpError
from vatel.simulator.platform.call_record import CallRecord, new_id, now, randomness, stamp
from vatel.simulator.platform.fault_control import FaultControl
from vatel.simulator.platform.tokens import Tokens
from vatel.simulator.scenario.keys import AgentProfile
from vatel.simulator.scenario.scenario import Scenario
from vatel.simulator.scenario.tables import MAX_CALLS

MAX_CALL_BYTES = 64 * 2**20
"""Maximum characters in the transcripts of the history."""
MAX_ENTRIES = 10_000
"""Maximum number of agents, numbers, trunks and assignments, each."""
LLMS = ["simulator/scenario", "simulator/scenario-small"]
"""The simulator has no language model; answers come from the scenario."""
VOICES: list[dict[str, Any]] = [
    {
        "id": "simulator-voice",
        "name": "Simulator",
        "description": "Packaged clips, or the voice of espeak-ng that the scenario selects",
        "provider": "openai",
        "languages": ["en"],
        "featured": True,
    }
]
Synthesize = Callable[[str, Optional[str]], Awaitable[bytes]]
"""Returns a text as PCM, given the name of its clip, if it has one."""


class Platform:
    """Organizations by API key; agents, numbers, trunks, assignments and calls by id.

    The REST API shows the values of the dictionaries.

    Attributes:
        scenario: what the agents say.
        synthesize: speaks texts of dialled calls.
        faults: the faults in effect.
        tokens: the session tokens.
        folder: the folder of recordings; None while the simulator accepts no calls.
        has_sip: whether the platform has SIP credentials, which trunks need.
        media_url: address of the media server, which WebRTC needs.
        started: when the platform was created.
        owners: the organization's id, by the id of each entry.
        versions: the versions of each agent and their nodes, oldest first.
        active: the published version that an agent's calls use, by the agent's id.
        calls: all open calls, and the last 20,000 (or 64 MiB of transcripts) that have ended.
    """

    def __init__(
        self,
        scenario: Scenario,
        synthesize: Synthesize,
        api_key: str,
        token_ttl: float,
        has_sip: bool = True,
        media_url: str = "",
    ) -> None:
        self.scenario = scenario
        self.synthesize = synthesize
        self.started = now()
        self.faults = FaultControl(scenario.faults)
        self.tokens = Tokens(token_ttl, self.faults)
        self.has_sip = has_sip
        self.media_url = media_url
        self.folder: Optional[Path] = None
        self.organizations: dict[str, Json] = {}
        self.owners: dict[str, str] = {}
        self.agents: dict[str, Json] = {}
        self.versions: dict[str, dict[str, Json]] = {}
        self.active: dict[str, str] = {}
        self.numbers: dict[str, Json] = {}
        self.trunks: dict[str, Json] = {}
        self.assignments: dict[str, Json] = {}
        self.calls: dict[str, CallRecord] = {}
        self._ids: dict[str, random.Random] = {}
        self.organization = self.add_organization("Simulated organization", api_key)

    def new_id(self, kind: str) -> str:
        """Return the next id for entries of a kind. The ids depend on the scenario's seed."""
        source = self._ids.setdefault(kind, randomness(self.scenario.seed, kind))
        return new_id(source)

    def add_call(self, call: CallRecord) -> None:
        """Add a call to the history. If it is full, remove the oldest ended call."""
        if len(self.calls) >= MAX_CALLS:
            self._remove_oldest_call()
        self.calls[call.id] = call

    def limit_transcripts(self) -> None:
        """Remove the oldest ended calls while the transcripts of all are too large."""
        size = sum(call.size for call in self.calls.values())
        while size > MAX_CALL_BYTES:
            removed = self._remove_oldest_call()
            if removed is None:
                break
            size -= removed.size

    def _remove_oldest_call(self) -> Optional[CallRecord]:
        oldest = next((call for call in self.calls.values() if call.ended), None)
        if oldest and oldest.recording:
            oldest.recording.delete()
        return self.calls.pop(oldest.id) if oldest else None

    def add_organization(self, name: str, api_key: str) -> Json:
        """Add an organization with its API key, and return it."""
        key = self.new_id("organizations")
        self.organizations[api_key] = {"id": key, "name": name, "created_at": stamp(now())}
        return self.organizations[api_key]

    def organization_of(self, owner: str) -> Json:
        """Return the organization with an id."""
        return next(o for o in self.organizations.values() if o["id"] == owner)

    def add_agent(self, owner: str, settings: Json) -> Json:
        """Add an agent with one published version, and return it."""
        agent = _new_agent(self.new_id("agents"))
        update_agent(agent, settings)
        self.add(self.agents, agent, owner)
        self.versions[agent["id"]] = {}
        version = self.add_version(agent)["version"]
        version["published_at"] = version["created_at"]
        self.active[agent["id"]] = version["id"]
        return agent

    def prompt(self, agent_id: str, version_id: str) -> str:
        """Return the prompt of an agent's version."""
        nodes = self.versions[agent_id][version_id]["nodes"]
        return next((str(node["prompt"]) for node in nodes if "prompt" in node), "")

    def add_version(self, agent: Json) -> Json:
        """Add an unpublished version with the agent's present settings, and return it."""
        versions = self.versions[agent["id"]]
        version: Json = {
            "id": self.new_id("versions"),
            "agent_id": agent["id"],
            "created_at": stamp(now()),
            "published_at": None,
            "tag": f"v{len(versions) + 1}",
        }
        node = {"id": "start", "type": "conversation", "prompt": agent["prompt"]}
        versions[version["id"]] = {"version": version, "nodes": [node]}
        return versions[version["id"]]

    def add(self, table: dict[str, Json], entry: Json, owner: str) -> Json:
        """Add an entry of an organization to its table, and return it.

        Raises:
            HttpError: (400) the table is full.
        """
        if len(table) >= MAX_ENTRIES:
            raise HttpError(400, f"the simulator keeps {MAX_ENTRIES} entries of a kind")
        table[entry["id"]] = entry
        self.owners[entry["id"]] = owner
        return entry

    def remove(self, table: dict[str, Json], key: str) -> None:
        """Remove an entry from its table."""
        del table[key], self.owners[key]

    def assigned(self, **to: str) -> list[Json]:
        """Return the assignments with these values of `agent_id`, `sip_trunk_id`, or both."""
        return [a for a in self.assignments.values() if to.items() <= a.items()]

    def unassign(self, **to: str) -> None:
        """Remove the assignments with these values."""
        for assignment in self.assigned(**to):
            self.remove(self.assignments, assignment["id"])


def update_agent(agent: Json, settings: Json) -> None:
    """Change an agent: None removes a setting, and groups of settings are merged."""
    for key, value in settings.items():
        if value is None:
            agent.pop(key, None)
        elif isinstance(value, dict):
            agent[key] = {**agent.get(key, {}), **value}
        else:
            agent[key] = value


def _new_agent(agent_id: str) -> Json:
    agent: Json = msgspec.to_builtins(AgentProfile(id=agent_id, name=""))
    agent.update(
        first_message="",
        llm=LLMS[0],
        fallback_llm=LLMS[1],
        status="active",
        voice_settings={"id": VOICES[0]["id"], "provider": VOICES[0]["provider"]},
        noise_cancel_settings={"enabled": False, "level": 0},
        enable_first_message_outbound=True,
        keyterms=[],
        created_at=stamp(now()),
        updated_at=stamp(now()),
    )
    return agent
