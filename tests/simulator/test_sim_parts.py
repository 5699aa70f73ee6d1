"""Parts of a session without a socket: caller audio, playout, recording, tools, document."""

from __future__ import annotations

import io
import random
import wave
from pathlib import Path
from typing import Any

import pytest
from simulated_caller import RATE, SENTENCE, clip, quiet
from worlds import ALL

from vatel.simulator.openapi.errors import HttpError
from vatel.simulator.openapi.schemas import schema_named
from vatel.simulator.platform.call_record import CallRecord
from vatel.simulator.platform.recording import _FRAME, MAX_SAMPLES, Recording, _header
from vatel.simulator.scenario.keys import Delivery, Pause, Tool, Turn
from vatel.simulator.voice.caller_audio import ECHO_SECONDS, CallerAudio
from vatel.simulator.voice.playout import Playout
from vatel.simulator.voice.tool_calls import chosen_line
from vatel_rt.audio.pcm import samples_of

TONE = b"\x10\x27" * RATE
"""A second of full sound."""


@pytest.fixture
def recording(tmp_path: Path) -> Any:
    recording = Recording(tmp_path, "call")
    yield recording
    recording.close()


async def legs(recording: Recording) -> tuple[Any, Any]:
    recording.close()  # what is written may wait until then
    wav = b"".join([piece async for piece in recording.wav()])
    assert len(wav) == recording.size
    with wave.open(io.BytesIO(wav)) as file:
        samples = samples_of(file.readframes(file.getnframes()))
    return samples[0::2], samples[1::2]


@pytest.mark.anyio
async def test_an_empty_recording(recording: Recording) -> None:
    assert await legs(recording) == (samples_of(b""), samples_of(b""))


