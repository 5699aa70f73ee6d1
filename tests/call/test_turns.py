from __future__ import annotations

from typing import NamedTuple, Optional

from vatel_rt.call.turns import Turns


class Piece(NamedTuple):
    turn: str
    ms: int = 100
    is_final: bool = False


def admit(turns: Turns, piece: Piece, queued_ms: Optional[float] = None) -> bool:
    return turns.admit(piece.turn, piece.ms, is_final=piece.is_final, queued_ms=queued_ms)


def test_what_the_device_drops_was_not_heard() -> None:
    turns = Turns()
    for each in (Piece("1"), Piece("1", is_final=True), Piece("2"), Piece("3", 50)):
        assert admit(turns, each)
    assert turns.heard_ms() == {"1": 200, "2": 100, "3": 50}
    assert turns.heard_ms(queued_ms=70) == {"1": 200, "2": 80, "3": 0}
    assert turns.interrupt(250) == {"1", "2", "3"}
    assert turns.heard_ms() == {"1": 100, "2": 0, "3": 0}
    assert turns.drop(1000) == {"1", "2", "3"}
    assert sum(turns.heard_ms().values()) == 0


def test_late_audio_of_a_cut_turn_is_not_admitted() -> None:
    turns = Turns()
    assert admit(turns, Piece("1"))
    assert turns.interrupt(0) == {"1"}
    assert not admit(turns, Piece("1"))
    assert admit(turns, Piece("2"))
    assert not admit(turns, Piece("1", is_final=True))
    assert admit(turns, Piece("1"))
    assert turns.heard_ms() == {"1": 200, "2": 100}


def test_a_turn_that_was_heard_whole_is_not_cut() -> None:
    turns = Turns()
    admit(turns, Piece("1", is_final=True))
    assert turns.interrupt(0) == set()


def test_turns_without_an_id_are_never_refused() -> None:
    turns = Turns()
    admit(turns, Piece(""))
    assert turns.interrupt(60) == {""}
    assert admit(turns, Piece(""))
    assert turns.heard_ms() == {"": 140}


def test_an_underrun_is_a_turn_that_goes_on_after_the_device_ran_dry() -> None:
    turns = Turns()
    admit(turns, Piece("1"), 0)
    admit(turns, Piece("1"), 40)
    admit(turns, Piece("1"), 0)
    admit(turns, Piece("1", 0, is_final=True), 0)
    admit(turns, Piece("1"), 0)
    admit(turns, Piece("2"), 0)
    admit(turns, Piece("2"), None)
    assert turns.underruns == 1


def test_the_rest_of_the_time_is_that_of_what_waits() -> None:
    turns = Turns()
    assert turns.remaining == 0
    admit(turns, Piece("1", 10_000))
    admit(turns, Piece("2", 10_000))
    assert 15 < turns.remaining <= 20
    turns.interrupt(20_000)
    assert turns.remaining == 0


def test_an_interruption_after_the_final_audio_does_not_mute_the_next_turn_of_the_same_id() -> None:
    turns = Turns()
    admit(turns, Piece("1", is_final=True))
    assert turns.interrupt(40) == {"1"}
    assert admit(turns, Piece("1"))
    assert admit(turns, Piece("1", is_final=True))
    assert turns.heard_ms() == {"1": 260}
