from __future__ import annotations

import dataclasses

import pytest

from vatel_rt.call.transcript import Transcript


def says(transcript: Transcript, turn: str, text: str, *, is_final: bool = True) -> None:
    transcript.agent_said(turn, text, is_final=is_final)


def heard(transcript: Transcript, text: str) -> None:
    transcript.caller_said("t", text)


def rows(transcript: Transcript) -> list[tuple[str, str, str, bool]]:
    return [(row.role, row.text, row.turn_id, row.interrupted) for row in transcript.rows]


def test_settled_texts_of_both_sides_in_their_order() -> None:
    transcript = Transcript()
    transcript.session_started()
    says(transcript, "1", "Hel", is_final=False)
    says(transcript, "1", "Hello.")
    heard(transcript, "My order?")
    says(transcript, "2", "It is")
    says(transcript, "2", "on its way.")
    assert rows(transcript) == [
        ("assistant", "Hello.", "1", False),
        ("user", "My order?", "t", False),
        ("assistant", "It is", "2", False),
        ("assistant", "on its way.", "2", False),
    ]
    times = [row.at_ms for row in transcript.rows]
    assert times == sorted(times)
    assert 0 <= times[0] < 60_000
    with pytest.raises(dataclasses.FrozenInstanceError):
        transcript.rows[0].text = ""  # type: ignore[misc]


def test_an_interrupted_text_that_was_settled_before() -> None:
    transcript = Transcript()
    says(transcript, "1", "A long answer.")
    transcript.interrupted({"1"})
    assert rows(transcript) == [("assistant", "A long answer.", "1", True)]


def test_an_interrupted_text_that_was_not_settled() -> None:
    transcript = Transcript()
    says(transcript, "1", "A long", is_final=False)
    transcript.interrupted({"1"})
    says(transcript, "1", "A lon", is_final=False)
    assert rows(transcript) == [("assistant", "A long", "1", True)]
    says(transcript, "1", "A long answer.")
    assert rows(transcript) == [("assistant", "A long answer.", "1", True)]
    says(transcript, "1", "The next one.")
    assert rows(transcript)[1:] == [("assistant", "The next one.", "1", False)]


def test_an_interruption_before_any_text() -> None:
    transcript = Transcript()
    transcript.interrupted({"1"})
    assert rows(transcript) == []
    says(transcript, "1", "Late.")
    heard(transcript, "Stop.")
    assert rows(transcript) == [("assistant", "Late.", "1", True), ("user", "Stop.", "t", False)]


def test_turns_without_an_id() -> None:
    transcript = Transcript()
    says(transcript, "", "One.")
    transcript.interrupted({""})
    says(transcript, "", "Two.")
    assert rows(transcript) == [("assistant", "One.", "", True), ("assistant", "Two.", "", False)]


def test_the_text_of_the_next_turn_of_the_same_id_is_its_own() -> None:
    transcript = Transcript()
    says(transcript, "1", "A long answer.")
    transcript.interrupted({"1"})
    says(transcript, "1", "Another", is_final=False)
    says(transcript, "1", "Another one.")
    assert rows(transcript) == [
        ("assistant", "A long answer.", "1", True),
        ("assistant", "Another one.", "1", False),
    ]