@pytest.mark.anyio
async def test_a_recording_of_several_blocks(recording: Recording) -> None:
    recording.write("caller", RATE, TONE)
    recording.write("agent", RATE // 2, TONE)
    left, right = await legs(recording)
    assert len(left) == len(right) == 2 * RATE
    assert not any(left[:RATE])
    assert all(left[RATE:])
    assert all(right[RATE // 2 : RATE * 3 // 2])
    assert not any(right[RATE * 3 // 2 :])


@pytest.mark.anyio
async def test_a_recording_ends_where_a_wav_file_does(recording: Recording) -> None:
    recording.write("caller", MAX_SAMPLES - 10, TONE)
    recording.write("caller", MAX_SAMPLES + RATE, TONE)
    recording.write("agent", 2 * MAX_SAMPLES, TONE)
    recording.close()
    assert recording.size == len(_header(MAX_SAMPLES * _FRAME)) + MAX_SAMPLES * _FRAME < 2**32


def test_a_deleted_recording_leaves_no_file(recording: Recording, tmp_path: Path) -> None:
    recording.write("agent", 0, TONE)
    recording.delete()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.anyio
async def test_an_interruption_cuts_what_was_not_heard(recording: Recording) -> None:
    playout = Playout("one two three four", TONE, 1.0, recording)
    chunks = list(playout.chunks(Delivery(chunk_max_ms=100), random.Random(1)))
    assert b"".join(chunk.pcm for chunk in chunks) == TONE
    assert [chunk.is_final for chunk in chunks[-2:]] == [False, True]
    for chunk in chunks:
        playout.add_chunk(chunk, 1.0)
    assert playout.until == pytest.approx(2.0)
    playout.cut(1.5)
    assert (playout.heard, playout.heard_ms) == ("one two", 500)
    _, right = await legs(recording)
    assert len(right) == RATE * 3 // 2


@pytest.mark.anyio
async def test_audio_that_is_late_plays_when_it_comes(recording: Recording) -> None:
    playout = Playout("one", TONE, 0.0, recording)
    for chunk in playout.chunks(Delivery(chunk_max_ms=10_000), random.Random(5)):
        playout.add_chunk(chunk, playout.until + 0.5)
    recording.cut("agent", 10 * RATE)
    _, right = await legs(recording)
    assert not any(right[: RATE // 2])
    assert right[RATE // 2]


def test_pauses_are_before_the_chunks_that_begin_there(recording: Recording) -> None:
    pauses = [Pause(at_ms=0, for_ms=150), Pause(at_ms=200, for_ms=250)]
    playout = Playout("one", TONE, 0.0, recording)
    begin, waits = 0, {}
    for chunk in playout.chunks(Delivery(), random.Random(1), pauses):
        waits[begin] = chunk.wait
        begin += len(chunk.pcm)
    assert {at: wait for at, wait in waits.items() if wait} == {0: 0.15, 2 * RATE // 5: 0.25}


def test_a_text_without_audio_is_one_chunk(recording: Recording) -> None:
    playout = Playout("one two", b"", 0.0, recording)
    (chunk,) = playout.chunks(Delivery(), random.Random(1))
    assert (chunk.pcm, chunk.steps, chunk.is_final) == (b"", 2, True)
    assert (playout.heard, playout.heard_ms) == ("one two", 0)


@pytest.mark.anyio
async def test_a_gap_in_the_audio_is_silence(recording: Recording) -> None:
    audio = CallerAudio(recording, start_secs=0.06, stop_secs=0.5)
    for at, pcm in ((1.1, TONE[:4800]), (1.5, TONE[:4800]), (5.1, TONE[:4800])):
        assert list(audio.add_audio(pcm, int(at * RATE))) == []
    left, _ = await legs(recording)
    assert [round(i / RATE, 3) for i in range(1, len(left)) if left[i] > left[i - 1]] == [1, 5]
    assert all(left[RATE : RATE * 12 // 10]), "0.4 s late is a stutter"


def test_an_echo_is_the_first_minute_of_what_was_said(recording: Recording) -> None:
    audio = CallerAudio(recording, start_secs=0.06, stop_secs=0.5, keeps=True)
    word = clip("caller_hours.wav")
    for speech in (word * 35, word):
        secs = len(speech) / 2 / RATE
        for event in audio.add_audio(quiet(1) + speech + quiet(0.6), 0):
            if event == "stopped":
                break
        assert audio.speech_secs == pytest.approx(secs, abs=0.2)
        echo = audio.utterance
        assert len(echo) / 2 / RATE == pytest.approx(min(secs, ECHO_SECONDS), abs=0.2)
        assert echo[RATE : RATE + 2000] in speech, "nothing of another utterance"


def test_nothing_is_kept_without_an_echo(recording: Recording) -> None:
    audio = CallerAudio(recording, start_secs=0.06, stop_secs=0.5)
    assert "stopped" in list(audio.add_audio(SENTENCE, 0))
    assert audio.utterance == b""
    assert audio.speech_secs > 1


def test_speech_is_words(recording: Recording) -> None:
    audio = CallerAudio(recording, start_secs=0.06, stop_secs=0.5)
    events = list(audio.add_audio(SENTENCE + quiet(1), 0))
    assert events == ["started", *["word"] * (len(events) - 2), "stopped"]
    assert 4 <= events.count("word") <= 7
    assert list(audio.add_silence()) == []


@pytest.mark.parametrize(
    ("text", "output", "said"),
    [
        ("It is {status}.", '{"status": "here", "n": 1}', "It is here."),
        ("It is {n}.", '{"status": "here", "n": 1}', "It is 1."),
        ("It is {output}.", "here", "It is here."),
        ("It is {output}.", "[1]", "It is [1]."),
        ("It is {status}.", "{", "It is {status}."),
    ],
)
def test_an_answer_takes_up_the_output(
    text: str, output: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    turn = Turn(hears="", says=text, tool=Tool(name="t"))
    assert chosen_line(turn, [output]).says == said
    assert ("no tool output has {status}" in caplog.text) == ("{" in said)


def test_rows_count() -> None:
    call = CallRecord("agent", "organization")
    assert [call.add("message", "turn")["index"] for _ in range(3)] == [0, 1, 2]


def test_the_document_knows_its_schemas() -> None:
    assert schema_named("Call").is_valid({})
    with pytest.raises(HttpError, match="page: "):
        ALL["listCalls"].check_query({"page": "-1"})
