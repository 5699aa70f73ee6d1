"""The state of the simulated platform: who exists, what calls there were. In memory only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import msgspec

from vatel_rt.simulator.records import CallRecord, new_id, now, stamp
from vatel_rt.simulator.scenario import AgentProfile, Scenario
from vatel_rt.simulator.session import Session
from vatel_rt.simulator.speech import Speech
from vatel_rt.simulator.tokens import Tokens

LLMS = ["simulator/scenario", "simulator/scenario-small"]
"""There is no language model behind either: the scenario speaks."""
VOICES: list[dict[str, Any]] = [
    {
        "id": "simulator-voice",
        "name": "Simulator",
        "description": "Packaged clips, or the voice that the scenario gives espeak-ng",
        "provider": "openai",
        "languages": ["en"],
        "featured": True,
    }
]

Json = dict[str, Any]


class Platform:
    """Organizations by API key; agents, numbers, trunks, assignments and calls by id.

    What is in the dictionaries is what the REST side shows.

    Attributes:
        scenario: what the agents say.
        speech: their voice.
        tokens: the session tokens.
        sessions: the voice sessions that are open.
        folder: where recordings are; None while the simulator takes no calls.
        has_sip: whether there are SIP credentials, without which there are no trunks.
        owners: the organization of each id.
        versions: the versions of each agent and their nodes, oldest first.
        active: the version of each agent that its calls are of.
    """

    def __init__(
        self, scenario: Scenario, api_key: str, token_ttl: float, has_sip: bool = True
    ) -> None:
        self.scenario = scenario
        self.speech = Speech(scenario)
        self.tokens = Tokens(token_ttl)
        self.has_sip = has_sip
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
        self.sessions: set[Session] = set()
        self.organization = self.add_organization("Simulated organization", api_key)
        profile: Json = msgspec.to_builtins(scenario.agent)
        profile["first_message"] = scenario.greeting.says
        self.add_agent(self.organization["id"], profile)

    def add_organization(self, name: str, api_key: str) -> Json:
        """A new organization, with its key."""
        organization = {"id": new_id(), "name": name, "created_at": stamp(now())}
        self.organizations[api_key] = organization
        return organization

    def add_agent(self, owner: str, settings: Json) -> Json:
        """A new agent of an organization, with one version, which is published."""
        agent = _new_agent()
        change(agent, settings)
        self.keep(self.agents, agent, owner)
        self.versions[agent["id"]] = {}
        version = self.add_version(agent)["version"]
        version["published_at"] = version["created_at"]
        self.active[agent["id"]] = version["id"]
        return agent

    def add_version(self, agent: Json) -> Json:
        """A version that has the agent as it is now; it is not published."""
        versions = self.versions[agent["id"]]
        version = {
            "id": new_id(),
            "agent_id": agent["id"],
            "created_at": stamp(now()),
            "published_at": None,
            "tag": f"v{len(versions) + 1}",
        }
        node = {"id": "start", "type": "conversation", "prompt": agent["prompt"]}
        versions[version["id"]] = {"version": version, "nodes": [node]}
        return versions[version["id"]]

    def keep(self, table: dict[str, Json], thing: Json, owner: str) -> Json:
        """Put a thing of an organization into its table, and give it back."""
        table[thing["id"]] = thing
        self.owners[thing["id"]] = owner
        return thing

    def forget(self, table: dict[str, Json], key: str) -> None:
        """Take a thing out of its table."""
        del table[key], self.owners[key]

    def owned_by(self, owner: str, table: dict[str, Json]) -> list[Json]:
        """The things in a table that an organization has."""
        return [thing for key, thing in table.items() if self.owners[key] == owner]

    def assigned(self, **to: str) -> list[Json]:
        """The assignments with these values of `agent_id`, `sip_trunk_id`, or both."""
        return [a for a in self.assignments.values() if to.items() <= a.items()]

    def unassign(self, **to: str) -> None:
        """Delete those assignments."""
        for assignment in self.assigned(**to):
            self.forget(self.assignments, assignment["id"])


def change(agent: Json, settings: Json) -> None:
    """Set what is in `settings`: None takes away, and a group of settings is merged."""
    for key, value in settings.items():
        if value is None:
            agent.pop(key, None)
        elif isinstance(value, dict):
            agent[key] = {**agent.get(key, {}), **value}
        else:
            agent[key] = value


def _new_agent() -> Json:
    agent: Json = msgspec.to_builtins(AgentProfile(id=new_id(), name=""))
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
