"""The state of the simulated platform: who exists, what calls there were. In memory only."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Optional

import msgspec

from vatel.simulator.openapi.document import Json
from vatel.simulator.platform.call_record import CallRecord, new_id, now, randomness, stamp
from vatel.simulator.platform.seeding import MOST_CALLS, furnish
from vatel.simulator.platform.tokens import Tokens
from vatel.simulator.scenario.scenario import AgentProfile, Scenario
from vatel.simulator.voice.session import Session
from vatel.simulator.voice.speech import Speech

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


class Platform:
    """Organizations by API key; agents, numbers, trunks, assignments and calls by id.

    What is in the dictionaries is what the REST side shows.

    Attributes:
        scenario: what the agents say.
        speech: their voice.
        faults: what goes wrong.
        tokens: the session tokens.
        sessions: the voice sessions that are open.
        folder: where recordings are; None while the simulator takes no calls.
        has_sip: whether there are SIP credentials, without which there are no trunks.
        media_url: address of the media server, without which there is no WebRTC.
        started: when it began.
        owners: the organization of each id.
        versions: the versions of each agent and their nodes, oldest first.
        active: the version of each agent that its calls are of.
        calls: the calls, the last 20,000 that are over and all that are not.

    Raises:
        SimulatorError: something in the scenario cannot be.
    """

    def __init__(
        self,
        scenario: Scenario,
        api_key: str,
        token_ttl: float,
        has_sip: bool = True,
        media_url: str = "",
    ) -> None:
        scenario.check()
        self.scenario = scenario
        self.started = now()
        self.speech = Speech(scenario)
        self.faults = scenario.faults.copy()
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
        self.sessions: set[Session] = set()
        self._ids: dict[str, random.Random] = {}
        self.organization = self.add_organization("Simulated organization", api_key)
        furnish(self)

    def new_id(self, kind: str) -> str:
        """The next id for things of a kind; the scenario's seed fixes all of them."""
        fixed = self._ids.setdefault(kind, randomness(self.scenario.seed, kind))
        return new_id(fixed)

    def add_call(self, call: CallRecord) -> None:
        """Put a call into the history. The oldest ones make room, if they are over."""
        if len(self.calls) >= MOST_CALLS:
            oldest = next((old for old in self.calls.values() if old.ended), None)
            if oldest and oldest.recording:
                oldest.recording.delete()
            if oldest:
                del self.calls[oldest.id]
        self.calls[call.id] = call

    def add_organization(self, name: str, api_key: str) -> Json:
        """A new organization, with its key."""
        key = self.new_id("organizations")
        self.organizations[api_key] = {"id": key, "name": name, "created_at": stamp(now())}
        return self.organizations[api_key]

    def organization_of(self, owner: str) -> Json:
        """The organization with an id."""
        return next(o for o in self.organizations.values() if o["id"] == owner)

    def add_agent(self, owner: str, settings: Json) -> Json:
        """A new agent of an organization, with one version, which is published."""
        agent = _new_agent(self.new_id("agents"))
        change(agent, settings)
        self.keep(self.agents, agent, owner)
        self.versions[agent["id"]] = {}
        version = self.add_version(agent)["version"]
        version["published_at"] = version["created_at"]
        self.active[agent["id"]] = version["id"]
        return agent

    def prompt(self, agent_id: str, version_id: str) -> str:
        """What an agent follows in a version."""
        nodes = self.versions[agent_id][version_id]["nodes"]
        return next((str(node["prompt"]) for node in nodes if "prompt" in node), "")

    def add_version(self, agent: Json) -> Json:
        """A version that has the agent as it is now; it is not published."""
        versions = self.versions[agent["id"]]
        version = {
            "id": self.new_id("versions"),
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
