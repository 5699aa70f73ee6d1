"""What exists when the simulator starts: a scenario's agents, numbers, trunks and past calls."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from vatel.simulator.openapi.document import Json
from vatel.simulator.platform.call_record import CallRecord, now, randomness, stamp
from vatel.simulator.platform.platform import Platform
from vatel.simulator.scenario.scenario import Scenario
from vatel.simulator.scenario.tables import CALL_KEYS, parse_time

_COLUMNS = {"source", "outbound", "party_number", "tags"}
"""Fields that are attributes of the call record, with the same names."""
_OTHER_ATTRIBUTES = {"id", "agent_id", "graph_version_id", "created_at", *CALL_KEYS}


def seed(platform: Platform, scenario: Scenario) -> None:
    """Add a scenario's agents, numbers, trunks and past calls to the platform."""
    owner = platform.organization["id"]
    for entry in scenario.numbers:
        number = {"phone_sid": "", "label": "", "account_sid": "", "updated_at": "", **entry}
        platform.add(platform.numbers, _with_ids(platform, "numbers", number), owner)
    for profile in _profiles(platform, scenario).values():
        platform.add_agent(owner, profile)
    for entry in scenario.trunks:
        _add_trunk(platform, owner, entry)
    entries = enumerate(scenario.calls)
    calls = [call for i, entry in entries for call in _calls(platform, scenario, entry, i)]
    for call in sorted(calls, key=lambda call: call.created):
        platform.add_call(call)


def _with_ids(platform: Platform, kind: str, entry: Json) -> Json:
    """Return an entry with an id and a time of creation, and its ids in lower case."""
    ids = {key: entry[key].lower() for key in entry if key == "id" or key.endswith("_id")}
    made_up = {"id": ids.get("id") or platform.new_id(kind), "created_at": stamp(now())}
    return {**made_up, **entry, **ids}


def _profiles(platform: Platform, scenario: Scenario) -> dict[str, Json]:
    """Return the agents' settings; an entry with the id of the scenario's agent adds to it."""
    main: Json = msgspec.to_builtins(scenario.agent)
    profiles: dict[str, Json] = {
        scenario.agent.id: {**main, "first_message": scenario.greeting.says}
    }
    for entry in scenario.agents:
        agent = _with_ids(platform, "agents", entry)
        known = profiles.setdefault(agent["id"], {})
        for key, value in agent.items():
            known[key] = {**known.get(key, {}), **value} if isinstance(value, dict) else value
    return profiles


def _add_trunk(platform: Platform, owner: str, entry: Json) -> None:
    trunk: Json = {"register": False, "remain_in_dialog": False}
    trunk.update(_with_ids(platform, "trunks", entry))
    for given in trunk.pop("assignments", []):
        assignment = _with_ids(platform, "assignments", {**given, "sip_trunk_id": trunk["id"]})
        platform.add(platform.assignments, assignment, owner)
    platform.add(platform.trunks, trunk, owner)


def _calls(platform: Platform, scenario: Scenario, entry: Json, index: int) -> Iterator[CallRecord]:
    """Return the call of an entry, or the `repeat` calls on the days before its time."""
    last = parse_time(entry["created_at"]) if entry.get("created_at") else platform.started
    if "repeat" not in entry:
        yield _call(platform, scenario, entry, last)
    for number in range(entry.get("repeat", 0)):
        draw = randomness(scenario.seed, "past calls", index, number)
        back = timedelta(days=draw.uniform(0, entry.get("days", 30)))
        yield _call(platform, scenario, {**_random_fields(draw), **entry}, last - back)


def _random_fields(draw: random.Random) -> Json:
    return {
        "source": draw.choice(["api", "twilio", "sip"]),
        "outbound": draw.random() < 1 / 3,
        "party_number": f"+1202555{draw.randrange(10_000):04}",
        "termination_reason": draw.choice(["agent_hangup", "silence_timeout", "user_hangup"]),
        "duration_seconds": draw.randint(5, 600),
    }


def _call(platform: Platform, scenario: Scenario, entry: Json, created: datetime) -> CallRecord:
    agent_id = entry.get("agent_id", scenario.agent.id).lower()
    call = CallRecord(
        agent_id,
        platform.organization["id"],
        entry.get("graph_version_id", platform.active[agent_id]),
        id=entry.get("id", "").lower() or platform.new_id("past calls"),
        created=created.replace(microsecond=created.microsecond // 1000 * 1000),
        given={k: v for k, v in entry.items() if k not in _COLUMNS | _OTHER_ATTRIBUTES},
        **{key: entry[key] for key in _COLUMNS & entry.keys()},
    )
    if call.given.setdefault("status", "ended") == "ended":
        call.ended = call.created + timedelta(seconds=entry.get("duration_seconds", 0))
        call.reason = entry.get("termination_reason", "user_hangup")
    return call
