"""What there is when the simulator starts: a scenario's agents, numbers, trunks and past calls.

They have the fields of the REST API, and the document says what those may be.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from dateutil.parser import isoparse
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from vatel.simulator.openapi.document import Json, document
from vatel.simulator.platform.call_record import CallRecord, now, randomness, stamp
from vatel.simulator.scenario.errors import Place

if TYPE_CHECKING:
    from vatel.simulator.platform.platform import Platform
    from vatel.simulator.scenario.scenario import Scenario

MOST_CALLS = 20_000
"""Calls that the platform keeps."""
_ASSIGNMENT = {"$ref": "#/components/schemas/SipTrunkAgentAssignment", "required": ["agent_id"]}
_OF_CALLS = {
    "repeat": {"type": "integer", "minimum": 1, "maximum": MOST_CALLS},
    "days": {"type": "number", "exclusiveMinimum": 0, "maximum": 36_500},
}
_SCHEMAS: dict[str, tuple[str, Json]] = {
    "agents": ("Agent", {}),
    "numbers": ("TwilioPhoneNumber", {"phone_number": {"pattern": r"^\+[1-9][0-9]{1,14}\Z"}}),
    "trunks": ("SipTrunk", {"assignments": {"type": "array", "items": _ASSIGNMENT}}),
    "calls": ("Call", _OF_CALLS),
}
"""Of each table the schema in the document, and the properties that a scenario has besides."""
_COLUMNS = {"source", "outbound", "party_number", "tags"}
"""What a call is filtered by, under the same name in the record."""
_TOLD_ELSEWHERE = {"id", "agent_id", "graph_version_id", "created_at", *_OF_CALLS}


def mistakes(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    """What cannot be in the tables of a scenario, and where."""
    for table in _SCHEMAS:
        known: set[str] = set()
        for index, entry in enumerate(getattr(scenario, table)):
            for place, text in (*_against_document(table, entry), *_times(entry)):
                yield (table, index, *place), text
            key = entry.get("id", str(index)).lower()
            if key in known:
                yield (table, index, "id"), "another one has it"
            known.add(key)
    yield from _references(scenario)
    if sum(entry.get("repeat", 1) for entry in scenario.calls) > MOST_CALLS:
        yield ("calls",), f"they are more than {MOST_CALLS}"


def _against_document(table: str, entry: Json) -> Iterator[tuple[Place, str]]:
    error = best_match(_validator(table).iter_errors(entry))
    place = tuple(error.absolute_path) if error else ()
    if error is None:
        if table == "numbers" and "phone_number" not in entry:
            yield (), "phone_number is missing"
        if "repeat" in entry and "id" in entry:
            yield ("id",), "calls that repeat have ids of their own"
    elif error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        key = next(key for key in error.instance if key not in known)
        yield (*place, str(key)), f"there is no such key; there are {', '.join(known)}"
    else:
        yield place, error.message[:300]


def _times(entry: Json) -> Iterator[tuple[Place, str]]:
    for key in (key for key in entry if key.endswith("_at") and entry[key]):
        try:
            _instant(entry[key])
        except (ValueError, OverflowError):
            yield (key,), f"{entry[key]!r} is no time of RFC 3339"


def _references(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    agents = {scenario.agent.id, *(a["id"].lower() for a in scenario.agents if "id" in a)}
    numbers = {"", *(n["id"].lower() for n in scenario.numbers if "id" in n)}
    for index, agent in enumerate(scenario.agents):
        if agent.get("phone_number_id", "").lower() not in numbers:
            yield ("agents", index, "phone_number_id"), "it is in no entry of numbers"
    for index, call in enumerate(scenario.calls):
        if call.get("agent_id", scenario.agent.id).lower() not in agents:
            yield ("calls", index, "agent_id"), "there is no such agent"
    for index, trunk in enumerate(scenario.trunks):
        for number, assignment in enumerate(trunk.get("assignments", [])):
            if assignment["agent_id"].lower() not in agents:
                yield ("trunks", index, "assignments", number, "agent_id"), "there is no such agent"


@cache
def _validator(table: str) -> Draft202012Validator:
    """The document's schema of an entry, which refuses keys that it does not have."""
    components = copy.deepcopy(document()["components"])
    schemas = components["schemas"]
    for schema in schemas.values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    name, besides = _SCHEMAS[table]
    for key, schema in besides.items():
        schemas[name]["properties"].setdefault(key, {}).update(schema)
    schemas["Call"]["properties"].pop("organization_id")  # it is always the simulator's
    rooted = {**schemas[name], "components": components}
    return Draft202012Validator(rooted, format_checker=Draft202012Validator.FORMAT_CHECKER)


