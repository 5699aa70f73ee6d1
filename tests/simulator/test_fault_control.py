"""The object that sets faults, apart from their values."""

from __future__ import annotations

import copy

import msgspec
import pytest

from vatel.simulator import Faults, Scenario, Simulator
from vatel.simulator.platform.fault_control import FaultControl
from vatel_rt.errors import SimulatorError


def test_the_values_have_no_hidden_state() -> None:
    faults = Faults(status=503)
    assert not hasattr(faults, "__dict__")
    assert msgspec.json.decode(msgspec.json.encode(faults), type=Faults) == faults
    assert copy.deepcopy(faults) == faults


def test_each_fault_is_an_attribute_of_the_control() -> None:
    control = FaultControl()
    for name in Faults.__struct_fields__:
        assert getattr(control, name) == getattr(Faults(), name)
    control.status = 503
    control.set(mute=True, requests=2)
    assert control == Faults(status=503, mute=True, requests=2) == control
    assert control == FaultControl(Faults(status=503, mute=True, requests=2))
    assert control != Faults()
    assert repr(control).startswith("Faults(status=503, requests=2, ")
    control.clear()
    assert control == Faults()


def test_other_names_are_no_attributes() -> None:
    for name in ("drop", "_lifetime"):
        with pytest.raises(AttributeError):
            getattr(FaultControl(), name)
    with pytest.raises(SimulatorError, match="unknown fault 'drop'"):
        FaultControl().drop = 3


def test_what_is_set_changes_neither_the_scenario_nor_another_simulator() -> None:
    scenario = Scenario(faults=Faults(cut_frames=2))
    one, other = Simulator(scenario), Simulator(scenario)
    one.faults.mute = True
    assert one.faults.take("cut_frames")
    assert one.faults == Faults(cut_frames=1, mute=True)
    assert scenario.faults == other.faults == Faults(cut_frames=2)
    scenario.faults.stall = 1
    assert not other.faults.stall


def test_a_count_ends_at_0() -> None:
    control = FaultControl(Faults(cut_frames=1))
    assert [control.take("cut_frames") for _ in range(3)] == [True, False, False]
    assert control.cut_frames == 0


def test_faults_without_effect_are_found() -> None:
    control = FaultControl(Faults(requests=2))
    with pytest.raises(SimulatorError, match="faults: requests: has no effect without status or"):
        control.check()
    control.status = 503
    control.check()
