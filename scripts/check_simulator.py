"""Test a running simulator against the OpenAPI document with Schemathesis.

Arguments are passed on: `--seed 5 --max-examples 200`. Settings are in schemathesis.toml; this file
is its `hooks` as well: findings that `RULES` lists are dropped, and counted in the summary.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import schemathesis

from vatel.simulator import Simulator
from vatel.simulator.openapi.document import document
from vatel.simulator.platform.call_record import CallRecord, new_id
from vatel.simulator.platform.recording import Recording

ROOT = Path(__file__).resolve().parents[1]
KEYS = {"first": "first-key", "second": "second-key"}
SECOND_AGENT = "5e1f1a5c-0000-4000-8000-000000000002"

REFUSED_VALID, ACCEPTED_INVALID, SERVER_ERROR, NOT_FOUND = "ST202", "ST201", "ST101", "ST302"
AGENT = "createAgent patchAgent"
# Rules of the platform that a schema cannot state, as findings of Schemathesis: the code, the
# operations, a text in the answer, and the reason.
RULES = (
    (REFUSED_VALID, AGENT, "has no number with this id"),  # it must have been imported
    (REFUSED_VALID, AGENT, ": required by "),  # a transfer needs a number
    (REFUSED_VALID, "dialAgent", "number: "),  # or destination; if both are given, they are equal
    (REFUSED_VALID, "dialAgent", "the agent has no phone number"),  # needed without a trunk
    (REFUSED_VALID, "listCalls", " is not a time"),  # 30 February
    (REFUSED_VALID, "patchSipTrunk", "has no field of a trunk"),  # unknown fields are ignored
    (REFUSED_VALID, "voiceSessionWebSocket", "WebSocket endpoint"),  # a plain HTTP request
    (SERVER_ERROR, "generateSessionToken", "has no media server"),  # webrtc: documented as 503
    (NOT_FOUND, "createSipTrunkAgentAssignment", "agent not found"),  # not the new trunk
)


@schemathesis.hook  # type: ignore[untyped-decorator]
def filter_failure(_context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Return whether the finding is a failure."""
    name = case.operation.definition.raw["operationId"]
    answer = response.content.decode(errors="replace")
    if failure.code == ACCEPTED_INVALID and name == "generateSessionToken":
        # Existing clients send null for every option that is not set, and must get their token.
        return not (isinstance(case.body, dict) and None in case.body.values())
    return not any(
        failure.code == code and name in operations.split() and text in answer
        for code, operations, text in RULES
    )


def add_objects(simulator: Simulator, folder: str) -> None:
    """Add the call of the document's examples, and an agent with a number to each organization."""
    platform = simulator.platform
    other = platform.add_organization("Another organization", KEYS["second"])
    platform.add_agent(other["id"], {"id": SECOND_AGENT, "name": "Of another organization"})
    for agent_id in (simulator.agent_id, SECOND_AGENT):
        number = {"id": new_id(), "phone_number": f"+1202555{len(platform.numbers):04}"}
        platform.add(platform.numbers, number, platform.owners[agent_id])
        platform.agents[agent_id]["phone_number_id"] = number["id"]
    call = CallRecord(simulator.agent_id, platform.organization["id"], outbound=True)
    call.id = document()["components"]["parameters"]["CallId"]["example"]
    call.recording = Recording(Path(folder), call.id)
    call.end("user_hangup")
    platform.calls[call.id] = call


async def main(*arguments: str) -> int:
    """Run Schemathesis and return its exit code."""
    program = f"{sysconfig.get_path('scripts')}/schemathesis"
    config, spec = f"{ROOT}/schemathesis.toml", f"{ROOT}/generated/vatel_rest/openapi.json"
    line = [program, "--config-file", config, "run", spec, *arguments]
    headers = {n: {"name": "Authorization", "value": f"Bearer {KEYS[n]}"} for n in KEYS}
    users = [{"name": name, "fixedHeaders": [header]} for name, header in headers.items()]
    with TemporaryDirectory(prefix="schemathesis-") as folder:
        keys = Path(folder, "keys.json")
        keys.write_text(json.dumps({"auth": users}), encoding="utf-8")
        async with Simulator(api_key=KEYS["first"]) as simulator:
            add_objects(simulator, folder)
            os.environ["SIMULATOR_URL"] = simulator.url
            os.environ["SIMULATOR_KEYS"] = str(keys)
            os.environ["SIMULATOR_RULES"] = __file__
            options: Any = {"stdout": None, "stderr": None, "cwd": folder, "check": False}
            with anyio.fail_after(600):
                return (await anyio.run_process(line, **options)).returncode


if __name__ == "__main__":
    sys.exit(anyio.run(main, *sys.argv[1:]))
