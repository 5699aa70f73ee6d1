"""The platform on your machine: REST and voice sessions, with a scripted agent.

It needs no account and no network, and it speaks: `python -m vatel.simulator`, or
`async with Simulator() as simulator` in a program, or the fixture `vatel_simulator` in a test
(`docs/testing.md`). It needs the extra `vatel[simulator]`.

**It recognises no speech and has no language model.** It hears *when* the caller speaks and
stops, from the energy of the audio. *What* it takes the caller to say, and what it answers,
stands in a scenario, whatever was said.

A scenario is a YAML file, or made in Python of the classes here, which have the names of its
keys: `Scenario(turns=[Turn(hears="What are your hours?", says="From nine to five.")])`.
`docs/simulator.md` explains every key, and what the simulator makes up.

Text without a clip is spoken by `espeak-ng`; where that is not installed, the agent says so.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from vatel.simulator.journal.observed_call import SeenCall as SeenCall
    from vatel.simulator.journal.observed_call import SeenMessage as SeenMessage
    from vatel.simulator.journal.observed_call import ToolOutput as ToolOutput
    from vatel.simulator.journal.request_recorder import SeenRequest as SeenRequest
    from vatel.simulator.scenario.faults import Faults as Faults
    from vatel.simulator.scenario.scenario import AgentProfile as AgentProfile
    from vatel.simulator.scenario.scenario import Answer as Answer
    from vatel.simulator.scenario.scenario import Argument as Argument
    from vatel.simulator.scenario.scenario import CallerLine as CallerLine
    from vatel.simulator.scenario.scenario import Delivery as Delivery
    from vatel.simulator.scenario.scenario import Dialled as Dialled
    from vatel.simulator.scenario.scenario import Line as Line
    from vatel.simulator.scenario.scenario import Pause as Pause
    from vatel.simulator.scenario.scenario import Quirks as Quirks
    from vatel.simulator.scenario.scenario import RawMessage as RawMessage
    from vatel.simulator.scenario.scenario import Scenario as Scenario
    from vatel.simulator.scenario.scenario import TimeoutSettings as TimeoutSettings
    from vatel.simulator.scenario.scenario import Tool as Tool
    from vatel.simulator.scenario.scenario import Turn as Turn
    from vatel.simulator.scenario.scenario import VadSettings as VadSettings
    from vatel.simulator.scenario.scenario import Voice as Voice
    from vatel.simulator.server.server import Simulator as Simulator

_HOMES = {
    name: home
    for home, names in {
        "scenario.faults": "Faults",
        "journal.request_recorder": "SeenRequest",
        "scenario.scenario": "AgentProfile Answer Argument CallerLine Delivery Dialled Line "
        "Pause Quirks RawMessage Scenario TimeoutSettings Tool Turn VadSettings Voice",
        "journal.observed_call": "SeenCall SeenMessage ToolOutput",
        "server.server": "Simulator",
    }.items()
    for name in names.split()
}
__all__ = [*_HOMES, "caller_clip"]  # noqa: PLE0604  # pyright: ignore[reportUnsupportedDunderAll]
_PACKAGES = {"jsonschema", "jwt", "starlette", "uvicorn", "yaml"}


def caller_clip(scenario: Optional[Scenario] = None) -> bytes:
    """What the caller of a scenario says, as PCM that begins with the call.

    Args:
        scenario: one whose `caller` has clips; the packaged one by default.

    Raises:
        SimulatorError: the extra is not installed.
    """
    spoken: Scenario = scenario or __getattr__("Scenario").default()
    return spoken.caller_audio()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package not in _PACKAGES:
            raise
        from vatel_rt.errors import SimulatorError  # not above: it loads a lot

        missing = f"the simulator needs {package}: pip install 'vatel[simulator]'"
        raise SimulatorError(missing) from error