def furnish(platform: Platform) -> None:
    """Put a scenario's agents, numbers, trunks and calls onto the platform."""
    scenario, owner = platform.scenario, platform.organization["id"]
    for entry in scenario.numbers:
        number = {"phone_sid": "", "label": "", "account_sid": "", "updated_at": "", **entry}
        platform.keep(platform.numbers, _thing(platform, "numbers", number), owner)
    for profile in _profiles(platform).values():
        platform.add_agent(owner, profile)
    for entry in scenario.trunks:
        _add_trunk(platform, owner, entry)
    calls = [c for i, entry in enumerate(scenario.calls) for c in _calls(platform, entry, i)]
    for call in sorted(calls, key=lambda call: call.created):
        platform.add_call(call)


def _thing(platform: Platform, kind: str, entry: Json) -> Json:
    ids = {key: entry[key].lower() for key in entry if key == "id" or key.endswith("_id")}
    made_up = {"id": ids.get("id") or platform.new_id(kind), "created_at": stamp(now())}
    return {**made_up, **entry, **ids}


def _profiles(platform: Platform) -> dict[str, Json]:
    """The agents' settings: an entry with the id of the scenario's agent says more of that one."""
    scenario = platform.scenario
    main: Json = msgspec.to_builtins(scenario.agent)
    profiles = {scenario.agent.id: {**main, "first_message": scenario.greeting.says}}
    for entry in scenario.agents:
        agent = _thing(platform, "agents", entry)
        known = profiles.setdefault(agent["id"], {})
        for key, value in agent.items():
            known[key] = {**known.get(key, {}), **value} if isinstance(value, dict) else value
    return profiles


def _add_trunk(platform: Platform, owner: str, entry: Json) -> None:
    trunk = {"register": False, "remain_in_dialog": False, **_thing(platform, "trunks", entry)}
    for given in trunk.pop("assignments", []):
        assignment = _thing(platform, "assignments", {**given, "sip_trunk_id": trunk["id"]})
        platform.keep(platform.assignments, assignment, owner)
    platform.keep(platform.trunks, trunk, owner)


def _calls(platform: Platform, entry: Json, index: int) -> Iterator[CallRecord]:
    """The calls of an entry: one, or as many as it says, spread over days before its time."""
    last = _instant(entry["created_at"]) if entry.get("created_at") else platform.started
    if "repeat" not in entry:
        yield _call(platform, entry, last)
    for number in range(entry.get("repeat", 0)):
        draw = randomness(platform.scenario.seed, "past calls", index, number)
        back = timedelta(days=draw.uniform(0, entry.get("days", 30)))
        yield _call(platform, {**_drawn(draw), **entry}, last - back)


def _drawn(draw: random.Random) -> Json:
    """What such a call is like, where the scenario does not say."""
    return {
        "source": draw.choice(["api", "twilio", "sip"]),
        "outbound": draw.random() < 1 / 3,
        "party_number": f"+1202555{draw.randrange(10_000):04}",
        "termination_reason": draw.choice(["agent_hangup", "silence_timeout", "user_hangup"]),
        "duration_seconds": draw.randint(5, 600),
    }


def _call(platform: Platform, entry: Json, created: datetime) -> CallRecord:
    agent_id = entry.get("agent_id", platform.scenario.agent.id).lower()
    call = CallRecord(
        agent_id,
        platform.organization["id"],
        entry.get("graph_version_id", platform.active[agent_id]),
        id=entry.get("id", "").lower() or platform.new_id("past calls"),
        created=created.replace(microsecond=created.microsecond // 1000 * 1000),
        given={k: v for k, v in entry.items() if k not in _COLUMNS | _TOLD_ELSEWHERE},
        **{key: entry[key] for key in _COLUMNS & entry.keys()},
    )
    if call.given.setdefault("status", "ended") == "ended":
        call.ended = call.created + timedelta(seconds=entry.get("duration_seconds", 0))
        call.reason = entry.get("termination_reason", "user_hangup")
    return call


def _instant(text: str) -> datetime:
    time = isoparse(text)
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)
