from __future__ import annotations

import dataclasses

import pytest

from vatel_rt.call.transcript import Transcript
from vatel_rt.realtime.messages import (
    InputAudioTranscript,
    InputAudioTranscriptData,
    ResponseText,
    ResponseTextData,
    SessionStarted,
    SessionStartedData,
)


def says(turn: str, text: str, *, is_final: bool = True) -> ResponseText:
    return ResponseText(ResponseTextData(turn, text, is_final))


def heard(text: str, *, is_final: bool = True) -> InputAudioTranscript:
    return InputAudioTranscript(InputAudioTranscriptData(text, is_final, "t"))


def rows(transcript: Transcript) -> list[tuple[str, str, str, bool]]:
    return [(row.role, row.text, row.turn_id, row.interrupted) for row in transcript.rows]


def test_settled_texts_of_both_sides_in_their_order() -> None:
    transcript = Transcript()
    transcript.note(SessionStarted(SessionStartedData("c")))
    for message in (
        says("1", "Hel", is_final=False),
        says("1", "Hello."),
        heard("My", is_final=False),
        heard("My order?"),
        says("2", "It is"),
        says("2", "on its way."),
    ):
        transcript.note(message)
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
    transcript.note(says("1", "A long answer."))
    transcript.interrupt({"1"})
    assert rows(transcript) == [("assistant", "A long answer.", "1", True)]


def test_an_interrupted_text_that_was_not_settled() -> None:
    transcript = Transcript()
    transcript.note(says("1", "A long", is_final=False))
    transcript.interrupt({"1"})
    transcript.note(says("1", "A lon", is_final=False))
    assert rows(transcript) == [("assistant", "A long", "1", True)]
    transcript.note(says("1", "A long answer."))
    assert rows(transcript) == [("assistant", "A long answer.", "1", True)]
    transcript.note(says("1", "The next one."))
    assert rows(transcript)[1:] == [("assistant", "The next one.", "1", False)]


def test_an_interruption_before_any_text() -> None:
    transcript = Transcript()
    transcript.interrupt({"1"})
    assert rows(transcript) == []
    transcript.note(says("1", "Late."))
    transcript.note(heard("Stop."))
    assert rows(transcript) == [("assistant", "Late.", "1", True), ("user", "Stop.", "t", False)]


def test_turns_without_an_id() -> None:
    transcript = Transcript()
    transcript.note(says("", "One."))
    transcript.interrupt({""})
    transcript.note(says("", "Two."))
    assert rows(transcript) == [("assistant", "One.", "", True), ("assistant", "Two.", "", False)]


def test_the_text_of_the_next_turn_of_the_same_id_is_its_own() -> None:
    transcript = Transcript()
    transcript.note(says("1", "A long answer."))
    transcript.interrupt({"1"})
    transcript.note(says("1", "Another", is_final=False))
    transcript.note(says("1", "Another one."))
    assert rows(transcript) == [
        ("assistant", "A long answer.", "1", True),
        ("assistant", "Another one.", "1", False),
    ]
