"""What Schemathesis finds in the simulator although the platform's rules want it so.

A schema cannot state these rules; the document has them in words. Schemathesis loads this file
because of `hooks` in schemathesis.toml, and says in its summary how much was dropped.
"""

from __future__ import annotations

from typing import Any

import schemathesis

REFUSED_VALID, ACCEPTED_INVALID, SERVER_ERROR, NOT_FOUND = "ST202", "ST201", "ST101", "ST302"
# The finding, the operations, a text in the answer. Of each the reason:
RULES = (
    # the number must be imported before
    (REFUSED_VALID, "createAgent patchAgent", "phone_number_id: the organization has no number"),
    # a transfer needs its number, which the agent may have already
    (REFUSED_VALID, "createAgent patchAgent", "required by "),
    # number or destination is needed; if both are given, they are equal
    (REFUSED_VALID, "dialAgent", "number: "),
    # without a trunk the agent's Twilio number places the call
    (REFUSED_VALID, "dialAgent", "the agent has no phone number"),
    # there is no 30 February
    (REFUSED_VALID, "listCalls", " is not a time"),
    # unknown fields are ignored, and a change without any field is refused
    (REFUSED_VALID, "patchSipTrunk", "has no field of a trunk"),
    # a request that is no WebSocket handshake is refused
    (REFUSED_VALID, "voiceSessionWebSocket", "WebSocket endpoint"),
    # 503 is the answer for webrtc where there are no media credentials
    (SERVER_ERROR, "generateSessionToken", "has no media server"),
    # the 404 is not the new trunk's
    (NOT_FOUND, "createSipTrunkAgentAssignment", "agent not found"),
)


def filter_failure(_context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Keep what is a failure."""
    name = case.operation.definition.raw["operationId"]
    answer = response.content.decode(errors="replace")
    if failure.code == ACCEPTED_INVALID and name == "generateSessionToken":
        # Today's clients send null for every option that is not set, and must get their token.
        return not (isinstance(case.body, dict) and None in case.body.values())
    return not any(
        failure.code == code and name in operations.split() and text in answer
        for code, operations, text in RULES
    )


schemathesis.hook(filter_failure)
