from __future__ import annotations

from typing import Any

import pytest
from simulated_caller import BYE, SHORT, scenario_of

from vatel.simulator import Simulator


@pytest.fixture
async def simulator(no_new_tasks: None) -> Any:
    """A running simulator: it greets, answers once and says goodbye."""
    async with Simulator(scenario_of(SHORT, goodbye=BYE)) as simulator:
        yield simulator
