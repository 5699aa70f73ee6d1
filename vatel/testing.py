"""The pytest plugin: the fixture `vatel_simulator`, a running simulator.

pytest loads the plugin wherever `vatel` is installed. The plugin loads nothing but pytest until
the fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from vatel.simulator import Simulator

_MARKER = """vatel_simulator(scenario=None, *, faults=None, replay=None, speed=1, **options): \
configure the simulator of the fixture `vatel_simulator`. scenario: a mapping with the keys of a \
scenario, or the path of a scenario file, relative to the test's folder; faults: attributes of \
`simulator.faults`; replay: path of a trace to replay at `speed`; options: arguments of \
Simulator."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def vatel_simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A simulator for one test, running in a thread.

    Works in synchronous and asynchronous tests: `Client(vatel_simulator.api_key,
    vatel_simulator.url)`. The marker `vatel_simulator` configures it.
    """
    marker = request.node.get_closest_marker("vatel_simulator")
    options: dict[str, Any] = {} if marker is None else dict(marker.kwargs)
    if marker is not None and marker.args:
        options["scenario"], *more = marker.args
        if more:
            pytest.fail("vatel_simulator: only the scenario may be positional", pytrace=False)
    faults = options.pop("faults", None) or {}
    with ExitStack() as stack:
        yield _running(stack, request.path.parent, faults, options)


def _running(
    stack: ExitStack, folder: Path, faults: dict[str, Any], options: dict[str, Any]
) -> Simulator:
    from vatel_rt.errors import VatelError

    for key in ("scenario", "replay"):
        if isinstance(options.get(key), (str, Path)):
            options[key] = folder / options[key]
    try:
        from vatel.simulator import Simulator

        trace = options.pop("replay", None)
        simulator = Simulator.replay(trace, **options) if trace else Simulator(**options)
        simulator.faults.set(**faults)
        simulator.faults.check()
        return stack.enter_context(simulator)
    except (VatelError, TypeError) as error:
        problem = f"vatel_simulator: {error} (pytest --markers documents the marker)"
    pytest.fail(problem, pytrace=False)  # a traceback of our code would not help
