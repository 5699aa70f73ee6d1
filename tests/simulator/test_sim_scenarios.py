"""What the keys of a scenario do in a session, over real sockets."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from simulated_caller import (
    BYE,
    HELLO,
    LONG,
    RATE,
    SENTENCE,
    SHORT,
    Caller,
    call_of,
    calls_over,
    clip,
    quiet,
    rest,
    scenario_of,
)

from vatel.simulator import (
    Answer,
    Argument,
    Delivery,
    Line,
    Pause,
    Quirks,
    RawMessage,
    Simulator,
    Tool,
    Turn,
)
from vatel.simulator.voice.script import UNSCRIPTED

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]

NO_GREETING = Line(says="")
FAST = Delivery(thinking_ms=0, speed="max")
ONE_WORD = quiet(0.3) + clip("caller_thanks.wav")[: 2 * RATE * 4 // 10] + quiet(0.7)
LONG_LINE = Line(says=LONG.says, clip=LONG.clip)
WELCOME = {"says": HELLO.says, "clip": HELLO.clip}


async def talk(simulator: Simulator, *spoken: bytes, outputs: Any = None) -> Caller:
    """Speak one after the other, answer tools with `outputs`, and listen to the end."""
    async with await Caller.dial(simulator) as caller:
        for pcm in spoken:
            await caller.speak(pcm)
            await caller.until("input_audio_transcript", is_final=True)
            for output in outputs or ():
                call = await caller.until("tool_call")
                call_id = call["data"]["toolCallId"]
                await caller.send("tool_call_output", toolCallId=call_id, output=output)
        await caller.until_end()
    return caller


class TestTurnsByLength:
    TURNS = (
        Turn(hears="Yes.", speech_max_secs=0.7, says=HELLO.says, clip=HELLO.clip),
        Turn(
            hears="A long story.", speech_min_secs=1, says=BYE.says, clip=BYE.clip, then="hang_up"
        ),
    )

    async def test_each_has_its_answer(self) -> None:
        scenario = scenario_of(*self.TURNS, turns_by="length", greeting=NO_GREETING, delivery=FAST)
        async with Simulator(scenario) as simulator:
            caller = await talk(simulator, ONE_WORD, ONE_WORD, SENTENCE)
        heard = [d for d in caller.of("input_audio_transcript") if d["is_final"]]
        assert [d["transcript"] for d in heard] == ["Yes.", "Yes.", "A long story."]
        assert caller.said() == [HELLO.says, HELLO.says, BYE.says]
        interim = [d for d in caller.of("input_audio_transcript") if not d["is_final"]]
        assert {d["turn_id"] for d in interim} == {heard[-1]["turn_id"]}, "known for the last only"
        assert interim[0]["transcript"] == "A long story.", "as far as it was said by then"

    async def test_what_fits_none_is_not_answered(self) -> None:
        scenario = scenario_of(
            Turn(hears="Yes.", speech_max_secs=0.1), turns_by="length", greeting=NO_GREETING,
            delivery=FAST, default_timeout=1,
        )  # fmt: skip
        async with Simulator(scenario) as simulator:
            caller = await talk(simulator, SENTENCE)
        assert [d["transcript"] for d in caller.of("input_audio_transcript")] == [UNSCRIPTED]
        assert caller.said() == []


async def test_explicit_interim_texts() -> None:
    turn = Turn(
        hears="Forty two.",
        hears_interim=["Four", "Forty to"],
        interim=["We", "We are o"],
        **WELCOME,
    )
    async with Simulator(scenario_of(turn, greeting=NO_GREETING, delivery=FAST)) as simulator:
        caller = await talk(simulator, SENTENCE)
    heard = [d["transcript"] for d in caller.of("input_audio_transcript")]
    assert heard == ["Four", "Forty to", "Forty two."]
    assert [d["text"] for d in caller.of("response_text")] == ["We", "We are o", HELLO.says]


async def test_no_interim_texts() -> None:
    turn = Turn(hears="Forty two.", hears_interim=[], interim=[], **WELCOME)
    async with Simulator(scenario_of(turn, greeting=NO_GREETING, delivery=FAST)) as simulator:
        caller = await talk(simulator, SENTENCE)
    assert all(d["is_final"] for d in caller.of("input_audio_transcript"))
    assert all(d["is_final"] for d in caller.of("response_text"))


async def test_an_echo_is_what_the_caller_said() -> None:
    scenario = scenario_of(
        Turn(hears="Hello?", echo=True), SHORT, greeting=NO_GREETING, delivery=FAST
    )
    async with Simulator(scenario) as simulator:
        async with await Caller.dial(simulator) as caller:
            await caller.speak(quiet(2) + SENTENCE)
            await caller.until("response_audio", is_final=True)
            echo = caller.audio()
        await calls_over(simulator)
    assert caller.said() == ["Hello?"]
    spoken = clip("caller_hours.wav")
    assert abs(len(echo) - len(spoken)) < 0.2 * 2 * RATE
    assert echo[: len(echo) // 2] in quiet(0.3) + spoken + quiet(1)


class TestTools:
    OUTPUT = json.dumps({"status": "shipped", "n": 3})

    @pytest.mark.parametrize(
        ("output", "said"),
        [
            (OUTPUT, "It is shipped, 3."),
            ('{"status": "lost"}', "Lost, I fear."),
            ("lost", "All lost."),
            ('{"error": "no such order"}', "Failed: no such order."),
        ],
    )
    async def test_the_output_chooses_the_answer(self, output: str, said: str) -> None:
        turn = Turn(
            hears="Where is it?",
            tool=Tool(name="order", on_error="Failed: {error}."),
            answers=[
                Answer(when={"status": "lost"}, says="Lost, I fear.", clip="hours.wav"),
                Answer(when={"output": "lost"}, says="All {output}."),
            ],
            says="It is {status}, {n}.",
            clip="order.wav",
        )
        async with Simulator(scenario_of(turn, greeting=NO_GREETING, delivery=FAST)) as simulator:
            caller = await talk(simulator, SENTENCE, outputs=[output])
        assert caller.said() == [said]
        clips = {"Lost, I fear.": "hours.wav", "It is shipped, 3.": "order.wav"}
        assert said not in clips or caller.audio() == clip(clips[said])

    async def test_several_at_once(self) -> None:
        tools = [Tool(name="one"), Tool(name="two"), Tool(name="one")]
        hasty = [tools[0], Tool(name="two", timeout=0.2, on_timeout="Too late."), tools[2]]
        turns = [
            Turn(hears="?", tool=asked, says="{n} and {m}", clip="hours.wav")
            for asked in (tools, hasty)
        ]
        scenario = scenario_of(*turns, greeting=NO_GREETING, delivery=FAST)
        async with Simulator(scenario) as simulator:
            async with await Caller.dial(simulator) as caller:
                for outputs in (['{"n": 1}', '{"n": 2, "m": 2}', "{}"], ['{"n": 1}']):
                    await caller.speak()
                    asked = [(await caller.until("tool_call"))["data"] for _ in tools]
                    assert caller.kinds()[-1] == "tool_call", "none waits for another"
                    assert [d["toolName"] for d in asked] == ["one", "two", "one"]
                    for data, output in reversed(list(zip(asked, outputs))):
                        await caller.send(
                            "tool_call_output", toolCallId=data["toolCallId"], output=output
                        )
                    if len(outputs) < len(tools):
                        await caller.send(
                            "tool_call_output", toolCallId=asked[2]["toolCallId"], output=""
                        )
                    await caller.until("response_text", is_final=True)
                await caller.until_end()
            rows = (await call_of(simulator, caller.id))["transcript"]["entries"]
        assert caller.said() == ["1 and 2", "Too late."]
        calls = [r["toolCall"] for r in rows if r["type"] == "tool_call"]
        assert [c.get("output") for c in calls[:3]] == ['{"n": 1}', '{"n": 2, "m": 2}', "{}"]
        assert [c.get("output") for c in calls[3:]] == ['{"n": 1}', None, ""]

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("string", "42"),
            ("number", 1.5),
            ("integer", 2**53),
            ("boolean", False),
            ("object", {"a": {"b": [None]}}),
            ("array", [1, "two", {}]),
        ],
    )
    async def test_arguments_of_each_type(self, kind: str, value: Any) -> None:
        argument = Argument(name="a", data_type=kind, value=value)
        turn = Turn(hears="?", tool=Tool(name="t", arguments=[argument]), says="")
        async with Simulator(scenario_of(turn, greeting=NO_GREETING, delivery=FAST)) as simulator:
            caller = await talk(simulator, SENTENCE, outputs=[""])
            rows = (await call_of(simulator, caller.id))["transcript"]["entries"]
        (asked,) = caller.of("tool_call")
        assert asked["arguments"] == [{"name": "a", "dataType": kind, "value": value}]
        assert json.loads(rows[1]["toolCall"]["arguments"]) == {"a": value}


@pytest.mark.parametrize("of_the_line", [True, False])
async def test_an_agent_that_is_not_interrupted(of_the_line: bool) -> None:
    turn = Turn(hears="?", says="A.", clip=SHORT.clip, barge_in=False if of_the_line else None)
    scenario = scenario_of(
        turn, Turn(hears="!", **WELCOME), greeting=NO_GREETING, barge_in=of_the_line
    )
    async with Simulator(scenario) as simulator:
        async with await Caller.dial(simulator) as caller:
            await caller.speak()
            await caller.until("response_audio")
            await caller.speak()
            await caller.until_end()
    assert "interruption" not in caller.kinds()
    assert caller.said() == ["A.", HELLO.says]
    assert caller.audio() == clip("hours.wav") + clip("welcome.wav")


async def test_pauses_hold_the_speech_back() -> None:
    greeting = Line(**WELCOME, pauses=[Pause(at_ms=0, for_ms=150), Pause(at_ms=200, for_ms=250)])
    async with Simulator(scenario_of(greeting=greeting, delivery=FAST)) as simulator:
        async with await Caller.dial(simulator) as caller:
            await caller.until_end()
    sent = caller.sent()
    times = [t for t, m in zip(sent, caller.messages) if m["type"] == "response_audio"]
    sizes = [len(d["audio"]) * 3 // 4 // 2 for d in caller.of("response_audio")]
    before = next(n for n in range(len(sizes)) if sum(sizes[:n]) >= RATE // 5)
    assert abs(sum(sizes[:before]) - RATE // 5) <= len(sizes), "a chunk ends there"
    # Each is counted from when the speech was due: who is late already waits for less.
    assert times[0] - sent[0] > 0.14
    assert times[before] - sent[0] > 0.39
    assert caller.audio() == clip("welcome.wav")


async def test_thinking_of_one_answer() -> None:
    turn = Turn(hears="?", thinking_ms=400, **WELCOME)
    async with Simulator(scenario_of(turn, greeting=NO_GREETING, delivery=FAST)) as simulator:
        caller = await talk(simulator, SENTENCE)
    kinds = [m["type"] for m in caller.messages]
    answer = kinds.index("response_text")
    assert caller.sent()[answer] - caller.sent()[answer - 1] > 0.2


async def test_the_greatest_speed_waits_for_nothing() -> None:
    scenario = scenario_of(LONG, LONG, greeting=LONG_LINE, delivery=FAST, goodbye=BYE)
    async with Simulator(scenario) as simulator:
        async with await Caller.dial(simulator) as caller:
            for _ in scenario.turns:
                await caller.hear_out()
                await caller.speak()
            await caller.until_end()
        call = await call_of(simulator, caller.id)
        async with rest(simulator) as client:
            recording = await client.get(f"/v1/calls/{caller.id}/recording")
    seconds = len(caller.audio()) / 2 / RATE
    assert seconds > 15
    assert caller.times[-1] - caller.times[0] < seconds * 2 / 3
    rows = [r for r in call["transcript"]["entries"] if r["role"] == "assistant"]
    assert [r["message"] for r in rows] == [LONG.says] * 3 + [BYE.says], "heard to the end"
    assert len(recording.content) // 4 / RATE == pytest.approx(seconds, abs=3)


@pytest.mark.parametrize("where", ["greeting", "turn", "answer"])
async def test_the_agent_hangs_up_where_the_scenario_says(where: str) -> None:
    over = Line(**WELCOME, then="hang_up")
    answer = Answer(when={}, says=over.says, clip=over.clip, then="hang_up")
    turns = {
        "greeting": [],
        "turn": [Turn(hears="?", **WELCOME, then="hang_up")],
        "answer": [Turn(hears="?", tool=Tool(name="t"), answers=[answer])],
    }[where]
    scenario = scenario_of(
        *turns, SHORT, greeting=over if where == "greeting" else NO_GREETING,
        delivery=FAST, goodbye=BYE,
    )  # fmt: skip
    async with Simulator(scenario) as simulator:
        spoken = [] if where == "greeting" else [SENTENCE]
        caller = await talk(simulator, *spoken, outputs=["{}"] if where == "answer" else None)
        call = await call_of(simulator, caller.id)
    assert caller.said() == [HELLO.says, BYE.says]
    assert call["termination_reason"] == "agent_hangup"


async def test_the_agent_hangs_up_after_a_time() -> None:
    scenario = scenario_of(SHORT, greeting=LONG_LINE, hang_up_after=0.5, goodbye=BYE)
    async with Simulator(scenario) as simulator:
        async with await Caller.dial(simulator) as caller:
            assert await caller.until_end() == 1000
        call = await call_of(simulator, caller.id)
    sent = caller.sent()
    assert 0.25 < sent[-1] - sent[0] < 5
    assert call["termination_reason"] == "agent_hangup"
    (row,) = call["transcript"]["entries"]
    assert LONG.says.startswith(row["message"]), "cut short"
    assert BYE.says not in caller.said()


async def test_messages_and_fields_that_nobody_knows() -> None:
    strange = [
        RawMessage(type="agent_mood", data={"mood": "calm"}),
        RawMessage(type="x", data=None),
    ]
    scenario = scenario_of(
        Turn(hears="?", emulated=True, send=strange[:1], **WELCOME),
        greeting=Line(says="", send=strange),
        delivery=FAST,
        quirks=Quirks(extra_fields={"trace": 7}, omit_is_final=True),
    )
    received = []
    async with Simulator(scenario) as simulator:
        async with await Caller.dial(simulator) as caller:
            await caller.speak()
            async for frame in caller.socket:  # not held against the document
                received.append(json.loads(frame))
    assert received[1:3] == [
        {"type": "agent_mood", "data": {"mood": "calm"}},
        {"type": "x", "data": None},
    ]
    known = [m for m in received if m["type"] not in ("agent_mood", "x")]
    assert {m["type"] for m in known} >= {"session_started", "response_audio", "session_ended"}
    assert all(m["data"]["trace"] == 7 for m in known)
    assert not any("is_final" in m["data"] for m in known)
    assert [m["data"]["emulated"] for m in known if m["type"] == "speech_started"] == [True]
    assert [m["type"] for m in received].count("agent_mood") == 2


class TestReproducible:
    TURNS = (
        Turn(hears="One two.", tool=Tool(name="t"), **WELCOME),
        Turn(hears="Three.", **WELCOME),
    )
    DELIVERY = Delivery(thinking_ms=0, speed=8, chunk_max_ms=50)

    def simulator(self, seed: int = 42) -> Simulator:
        return Simulator(scenario_of(*self.TURNS, delivery=self.DELIVERY, seed=seed))

    async def call(self, simulator: Simulator) -> list[str]:
        """What a caller receives who is always the same, frame by frame."""
        frames = []
        async with await Caller.dial(simulator) as caller:
            receive = caller.socket.recv

            async def kept() -> Any:
                frames.append(await receive())
                return frames[-1]

            caller.socket.recv = kept  # type: ignore[method-assign]
            await caller.hear_out()
            await caller.speak()
            data = (await caller.until("tool_call"))["data"]
            await caller.send("tool_call_output", toolCallId=data["toolCallId"], output="")
            await caller.hear_out()
            await caller.speak()
            await caller.until_end()
        return frames

    async def two_calls(self, seed: int = 42) -> tuple[list[str], list[str], list[str]]:
        async with self.simulator(seed) as simulator:
            calls = await self.call(simulator), await self.call(simulator)
            return (*calls, [o["id"] for o in simulator.platform.organizations.values()])

    async def test_two_runs_send_the_same_bytes(self) -> None:
        one, same, other = await asyncio.gather(
            self.two_calls(), self.two_calls(), self.two_calls(seed=43)
        )
        assert one == same
        assert one[0] != one[1], "each call has its own"
        for mine, others in zip(one, other):
            assert mine != others, "another seed"

    async def second(self, is_beside: bool) -> list[str]:
        async with self.simulator() as simulator:
            async with await Caller.dial(simulator) as first:
                await first.next()
                if is_beside:
                    call = asyncio.create_task(self.call(simulator))
                    await first.hear_out()
                    await first.speak()
                    return await call
            return await self.call(simulator)

    async def test_calls_do_not_disturb_each_other(self) -> None:
        beside, alone = await asyncio.gather(self.second(True), self.second(False))
        assert beside == alone
