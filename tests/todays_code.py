"""Programs as they are written for the SDK that was there before: `test_todays_code` runs them.

Each takes an API key, a base URL and an agent's id. Nothing of `vatel_rt` is in them.
"""

from __future__ import annotations

import asyncio
import base64
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from vatel import (
    AgentCreateInput,
    AgentUpdateInput,
    Client,
    ResponseAudio,
    ResponseText,
    SessionEnded,
    SessionStarted,
    ToolCall,
    connection_query,
    models,
    parse_server_message,
)
from vatel.connection import Connection, connect
from vatel.models.rest import (
    AgentStatus,
    CallerTransformType,
    NoiseCancelSettings,
    SipTrunkAgentAssignmentCreateInput,
    SipTrunkAgentAssignmentPatchInput,
    SipTrunkCallerIDTransform,
    SipTrunkCreateInput,
    SipTrunkUpdateInput,
    TimeoutSettings,
    TwilioPhoneNumberImportInput,
    TwilioPhoneNumberLabelPatchInput,
    VadSettings,
    VoiceSettings,
)
from vatel.models.ws import InputAudioTranscript, Interruption, ServerMessage, SpeechStopped

SILENCE = base64.b64encode(bytes(960)).decode("ascii")
NUMBER = "+12025550123"


def positional_arguments(key: str, url: str, agent_id: str) -> None:
    client = Client(key, url)
    assert client.agents.get(agent_id).id == agent_id
    client.close()


def keyword_arguments(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url + "/v1/", http_client=None, async_http_client=None)
    assert client.agents.get(agent_id=agent_id).name
    client.close()
    client.close()


def http_clients_of_ones_own(key: str, url: str, agent_id: str) -> None:
    seen = []

    async def note(request: httpx.Request) -> None:
        seen.append(request.url.path)

    http = httpx.Client(event_hooks={"request": [lambda request: seen.append(request.url.path)]})
    async_http = httpx.AsyncClient(event_hooks={"request": [note]})
    client = Client(api_key=key, base_url=url, http_client=http, async_http_client=async_http)
    client.llms.list()

    async def later() -> None:
        await client.voices.list_async()
        await client.aclose()
        await async_http.aclose()

    asyncio.run(later())
    http.close()
    assert seen == ["/v1/llms", "/v1/voices"]


