"""Each fault of the simulator in each phase of a call, as documented in docs/faults.md."""

from __future__ import annotations

import asyncio
from typing import Any

import fault_matrix as matrix
import pytest
from leftovers import leaves_nothing

from vatel.simulator import Faults

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("fault matrix")]


@pytest.fixture(scope="module")
def cells() -> dict[tuple[str, str], Any]:
    """All cells, in one event loop; nothing may be left of them."""

    async def run() -> list[Any]:
        found = await matrix.cells()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return found

    with leaves_nothing():
        found = asyncio.run(run())
    return {(cell.fault, cell.phase): cell for cell in found}


@pytest.mark.parametrize("phase", matrix.PHASES)
@pytest.mark.parametrize("fault", matrix.FAULTS)
def test_a_fault_in_a_phase(cells: dict[tuple[str, str], Any], fault: str, phase: str) -> None:
    cell = cells[fault, phase]
    assert cell.reached
    assert cell.heard_after <= 1
    assert cell.outcome == documented()[fault, phase]


def test_every_fault_is_in_the_matrix() -> None:
    used = {name for settings in matrix.FAULTS.values() for name in settings}
    modifiers = {"path", "requests", "retry_after", "html", "delay", "handshakes"}
    modifiers |= {"close_code", "close_reason", "drop_after_messages"}
    assert used | modifiers == set(Faults.__struct_fields__)


def documented() -> dict[tuple[str, str], str]:
    rows = matrix.PAGE.read_text(encoding="utf-8").partition(matrix.BEGIN)[2].splitlines()
    table = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    phases = table[0][1:]
    return {(row[0], phase): cell for row in table[2:] for phase, cell in zip(phases, row[1:])}
