"""Checks of a scenario's agents, numbers, trunks and past calls.

Entries have the fields of the REST API; the OpenAPI document defines their values.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import cache

from dateutil.parser import isoparse
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from vatel.simulator.openapi.document import Json, document
from vatel.simulator.scenario.errors import Place, Problems, unknown_key
from vatel.simulator.scenario.keys import ScenarioKeys

MAX_CALLS = 20_000
"""Calls that the platform keeps."""
CALL_KEYS: Json = {
    "repeat": {"type": "integer", "minimum": 1, "maximum": MAX_CALLS},
    "days": {"type": "number", "exclusiveMinimum": 0, "maximum": 36_500},
}
"""The keys of a past call that are not fields of the REST API."""
_ASSIGNMENT = {"$ref": "#/components/schemas/SipTrunkAgentAssignment", "required": ["agent_id"]}
_SCHEMAS: dict[str, tuple[str, Json]] = {
    "agents": ("Agent", {}),
    "numbers": ("TwilioPhoneNumber", {"phone_number": {"pattern": r"^\+[1-9][0-9]{1,14}\Z"}}),
    "trunks": ("SipTrunk", {"assignments": {"type": "array", "items": _ASSIGNMENT}}),
    "calls": ("Call", CALL_KEYS),
}
"""For each table, the schema in the document, and the properties that a scenario adds."""
_UNKNOWN_AGENT = "no agent has this id"


def problems(scenario: ScenarioKeys) -> Problems:
    """Return what is wrong in the tables of a scenario, and where."""
    for table in _SCHEMAS:
        known: set[str] = set()
        for index, entry in enumerate(getattr(scenario, table)):
            for place, text in (*_against_document(table, entry), *_times(entry)):
                yield (table, index, *place), text
            key = entry.get("id", str(index)).lower()
            if key in known:
                yield (table, index, "id"), "another entry has the same id"
            known.add(key)
    yield from _references(scenario)
    if sum(entry.get("repeat", 1) for entry in scenario.calls) > MAX_CALLS:
        yield ("calls",), f"more than {MAX_CALLS} calls"


def parse_time(text: str) -> datetime:
    """Return an RFC 3339 time; one without an offset is in UTC.

    Raises:
        ValueError, OverflowError: it is not a time.
    """
    time = isoparse(text)
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _against_document(table: str, entry: Json) -> Iterator[tuple[Place, str]]:
    error = best_match(_validator(table).iter_errors(entry))
    place = tuple(error.absolute_path) if error else ()
    if error is None:
        if table == "numbers" and "phone_number" not in entry:
            yield (), "phone_number is missing"
        if "repeat" in entry and "id" in entry:
            yield ("id",), "cannot be combined with `repeat`"
    elif error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        key = next(key for key in error.instance if key not in known)
        yield (*place, str(key)), unknown_key(", ".join(known))
    else:
        yield place, error.message[:300]


def _times(entry: Json) -> Problems:
    for key in (key for key in entry if key.endswith("_at") and entry[key]):
        try:
            parse_time(entry[key])
        except (ValueError, OverflowError):
            yield (key,), f"{entry[key]!r} is not an RFC 3339 time"


def _references(scenario: ScenarioKeys) -> Problems:
    agents = {scenario.agent.id, *(a["id"].lower() for a in scenario.agents if "id" in a)}
    numbers = {"", *(n["id"].lower() for n in scenario.numbers if "id" in n)}
    for index, agent in enumerate(scenario.agents):
        if agent.get("phone_number_id", "").lower() not in numbers:
            yield ("agents", index, "phone_number_id"), "no entry of `numbers` has this id"
    for index, call in enumerate(scenario.calls):
        if call.get("agent_id", scenario.agent.id).lower() not in agents:
            yield ("calls", index, "agent_id"), _UNKNOWN_AGENT
    for index, trunk in enumerate(scenario.trunks):
        for number, assignment in enumerate(trunk.get("assignments", [])):
            if assignment["agent_id"].lower() not in agents:
                yield ("trunks", index, "assignments", number, "agent_id"), _UNKNOWN_AGENT


@cache
def _validator(table: str) -> Draft202012Validator:
    """Return a validator for the entries of a table, which refuses unknown keys."""
    components = copy.deepcopy(document()["components"])
    schemas = components["schemas"]
    for schema in schemas.values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    name, extra = _SCHEMAS[table]
    for key, schema in extra.items():
        schemas[name]["properties"].setdefault(key, {}).update(schema)
    schemas["Call"]["properties"].pop("organization_id")  # it is always the simulator's
    rooted = {**schemas[name], "components": components}
    return Draft202012Validator(rooted, format_checker=Draft202012Validator.FORMAT_CHECKER)