def what_the_organization_has(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    organization = client.organization.get()
    assert organization.id
    assert organization.name
    assert all("/" in name for name in client.llms.list().llms)
    voices = client.voices.list().voices
    assert {voice.id for voice in voices}
    assert isinstance(voices[0], models.VoiceCatalogEntry)
    client.close()


def the_life_of_an_agent(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    voice = client.voices.list().voices[0]
    body = AgentCreateInput(
        name="Desk",
        prompt="You are brief.",
        first_message="Hello!",
        llm=client.llms.list().llms[0],
        keyterms=["Graz", "order"],
        voice_settings=VoiceSettings(id=voice.id, provider=voice.provider, speed=1.1),
        noise_cancel_settings=NoiseCancelSettings(level=50),
        vad_settings=VadSettings(stop_secs=0.5),
        timeout_settings=TimeoutSettings(default_timeout=30, timeout_action="end_call"),
    )
    agent = client.agents.create(body)
    assert isinstance(agent, models.Agent)
    assert agent.voice_settings.id == voice.id
    assert agent.vad_settings.stop_secs == 0.5
    assert agent.timeout_settings.timeout_action == "end_call"
    assert agent.phone_number_id is None
    update = AgentUpdateInput(prompt="Be kind.", status=AgentStatus.INACTIVE)
    changed = client.agents.update(agent.id, update)
    assert (changed.prompt, changed.first_message) == ("Be kind.", "Hello!")
    assert changed.status == "inactive"
    assert changed.keyterms == ["Graz", "order"]
    assert agent.id in [each.id for each in client.agents.list()]
    assert client.agents.delete(agent.id) is None
    client.close()


def versions_of_an_agent(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    agent = client.agents.create(AgentCreateInput(name="Versions"))
    client.agents.update(agent.id, body=AgentUpdateInput(prompt="New."))
    versions = client.agents.list_versions(agent.id)
    newest = next(version for version in versions if version.published_at is None)
    detail = client.agents.get_version(agent.id, newest.id)
    assert detail.version.id == newest.id
    assert isinstance(detail, models.GraphVersionDetail)
    assert client.agents.publish_version(agent.id, newest.id).published_at is not None
    client.agents.delete(agent.id)
    client.close()


def dialling_through_twilio(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    number = client.twilio_numbers.import_number(
        TwilioPhoneNumberImportInput(phone_number=NUMBER, account_sid="AC1", auth_token="t")
    )
    agent = client.agents.create(AgentCreateInput(name="Out", phone_number_id=number.id))
    answer = client.agents.dial(agent.id, "+12025550100", first_message="Hi.", prompt="Sell.")
    assert isinstance(answer, models.DialAgentResponse)
    assert client.agents.dial(agent.id, destination="+12025550100") is not None
    calls = client.calls.list(outbound="true", search="2025550100").calls
    assert [call.party_number for call in calls] == ["+12025550100"] * 2
    labelled = client.twilio_numbers.update_label(
        number.id, TwilioPhoneNumberLabelPatchInput(label="sales")
    )
    assert labelled.label == "sales"
    assert [each.label for each in client.twilio_numbers.list()] == ["sales"]
    client.agents.delete(agent.id)
    client.close()


def trunks_and_their_assignments(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    transform = SipTrunkCallerIDTransform(type=CallerTransformType("add_prefix"), value="+1")
    trunk = client.sip_trunks.create(
        SipTrunkCreateInput(
            pbx="generic", caller_id_transforms=[transform], register_trunk=False,
            inbound_auth_type="digest", inbound_sip_username="u", inbound_sip_password="p",
        )
    )  # fmt: skip
    assert trunk.register_trunk is False
    assert trunk.caller_id_transforms[0].value == "+1"
    changed = client.sip_trunks.update(trunk.id, SipTrunkUpdateInput(outbound_host="pbx.example"))
    assert changed.outbound_host == "pbx.example"
    assert client.sip_trunks.get(trunk.id).pbx == "generic"
    made = client.sip_trunks.create_assignment(
        trunk.id, SipTrunkAgentAssignmentCreateInput(agent_id=agent_id, number=NUMBER)
    )
    assert client.sip_trunks.get_assignment(made.id).number == NUMBER
    patch = SipTrunkAgentAssignmentPatchInput(number="+12025550124")
    assert client.sip_trunks.update_assignment(made.id, patch).number == "+12025550124"
    assert [each.id for each in client.sip_trunks.list_assignments(trunk.id)] == [made.id]
    client.agents.dial(
        agent_id, number=NUMBER, sip_trunk_id=trunk.id, caller_id="100", destination=NUMBER
    )
    assert client.sip_trunks.delete_assignment(made.id) is None
    assert client.sip_trunks.delete(trunk.id) is None
    assert client.sip_trunks.list() == []
    client.close()


def past_calls(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    page = client.calls.list(page=1, page_size=2, agent_ids=agent_id, tag="important")
    assert page.pagination.page == 1
    assert page.pagination.total == len(page.calls) == 1
    call = client.calls.get(page.calls[0].id)
    assert isinstance(call, models.Call)
    assert call.transcript.entries[0].role == "user"
    assert call.transcript.entries[0].message == "Where is my order?"
    assert call.feedback is None
    assert str(call.status)
    filters = {"status": "ended", "source": "api", "outcome": "ended_by_user"}
    assert isinstance(client.calls.list(**filters).calls, list)
    dates = {"date_from": "2020-01-01T00:00:00Z", "date_to": "2020-01-02T00:00:00Z"}
    assert client.calls.list(organization_id=None, **dates).calls == []
    client.close()


def a_session_token(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    assert client.session.generate_token(agent_id).token.count(".") == 2
    resp = client.session.generate_token(
        agent_id=agent_id, version_id=None, chat_id=None, transport="websocket",
        first_message="Hi.", prompt="Be brief.", chat=True,
    )  # fmt: skip
    assert isinstance(resp, models.SessionTokenResponse)
    assert resp.room is None
    client.close()


def statuses_as_exceptions(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    try:
        client.agents.get("00000000-0000-4000-8000-00000000dead")
    except httpx.HTTPStatusError as error:
        failed = error
    assert failed.response.status_code == 404
    assert failed.response.json()["error"]
    assert failed.request.method == "GET"
    client.close()


def a_wrong_key(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key="wrong", base_url=url)

    async def ask() -> int:
        try:
            await client.organization.get_async()
        except httpx.HTTPError as error:
            return error.response.status_code  # type: ignore[attr-defined]
        finally:
            await client.aclose()
        return 200

    assert asyncio.run(ask()) == 401


def threads_with_one_client(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    with ThreadPoolExecutor(4) as pool:
        names = set(pool.map(lambda _: client.agents.get(agent_id).name, range(8)))
    assert len(names) == 1
    client.close()


def one_client_for_two_loops(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    assert asyncio.run(client.agents.list_async())
    assert asyncio.run(client.agents.list_async())
    client.close()


async def every_group_asynchronously(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    organization, llms, voices, agents, calls, trunks, numbers = await asyncio.gather(
        client.organization.get_async(),
        client.llms.list_async(),
        client.voices.list_async(),
        client.agents.list_async(),
        client.calls.list_async(page_size=1),
        client.sip_trunks.list_async(),
        client.twilio_numbers.list_async(),
    )
    assert organization.id
    assert llms.llms
    assert voices.voices
    assert agents
    assert calls.pagination.page_size == 1
    assert trunks == numbers == []
    await client.aclose()


async def changes_asynchronously(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    agent = await client.agents.create_async(AgentCreateInput(name="Async"))
    try:
        agent = await client.agents.update_async(agent.id, AgentUpdateInput(first_message="Hi."))
        assert (await client.agents.get_async(agent.id)).first_message == "Hi."
        newest = (await client.agents.list_versions_async(agent.id))[0]
        detail = await client.agents.get_version_async(agent.id, newest.id)
        assert detail.version.id == newest.id
        trunk = await client.sip_trunks.create_async(SipTrunkCreateInput(pbx="3cx"))
        made = await client.sip_trunks.create_assignment_async(
            trunk.id, SipTrunkAgentAssignmentCreateInput(agent_id=agent.id, number=NUMBER)
        )
        await client.agents.dial_async(agent.id, NUMBER, sip_trunk_id=trunk.id)
        await client.sip_trunks.delete_assignment_async(made.id)
        await client.sip_trunks.delete_async(trunk.id)
    finally:
        await client.agents.delete_async(agent.id)
        await client.aclose()


async def token_for(client: Client, agent_id: str) -> str:
    return (await client.session.generate_token_async(agent_id=agent_id)).token


async def a_session_by_type(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    conn = await client.connect(token=await token_for(client, agent_id), url=url, path=None)
    assert isinstance(conn, Connection)
    texts, audio, tools = [], b"", []
    speaking = asyncio.create_task(speak(conn))
    async for msg in conn.stream_messages():
        t = getattr(msg, "type", None)
        if t == "session_started":
            session_id = msg.data.id
        elif t == "response_text":
            texts.append(msg.data.text)
        elif t == "response_audio":
            assert isinstance(msg.data.audio, str)
            assert msg.data.turn_id
            audio += base64.b64decode(msg.data.audio)
        elif t == "tool_call":
            tools.append((msg.data.toolName, {a.name: a.value for a in msg.data.arguments}))
            assert msg.data.arguments[0].dataType == "string"
            await conn.send_tool_call_output(
                tool_call_id=msg.data.toolCallId, output='{"status": "shipped"}'
            )
        elif t == "session_ended":
            break
    speaking.cancel()
    await conn.close()
    assert texts[-1] == "We are open from nine to five."
    assert len(audio) > 24_000
    assert tools == [("order_status", {"order_id": "42"})]
    call = await client.calls.get_async(session_id)
    assert call.id == session_id
    assert (await client.calls.download_recording_async(session_id)).startswith(b"RIFF")
    await client.aclose()


async def speak(conn: Connection) -> None:
    """A question that the simulator hears by its energy."""
    loud = base64.b64encode(b"\x00\x20\x00\xe0" * 240).decode("ascii")
    for i in range(10_000):
        await conn.send_input_audio(audio_base64=loud if 20 <= i < 60 else SILENCE)
        await asyncio.sleep(0.02)


async def a_session_by_class(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    conn = await client.connect(token=await token_for(client, agent_id))
    transcripts: list[str] = []
    stopped = interrupted = 0

    async def read() -> None:
        nonlocal stopped, interrupted
        async for msg in conn.stream_messages():
            if isinstance(msg, SessionStarted):
                assert msg.data.id
            elif isinstance(msg, InputAudioTranscript):
                transcripts.append(msg.data.transcript)
            elif isinstance(msg, SpeechStopped):
                stopped += 1
            elif isinstance(msg, Interruption):
                interrupted += 1
            elif isinstance(msg, ToolCall):
                await conn.send_json(
                    {
                        "type": "tool_call_output",
                        "data": {"toolCallId": msg.data.toolCallId, "output": "shipped"},
                    }
                )
            elif isinstance(msg, (ResponseText, ResponseAudio)):
                return
            elif isinstance(msg, SessionEnded):
                raise AssertionError("too early")

    speaking = asyncio.create_task(speak(conn))
    await asyncio.wait_for(read(), 30)
    speaking.cancel()
    await conn.close()
    await client.aclose()
    assert transcripts[-1] == "What are your opening hours?"
    assert (stopped, interrupted) == (1, 0)


async def receiving_one_by_one(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url="https://api.vatel.ai")  # the URL comes with connect
    other = Client(api_key=key, base_url=url)
    token = await token_for(other, agent_id)
    conn = await client.connect(token, url.replace("http", "ws"), "/v1/connection")
    first = await asyncio.wait_for(conn.receive(), 30)
    assert first.type == "session_started"
    await conn.send_json({"type": "input_audio", "data": {"audio": SILENCE}})
    await conn.close()
    await conn.close()
    await client.aclose()
    await other.aclose()


async def connecting_in_a_task(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    task = asyncio.create_task(client.connect(token=await token_for(client, agent_id)))
    conn = await asyncio.wait_for(task, 30)
    await conn.close()
    await client.aclose()


async def connecting_without_a_client(key: str, url: str, agent_id: str) -> None:
    client = Client(api_key=key, base_url=url)
    conn = await connect(await token_for(client, agent_id), url=url)
    message: ServerMessage = await conn.receive()  # type: ignore[assignment]
    assert message.type == "session_started"
    await conn.close()
    await client.aclose()


def sessions_from_a_thread(key: str, url: str, agent_id: str) -> None:
    """A microphone's thread hands over to the loop of the session, as in the documentation."""

    async def run() -> int:
        client = Client(api_key=key, base_url=url)
        conn = await client.connect(token=await token_for(client, agent_id))
        loop, chunks, sent = asyncio.get_running_loop(), asyncio.Queue[str](), 0
        thread = threading.Thread(
            target=lambda: [loop.call_soon_threadsafe(chunks.put_nowait, SILENCE) for _ in "abc"]
        )
        thread.start()
        while sent < 3:
            await conn.send_input_audio(await chunks.get())
            sent += 1
        thread.join()
        await conn.close()
        await client.aclose()
        return sent

    assert asyncio.run(run()) == 3


def the_query_of_a_session(key: str, url: str, agent_id: str) -> None:
    assert connection_query("a.b+c") == "token=a.b%2Bc"


def parsing_messages(key: str, url: str, agent_id: str) -> None:
    audio = parse_server_message(
        {"type": "response_audio", "data": {"turn_id": "1", "audio": SILENCE}}
    )
    assert isinstance(audio, ResponseAudio)
    assert (audio.data.turn_id, audio.data.audio) == ("1", SILENCE)
    call = parse_server_message(
        {"type": "tool_call", "data": {"toolCallId": "7", "toolName": "t", "arguments": []}}
    )
    assert (call.data.toolCallId, call.data.toolName, call.data.arguments) == ("7", "t", [])
    assert isinstance(parse_server_message({"type": "session_ended"}), SessionEnded)
    try:
        parse_server_message({"type": "mood", "data": {}})
    except Exception as error:
        said = str(error)
    assert "mood" in said


def making_messages(key: str, url: str, agent_id: str) -> None:
    output = models.ToolCallOutput(models.ToolCallOutputData("7", "shipped"))
    assert (output.type, output.data.toolCallId, output.data.output) == (
        "tool_call_output", "7", "shipped",
    )  # fmt: skip
    audio = models.InputAudio(data=models.InputAudioData(audio=SILENCE))
    assert (audio.type, audio.data.audio) == ("input_audio", SILENCE)
    started = models.SessionStarted(data=models.SessionStartedData(id="1"))
    assert started == models.SessionStarted(models.SessionStartedData("1"))


def models_are_values(key: str, url: str, agent_id: str) -> None:
    body = AgentUpdateInput(prompt="New.")
    body.first_message = "Hi."
    assert body == AgentUpdateInput(prompt="New.", first_message="Hi.")
    assert body.to_dict() == {"prompt": "New.", "first_message": "Hi."}
    read = models.Agent.from_dict({"id": agent_id, "name": "Ada", "mood": "calm"})
    assert (read.name, read.prompt, read.voice_settings) == ("Ada", None, None)
    assert models.SipTrunk.from_dict({"register": True}).register_trunk is True
