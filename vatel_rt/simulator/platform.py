"""The state of the simulated platform: who exists, what calls there were. In memory only."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Optional

import msgspec

from vatel_rt.simulator.call import Call, now, stamp
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
    """Organizations by API key, agents and calls by id.

    Attributes:
        scenario: what the agents say.
        speech: their voice.
        tokens: the session tokens.
        sessions: the voice sessions that are open.
        folder: where recordings are; None while the simulator takes no calls.
    """

    def __init__(self, scenario: Scenario, api_key: str, token_ttl: float) -> None:
        self.scenario = scenario
        self.speech = Speech(scenario)
        self.tokens = Tokens(token_ttl)
        self.folder: Optional[Path] = None
        self.organizations: dict[str, Json] = {}
        self.agents: dict[str, Json] = {}
        self.owners: dict[str, str] = {}
        self.calls: dict[str, Call] = {}
        self.sessions: set[Session] = set()
        self.organization = self.add_organization("Simulated organization", api_key)
        self.add_agent(self.organization, scenario.agent, scenario.greeting.says)

    def add_organization(self, name: str, api_key: str) -> Json:
        """A new organization, with its key."""
        organization = {"id": str(uuid.uuid4()), "name": name, "created_at": stamp(now())}
        self.organizations[api_key] = organization
        return organization

    def add_agent(self, organization: Json, profile: AgentProfile, first_message: str) -> Json:
        """A new agent of an organization."""
        agent: Json = msgspec.to_builtins(profile)
        agent.update(
            first_message=first_message,
            llm=LLMS[0],
            fallback_llm=LLMS[1],
            status="active",
            voice_settings={"id": VOICES[0]["id"], "provider": VOICES[0]["provider"]},
            noise_cancel_settings={"enabled": False, "level": 0},
            keyterms=[],
            created_at=stamp(now()),
            updated_at=stamp(now()),
        )
        self.agents[agent["id"]] = agent
        self.owners[agent["id"]] = organization["id"]
        return agent

    def agents_of(self, organization: Json) -> list[Json]:
        """The agents of an organization."""
        return [a for a in self.agents.values() if self.owners[a["id"]] == organization["id"]]

    def calls_of(self, organization: Json, filters: Json) -> list[Call]:
        """The calls of an organization that pass the query parameters, newest first.

        Raises:
            ValueError: a date among the parameters is none.
        """
        calls = [c for c in self.calls.values() if c.organization_id == organization["id"]]
        return [call for call in reversed(calls) if call.matches(filters)]
