"""A call, against a server for each test; in real time, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import wave
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Callable

import pytest
from platforms import ENDED, STARTED, Handler, frame, platform
from websockets.asyncio.server import ServerConnection

from vatel_rt.audio.clocked_device import SilentDevice
from vatel_rt.audio.wav import read_wav
from vatel_rt.audio.wav_device import WavDevice
from vatel_rt.call import shutdown
from vatel_rt.call.call import Call
from vatel_rt.call.end import CallEnd
from vatel_rt.call.tools import Tools
from vatel_rt.errors import (
    AudioDeviceError,
    AudioError,
    AuthenticationError,
    ConnectionClosed,
    NotFoundError,
)
from vatel_rt.realtime.connection import connect

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]
LOST = (
    "the connection to the platform was lost without a close frame: "
    "check the network, then start a new call"
)


def tone(ms: int, level: int = 8000) -> bytes:
    return (level.to_bytes(2, "little", signed=True) * 10 + bytes(20)) * (ms * 24 // 20)


def audio(turn: str, pcm: bytes, *, is_final: bool = False) -> str:
    text = base64.b64encode(pcm).decode()
    return frame("response_audio", turn_id=turn, audio=text, is_final=is_final)


def call_to(url: str, **options: Any) -> Call:
    return Call(lambda: connect("token", url).__aenter__(), **options)


async def types(call: Call) -> list[str]:
    return [message.type async for message in call]


async def test_the_tail_is_played_to_its_end(tmp_path: Path) -> None:
    speech = tone(300)

    async def speak(socket: ServerConnection) -> None:
        for message in (STARTED, audio("1", speech, is_final=True), ENDED):
            await socket.send(message)

    device = WavDevice(output=tmp_path / "out.wav")
    async with platform(speak) as url, call_to(url, audio=device) as call:
        assert await types(call) == ["session_started", "response_audio", "session_ended"]
        assert speech in read_wav(tmp_path / "out.wav")
    assert call.end == CallEnd("agent_hung_up")
    assert call.report.session_id == "c"
    assert call.report.duration_ms >= 300


async def test_the_tail_is_played_also_when_nobody_reads(tmp_path: Path) -> None:
    speech = tone(200)

    async def speak(socket: ServerConnection) -> None:
        for message in (STARTED, audio("1", speech), ENDED):
            await socket.send(message)

    async with platform(speak) as url:
        async with call_to(url, audio=WavDevice(output=tmp_path / "out.wav")) as call:
            assert await call.wait() == CallEnd("agent_hung_up")
        assert speech in read_wav(tmp_path / "out.wav")
        async with call_to(url, audio=WavDevice(output=tmp_path / "read.wav")) as call:
            async for message in call:
                if message.type == "session_ended":
                    break
    assert speech in read_wav(tmp_path / "read.wav")


async def test_the_microphone_arrives_in_blocks_of_20_ms() -> None:
    received: list[bytes] = []

    async def listen(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        for _ in range(5):
            message = json.loads(await socket.recv())
            assert message["type"] == "input_audio"
            received.append(base64.b64decode(message["data"]["audio"]))
        await socket.send(ENDED)

    speech = bytes(range(1, 241)) * 16
    async with platform(listen) as url, call_to(url, audio=WavDevice(speech)) as call:
        await call.wait()
    assert [len(block) for block in received] == [960] * 5
    assert b"".join(received).startswith(speech)


async def test_interruption_drops_queued_audio_and_the_rest_of_the_turn(tmp_path: Path) -> None:
    cut, late, answer = tone(5000, 1000), tone(100, 2000), tone(100, 3000)

    async def interrupted(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        await socket.send(audio("1", cut))
        for _ in range(5):
            await socket.recv()
        await socket.send(frame("interruption"))
        await socket.send(audio("1", late))
        await socket.send(audio("2", answer))
        await socket.send(ENDED)

    path = tmp_path / "out.wav"
    async with platform(interrupted) as url, call_to(url, audio=WavDevice(output=path)) as call:
        await call.wait()
    played = read_wav(path)
    assert len(played) < len(cut) / 4
    assert late[:960] not in played
    assert played.rstrip(b"\0").endswith(answer.rstrip(b"\0"))
    assert call.report.interruptions == 1


async def test_tools_are_answered_beside_the_audio() -> None:
    answers: list[Any] = []
    release = asyncio.Event()

    async def ask(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        arguments = [{"name": "n", "dataType": "number", "value": 2}, {"value": "nameless"}]
        for name in ("slow", "double", "unknown"):
            await socket.send(
                frame("tool_call", toolCallId=name, toolName=name, arguments=arguments)
            )
        while len(answers) < 3:
            message = json.loads(await socket.recv())
            if message["type"] == "tool_call_output":
                answers.append((message["data"]["toolCallId"], message["data"]["output"]))
                release.set()
        await socket.send(ENDED)

    tools = Tools()

    @tools.tool
    async def slow() -> str:
        await release.wait()
        return "late"

    @tools.tool
    async def double(n: float) -> float:
        return 2 * n

    async with platform(ask) as url, call_to(url, tools=tools) as call:
        await call.wait()
    assert sorted(answers) == [
        ("double", "4.0"),
        ("slow", "late"),
        ("unknown", '{"error":"there is no tool \'unknown\'"}'),
    ]
    assert answers[0][0] != "slow"
    assert call.report.tool_calls == ["slow", "double", "unknown"]


async def test_a_tool_that_still_runs_at_the_end_is_cancelled() -> None:
    running, cancelled = asyncio.Event(), asyncio.Event()

    async def ask(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        await socket.send(frame("tool_call", toolCallId="1", toolName="hang", arguments=[]))
        await running.wait()
        await socket.send(ENDED)

    tools = Tools()

    @tools.tool
    async def hang() -> None:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with platform(ask) as url, call_to(url, tools=tools) as call:
        await call.wait()
    assert cancelled.is_set()


async def test_an_output_after_the_end_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "vatel.call")
    closed = asyncio.Event()

    async def ask(socket: ServerConnection) -> None:
        await socket.send(frame("tool_call", toolCallId="1", toolName="late", arguments=[]))
        await socket.send(audio("1", tone(400)))
        await socket.close()
        closed.set()

    tools = Tools()

    @tools.tool
    async def late() -> None:
        await closed.wait()

    async with platform(ask) as url, call_to(url, tools=tools) as call:
        await call.wait()
    assert "the call ended before the tool late returned" in caplog.text


async def forever(socket: ServerConnection) -> None:
    await socket.send(STARTED)
    await socket.send(audio("1", tone(60_000)))
    await socket.wait_closed()


async def test_leaving_the_context_hangs_up() -> None:
    closed = asyncio.get_running_loop().create_future()

    async def note(socket: ServerConnection) -> None:
        await forever(socket)
        closed.set_result(socket.close_code)

    async with platform(note) as url:
        async with call_to(url) as call:
            async for _ in call:
                break
        assert await closed == 1000
    assert call.end == CallEnd("caller_hung_up")


async def test_hang_up_ends_the_iteration_at_once() -> None:
    async with platform(forever) as url, call_to(url) as call:
        async for message in call:
            if message.type == "response_audio":
                call.hang_up()
                call.hang_up()
    assert call.end == CallEnd("caller_hung_up")
    assert call.report.duration_ms < 30_000


async def test_hang_up_before_anything_happened() -> None:
    async with platform(forever) as url:
        async with call_to(url) as call:
            call.hang_up()
            assert await call.wait() == CallEnd("caller_hung_up")
            assert await types(call) == []
        async with call_to(url) as call:
            pass
        assert await call.wait() == CallEnd("caller_hung_up")


async def test_hang_up_does_not_wait_for_a_stubborn_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "CLOSE_TIMEOUT", 0.2)
    release, running = asyncio.Event(), asyncio.Event()
    tools = Tools()

    @tools.tool
    async def stubborn() -> None:
        while not release.is_set():
            running.set()
            with contextlib.suppress(asyncio.CancelledError):
                await release.wait()

    async def ask(socket: ServerConnection) -> None:
        await socket.send(frame("tool_call", toolCallId="1", toolName="stubborn", arguments=[]))
        await socket.wait_closed()

    async with platform(ask) as url:
        async with call_to(url, tools=tools) as call:
            await running.wait()
            call.hang_up()
            await types(call)
        release.set()
        await asyncio.wait({call._task})


async def test_a_device_serves_one_call_at_a_time() -> None:
    device = SilentDevice()
    async with platform(forever) as url:
        async with call_to(url, audio=device) as first:
            second = call_to(url, audio=device)
            with pytest.raises(AudioDeviceError, match="serves another call"):
                async with second:
                    pass
            assert second.end is not None
            assert second.end.reason == "device_failed"
            before = first.report.duration_ms
            while first.report.duration_ms < before + 100:  # noqa: ASYNC110  (it goes on)
                await asyncio.sleep(0.02)
        async with call_to(url, audio=device):
            pass


async def test_a_device_that_something_else_uses_is_not_taken_over() -> None:
    device, blocks = SilentDevice(), []
    device.attach(lambda captured, _: blocks.append(captured))
    async with platform(forever) as url:
        with pytest.raises(AudioDeviceError, match="serves another call"):
            async with call_to(url, audio=device):
                pass
        device.detach()
        async with call_to(url, audio=device) as call:
            call.hang_up()
    assert blocks == []


async def test_a_call_that_is_over_leaves_the_device_to_the_next_one() -> None:
    device = SilentDevice()
    async with platform(forever) as url:
        async with call_to(url, audio=device) as first:
            pass
        async with call_to(url, audio=device) as second:
            async for message in second:
                if message.type == "response_audio":
                    break
            first.interrupt()
            assert device.queued_ms > 30_000


async def test_taps_see_every_message_from_the_first_on() -> None:
    async def ask(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        await socket.send(frame("tool_call", toolCallId="1", toolName="none", arguments=[]))
        async for message in socket:
            if "tool_call_output" in message:
                await socket.send(ENDED)

    tapped: list[tuple[str, str]] = []
    async with platform(ask) as url:
        call = call_to(url)
        call.taps.append(lambda sender, message: tapped.append((sender, message.type)))
        async with call:
            read = await types(call)
    assert [kind for sender, kind in tapped if sender == "platform"] == read
    assert tapped[0] == ("platform", "session_started")
    assert {kind for sender, kind in tapped if sender == "client"} == {
        "input_audio",
        "tool_call_output",
    }


async def test_what_was_heard_is_right_to_the_sample(tmp_path: Path) -> None:
    speech = tone(50) + tone(50, 6000) + tone(4900, 4000)

    async def speak(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        await socket.send(audio("1", speech, is_final=True))
        await socket.wait_closed()

    device = WavDevice(output=tmp_path / "out.wav")
    async with platform(speak) as url, call_to(url, audio=device) as call:
        while call.report.heard_ms.get("1", 0) < 200:  # noqa: ASYNC110  (a figure is no event)
            await asyncio.sleep(0.01)
        assert call.report.heard_ms["1"] + device.queued_ms == pytest.approx(5000, abs=0.01)
        call.interrupt()
        await device.drain()
        heard = round(call.report.heard_ms["1"] * 24) * 2
    played = read_wav(tmp_path / "out.wav")
    begin, fade = played.index(speech[:4800]), 2 * 120
    assert played[begin:].startswith(speech[: heard - fade])
    assert any(played[begin + heard - fade : begin + heard - fade // 2])
    assert not any(played[begin + heard :])


async def test_speech_that_a_device_refuses_was_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vatel_rt.audio.playout.LONGEST_MS", 500)

    async def speak(socket: ServerConnection) -> None:
        for message in (STARTED, audio("1", tone(400)), audio("2", tone(200)), ENDED):
            await socket.send(message)

    async with platform(speak) as url, call_to(url) as call:
        await call.wait()
    assert call.report.heard_ms == {"1": 400, "2": 0}
    assert call.report.unplayed_ms == 200


async def test_a_call_takes_place_once() -> None:
    async with platform(forever) as url:
        async with call_to(url) as call:
            pass
        with pytest.raises(RuntimeError, match="once"):
            async with call:
                pass


class OldDevice:
    """A device for earlier versions: without `attach`, and without counters."""

    monitor = None

    async def start(self) -> None: ...

    async def read(self) -> bytes:
        return b""

    def play(self, pcm: bytes) -> None: ...

    def clear(self) -> float:
        return 0.0

    async def drain(self) -> None: ...

    async def close(self) -> None: ...


def test_what_is_no_device_and_what_are_no_tools() -> None:
    with pytest.raises(TypeError, match="WavDevice"):
        call_to("", audio="question.wav")
    with pytest.raises(TypeError, match="BaseDevice"):
        call_to("", audio=OldDevice())
    with pytest.raises(TypeError, match="Tools"):
        call_to("", tools=[len])


async def test_a_tool_that_cancels_itself_is_answered() -> None:
    outputs = []

    async def ask(socket: ServerConnection) -> None:
        await socket.send(frame("tool_call", toolCallId="1", toolName="gives_up", arguments=[]))
        async for message in socket:
            if "tool_call_output" in message:
                outputs.append(json.loads(message)["data"]["output"])
                await socket.send(ENDED)

    tools = Tools()

    @tools.tool
    async def gives_up() -> None:
        raise asyncio.CancelledError

    async with platform(ask) as url, call_to(url, tools=tools) as call:
        assert (await call.wait()).reason == "agent_hung_up"
    assert "cancelled" in outputs[0]


async def test_late_audio_of_a_cut_turn_never_plays(tmp_path: Path) -> None:
    cut, late, answer = tone(2000, 1000), tone(100, 2000), tone(100, 3000)

    async def interrupted(socket: ServerConnection) -> None:
        await socket.send(audio("1", cut))
        for _ in range(3):
            await socket.recv()
        for message in (
            frame("interruption"),
            audio("2", answer),
            audio("1", late, is_final=True),
            audio("1", answer),  # a platform whose turns all have the same id goes on
            ENDED,
        ):
            await socket.send(message)

    path = tmp_path / "out.wav"
    async with platform(interrupted) as url, call_to(url, audio=WavDevice(output=path)) as call:
        await call.wait()
    played = read_wav(path)
    assert late[:960] not in played
    assert played.rstrip(b"\0").endswith((2 * answer).rstrip(b"\0"))


async def test_turns_without_an_id_are_heard_after_an_interruption(tmp_path: Path) -> None:
    answer = tone(100, 3000)

    async def interrupted(socket: ServerConnection) -> None:
        for message in (audio("", tone(2000, 1000)), frame("interruption"), audio("", answer)):
            await socket.send(message)
        await socket.send(ENDED)

    path = tmp_path / "out.wav"
    async with platform(interrupted) as url, call_to(url, audio=WavDevice(output=path)) as call:
        await call.wait()
    assert read_wav(path).rstrip(b"\0").endswith(answer.rstrip(b"\0"))


async def test_messages_that_nobody_read_in_time_are_counted() -> None:
    async def chatter(socket: ServerConnection) -> None:
        for _ in range(600):
            await socket.send(frame("speech_stopped"))
        await socket.send(ENDED)

    async with platform(chatter) as url, call_to(url) as call:
        await call.wait()
    assert call.report.unread_messages == 101


async def test_an_error_in_the_context_comes_out_as_it_is() -> None:
    async with platform(forever) as url:
        with pytest.raises(ZeroDivisionError):
            async with call_to(url) as call:
                async for _ in call:
                    raise ZeroDivisionError
    assert call.end == CallEnd("caller_hung_up")


async def cancel_once_begun(
    talk: Callable[[str, asyncio.Event], Coroutine[Any, Any, None]],
) -> None:
    begun = asyncio.Event()
    async with platform(forever) as url:
        task = asyncio.create_task(talk(url, begun))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_cancelling_leaves_nothing() -> None:
    async def talk(url: str, begun: asyncio.Event) -> None:
        async with call_to(url) as call:
            async for _ in call:
                begun.set()

    await cancel_once_begun(talk)


async def drop(socket: ServerConnection) -> None:
    await socket.send(STARTED)
    await socket.send(frame("speech_started", emulated=False))
    for _ in range(5):
        await socket.recv()
    socket.transport.abort()


async def fail(socket: ServerConnection) -> None:
    await socket.send(STARTED)
    await socket.send(audio("1", tone(60_000)))
    await socket.close(1011, "internal error")


async def leave(socket: ServerConnection) -> None:
    await socket.send(STARTED)
    await socket.send(frame("speech_started"))
    await socket.close(1001, "restart")


@pytest.mark.parametrize(
    ("handler", "end"),
    [
        (drop, CallEnd("connection_lost", 1006, LOST)),
        (fail, CallEnd("server_error", 1011, "internal error")),
        (leave, CallEnd("server_went_away", 1001, "restart")),
    ],
)
async def test_a_bad_end_is_raised_after_the_last_message(handler: Handler, end: CallEnd) -> None:
    seen = []
    async with platform(handler) as url, call_to(url) as call:
        with pytest.raises(ConnectionClosed):
            async for message in call:
                seen.append(message.type)
    assert len(seen) == 2
    assert call.end == end
    assert not end.clean
    assert str(end.code) in str(call.end)


async def test_a_normal_close_without_a_word_is_the_agents_end() -> None:
    async def end(socket: ServerConnection) -> None:
        await socket.send(STARTED)

    async with platform(end) as url, call_to(url) as call:
        assert await types(call) == ["session_started"]
    assert call.end == CallEnd("agent_hung_up", 1000)
    assert str(call.end) == "agent hung up (1000)"


async def test_both_sides_are_recorded(tmp_path: Path) -> None:
    async def speak(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        await socket.send(audio("1", tone(100, 3000)))
        await socket.send(ENDED)

    path = tmp_path / "both.wav"
    async with platform(speak) as url:
        async with call_to(url, audio=WavDevice(tone(60, 5000)), record=path) as call:
            await call.wait()
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 24000)
        frames = memoryview(file.readframes(file.getnframes())).cast("h")
    assert (max(frames[0::2]), max(frames[1::2])) == (5000, 3000)


async def test_a_record_that_cannot_be_written_makes_no_call(tmp_path: Path) -> None:
    asked = []

    async def never() -> Any:
        asked.append(1)

    with pytest.raises(AudioError, match="cannot write"):
        async with Call(never, record=tmp_path / "missing" / "call.wav"):
            pass
    assert not asked


async def test_a_device_that_does_not_open_closes_the_connection(tmp_path: Path) -> None:
    closed = asyncio.Event()

    async def note(socket: ServerConnection) -> None:
        await socket.wait_closed()
        closed.set()

    async with platform(note) as url:
        with pytest.raises(AudioDeviceError):
            async with call_to(url, audio=WavDevice(output=tmp_path)):
                pass
        await closed.wait()


async def test_a_device_that_stops_ends_the_call() -> None:
    class Breaks(SilentDevice):
        def _capture(self) -> bytes:
            raise OSError("unplugged")

    async with platform(forever) as url, call_to(url, audio=Breaks()) as call:
        with pytest.raises(AudioDeviceError, match="unplugged"):
            await types(call)
        end = await call.wait()
    assert (end.reason, end.clean) == ("device_failed", False)
    assert "unplugged" in end.text


async def test_an_unexpected_failure_is_raised_where_the_call_is_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Breaks(SilentDevice):
        def play(self, pcm: bytes) -> None:
            raise ZeroDivisionError

    async with platform(forever) as url, call_to(url, audio=Breaks()) as call:
        with pytest.raises(ZeroDivisionError):
            await types(call)
    assert "the call failed" in caplog.text


async def test_a_refused_connection_leaves_the_old_record_as_it_was(tmp_path: Path) -> None:
    async def refuse() -> Any:
        raise AudioError("refused")

    path = tmp_path / "call.wav"
    path.write_bytes(b"the last call")
    with pytest.raises(AudioError, match="refused"):
        async with Call(refuse, record=path):
            pass
    assert path.read_bytes() == b"the last call"


async def test_a_handshake_that_is_refused() -> None:
    def refuse(server: ServerConnection, _request: Any) -> Any:
        return server.respond(404, '{"error": "agent not found"}')

    async with platform(forever, process_request=refuse) as url:
        with pytest.raises(NotFoundError, match="agent not found"):
            async with call_to(url):
                pass


def test_ctrl_c_leaves_nothing_open(nothing_left: None) -> None:
    async def talk() -> None:
        loop = asyncio.get_running_loop()
        async with platform(forever) as url, call_to(url) as call:
            async for _ in call:
                loop.call_soon(interrupt)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(talk())


async def test_the_report_and_the_transcript_of_an_interrupted_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "vatel.call")

    async def interrupted(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        await socket.send(frame("response_text", turn_id="1", text="A secret tale", is_final=False))
        await socket.send(audio("1", tone(5000)))
        for _ in range(10):
            await socket.recv()
        await socket.send(frame("interruption"))
        await socket.send(frame("input_audio_transcript", transcript="Stop.", turn_id="2"))
        await socket.send(audio("1", tone(1000)))
        for _ in range(15):
            await socket.recv()
        await socket.send(frame("response_text", turn_id="2", text="Yes?"))
        await socket.send(audio("2", tone(100), is_final=True))
        await socket.send(ENDED)

    async with platform(interrupted) as url, call_to(url) as call:
        await call.wait()
    report = call.report
    assert 0 < report.heard_ms["1"] < 2500
    assert report.heard_ms["2"] == 100
    assert len(report.silence_ms) == 1
    assert report.silence_ms[0] <= 20
    assert report.session_started_ms is not None
    assert report.bytes_received > 5000 * 64
    assert report.bytes_sent > 20 * 1280
    assert [(row.role, row.text, row.interrupted) for row in call.transcript] == [
        ("assistant", "A secret tale", True),
        ("user", "Stop.", False),
        ("assistant", "Yes?", False),
    ]
    lines = [record for record in caplog.records if record.name == "vatel.call"]
    assert [record.levelname for record in lines] == ["INFO"]
    assert json.dumps(report.to_dict()["heard_ms"]).replace('"', "'") in lines[0].getMessage()
    assert not any(word in caplog.text for word in ("secret", "Stop.", "token"))


async def test_what_was_not_played_when_the_call_broke_off_was_not_heard() -> None:
    async def breaks(socket: ServerConnection) -> None:
        await socket.send(audio("1", tone(60_000)))
        await socket.send(frame("response_text", turn_id="1", text="A long tale."))
        for _ in range(3):
            await socket.recv()
        socket.transport.abort()

    async with platform(breaks) as url, call_to(url) as call:
        assert (await call.wait()).reason == "connection_lost"
        assert call.report.heard_ms["1"] < 30_000
        assert [row.interrupted for row in call.transcript] == [True]


async def test_a_call_that_is_over_is_closed_before_its_context_is_left() -> None:
    gone = asyncio.Event()

    async def note(socket: ServerConnection) -> None:
        await forever(socket)
        gone.set()

    async with platform(note) as url, call_to(url) as call:
        call.hang_up()
        await gone.wait()


async def test_the_end_of_a_call_that_did_not_begin() -> None:
    def refuse(server: ServerConnection, _request: Any) -> Any:
        return server.respond(401, '{"error": "token expired"}')

    async with platform(forever, process_request=refuse) as url:
        call = call_to(url)
        with pytest.raises(AuthenticationError):
            async with call:
                pass
    assert call.end is not None
    assert call.end.reason == "token_expired"
    assert await call.wait() == call.end
    call.hang_up()
    with pytest.raises(ConnectionClosed, match="over"):
        await call.say_audio(bytes(960))


async def test_a_call_that_was_not_entered() -> None:
    call = call_to("http://localhost:1")
    call.hang_up()
    assert call.end is None
    for use in (call.wait(), call.say_audio(bytes(960)), call.__anext__()):
        with pytest.raises(RuntimeError, match="has not begun"):
            await use


async def test_a_cancelled_call_says_so() -> None:
    calls: list[Call] = []

    async def talk(url: str, begun: asyncio.Event) -> None:
        async with call_to(url) as call:
            calls.append(call)
            begun.set()
            await call.wait()

    await cancel_once_begun(talk)
    assert calls[0].end == CallEnd("cancelled")


async def test_a_device_that_runs_dry_within_a_turn() -> None:
    class Told(SilentDevice):
        queued_ms = 0.0

    async def stutter(socket: ServerConnection) -> None:
        await socket.send(audio("1", tone(20)))
        for _ in range(5):
            await socket.recv()
        await socket.send(audio("1", tone(20), is_final=True))
        await socket.send(ENDED)

    async with platform(stutter) as url, call_to(url, audio=Told()) as call:
        await call.wait()
    assert call.report.underruns == 1


async def test_an_interruption_cancels_the_tools_that_are_meant_to_be() -> None:
    outputs: dict[str, str] = {}

    async def interrupted(socket: ServerConnection) -> None:
        for name in ("search", "book"):
            await socket.send(frame("tool_call", toolCallId=name, toolName=name, arguments=[]))
        await socket.send(frame("interruption"))
        async for message in socket:
            data = json.loads(message)["data"]
            if "output" in data:
                outputs[data["toolCallId"]] = data["output"]
                release.set()
                if len(outputs) == 2:
                    await socket.send(ENDED)

    tools, release = Tools(), asyncio.Event()

    @tools.tool(cancel_on_interruption=True)
    async def search() -> None:
        await asyncio.Event().wait()

    @tools.tool
    async def book() -> str:
        await release.wait()
        return "booked"

    async with platform(interrupted) as url, call_to(url, tools=tools) as call:
        await call.wait()
    assert outputs["book"] == "booked"
    assert "interrupted" in outputs["search"]
