"""Short scenarios, spoken by the clips that come with the package."""

from __future__ import annotations

from typing import Any

import msgspec

from vatel.simulator import Scenario

GREETING = {"says": "Hello, this is the demo agent. How can I help?", "clip": "greeting.wav"}
HOURS = {"says": "We are open from nine to five.", "clip": "hours.wav"}
QUESTION = {"at": 0.5, "says": "What are your opening hours?", "clip": "caller_hours.wav"}
TOOL = {
    "name": "order_status",
    "arguments": [{"name": "order_id", "dataType": "string", "value": "42"}],
}


def scenario(**keys: Any) -> Scenario:
    """A scenario of `keys`, with the packaged clips; one question and one answer by default."""
    short: dict[str, Any] = {
        "greeting": {"says": ""},
        "turns": [{"hears": QUESTION["says"], **HOURS}],
        "caller": [QUESTION],
        "delivery": {"thinking_ms": 0},
        "folder": Scenario.default().folder,
    }
    return msgspec.convert({**short, **keys}, Scenario)


def silence_ends(seconds: float = 1) -> Scenario:
    """A scenario in which the agent greets and hangs up after silence."""
    return scenario(
        greeting=GREETING, turns=[], after_last_turn="wait",
        agent={"timeout_settings": {"default_timeout": seconds}},
    )  # fmt: skip
