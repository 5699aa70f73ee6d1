"""Hold a running simulator against the OpenAPI document with Schemathesis.

Its settings are in schemathesis.toml; arguments are passed on to it: `--seed 5 --max-examples 200`.
Exits with its exit code: 0 where it found nothing.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from vatel.simulator import Simulator
from vatel.simulator.openapi.document import document
from vatel.simulator.platform.call_record import CallRecord, new_id
from vatel.simulator.platform.recording import Recording

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "generated" / "vatel_rest" / "openapi.json"
RULES = ROOT / "scripts" / "platform_rules.py"
KEYS = {"first": "first-key", "second": "second-key"}
SECOND_AGENT = "5e1f1a5c-0000-4000-8000-000000000002"
TIME_LIMIT = 300
"""Seconds. A run takes about a quarter of that."""


def furnish(simulator: Simulator, folder: str) -> None:
    """Give it what no request makes: the call of the examples; and two who can call, at once."""
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


def key_file(folder: str) -> Path:
    """The API keys in the form in which Schemathesis reads who may see what."""
    users = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {key}"}]}
        for name, key in KEYS.items()
    ]
    path = Path(folder, "keys.json")
    path.write_text(json.dumps({"auth": users}))
    return path


async def main(arguments: list[str]) -> int:
    """Run it; returns the exit code."""
    program = Path(sysconfig.get_path("scripts"), "schemathesis")
    command = [program, "--config-file", ROOT / "schemathesis.toml", "run", DOCUMENT, *arguments]
    with TemporaryDirectory(prefix="schemathesis-") as folder:
        async with Simulator(api_key=KEYS["first"]) as simulator:
            furnish(simulator, folder)
            settings = {
                "SIMULATOR_URL": simulator.url,
                "SIMULATOR_KEYS": str(key_file(folder)),
                "SIMULATOR_RULES": str(RULES),
            }
            with anyio.fail_after(TIME_LIMIT):
                done = await anyio.run_process(
                    [str(part) for part in command],
                    stdout=None,
                    stderr=None,
                    check=False,
                    cwd=folder,
                    env={**os.environ, **settings},
                )
            return done.returncode


if __name__ == "__main__":
    try:
        sys.exit(anyio.run(main, sys.argv[1:]))
    except TimeoutError:
        sys.exit(f"check_simulator: not done after {TIME_LIMIT} seconds")
