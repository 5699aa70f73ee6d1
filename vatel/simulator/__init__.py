"""The platform on your machine: REST and voice sessions, with a scripted agent that speaks.

It needs neither an account nor a network. Run it with `python -m vatel.simulator`, with
`async with Simulator() as simulator` in a program, or with the pytest fixture `vatel_simulator`
(`docs/testing.md`). It needs the extra `vatel[simulator]`.

**It has no speech recognition and no language model.** It detects *when* the caller speaks from
the energy of the audio. *What* the caller is taken to say, and the answers, come from a scenario.

A scenario is a YAML file, or made in Python from the classes exported here, which have the names
of its keys: `Scenario(turns=[Turn(hears="When are you open?", says="From nine to five.")])`.
`docs/simulator.md` explains every key.

Text without a clip is spoken by `espeak-ng`; where that is not installed, the agent says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from vatel_rt.lazy import exports

if TYPE_CHECKING:
    from vatel.simulator.journal.observed_call import SeenCall as SeenCall
    from vatel.simulator.journal.observed_call import SeenMessage as SeenMessage
    from vatel.simulator.journal.observed_call import ToolOutput as ToolOutput
    from vatel.simulator.journal.request_recorder import SeenRequest as SeenRequest
    from vatel.simulator.scenario.faults import Faults as Faults
    from vatel.simulator.scenario.keys import AgentProfile as AgentProfile
    from vatel.simulator.scenario.keys import Answer as Answer
    from vatel.simulator.scenario.keys import Argument as Argument
    from vatel.simulator.scenario.keys import CallerLine as CallerLine
    from vatel.simulator.scenario.keys import Delivery as Delivery
    from vatel.simulator.scenario.keys import Dialled as Dialled
    from vatel.simulator.scenario.keys import Line as Line
    from vatel.simulator.scenario.keys import Pause as Pause
    from vatel.simulator.scenario.keys import Quirks as Quirks
    from vatel.simulator.scenario.keys import RawMessage as RawMessage
    from vatel.simulator.scenario.keys import TimeoutSettings as TimeoutSettings
    from vatel.simulator.scenario.keys import Tool as Tool
    from vatel.simulator.scenario.keys import Turn as Turn
    from vatel.simulator.scenario.keys import VadSettings as VadSettings
    from vatel.simulator.scenario.keys import Voice as Voice
    from vatel.simulator.scenario.scenario import Scenario as Scenario
    from vatel.simulator.server.server import Simulator as Simulator

_HOMES = {
    name: f"vatel.simulator.{home}"
    for home, names in {
        "scenario.faults": "Faults",
        "journal.request_recorder": "SeenRequest",
        "scenario.keys": "AgentProfile Answer Argument CallerLine Delivery Dialled Line Pause "
        "Quirks RawMessage TimeoutSettings Tool Turn VadSettings Voice",
        "scenario.scenario": "Scenario",
        "journal.observed_call": "SeenCall SeenMessage ToolOutput",
        "server.server": "Simulator",
    }.items()
    for name in names.split()
}
__all__ = [*_HOMES, "caller_clip"]  # noqa: PLE0604  # pyright: ignore[reportUnsupportedDunderAll]
_PACKAGES = {"jsonschema", "jwt", "starlette", "uvicorn", "yaml"}


def caller_clip(scenario: Optional[Scenario] = None) -> bytes:
    """Return what the caller of a scenario says, as PCM from the call's start.

    Args:
        scenario: a scenario whose `caller` has clips; the packaged one by default.

    Raises:
        SimulatorError: the extra is not installed.
    """
    spoken: Scenario = scenario or __getattr__("Scenario").default()
    return spoken.caller_audio()


def _missing(package: str) -> Optional[Exception]:
    if package not in _PACKAGES:
        return None
    from vatel_rt.errors import SimulatorError  # slow to import

    return SimulatorError(f"the simulator needs {package}: pip install 'vatel[simulator]'")


__getattr__, __dir__ = exports(__name__, _HOMES, missing=_missing)
