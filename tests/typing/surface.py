"""What type checkers see of the public surface; checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import Optional

from typing_extensions import assert_type

import vatel
import vatel_rt
from vatel import CallEnd, CallReport, Client, LiveCall, Tools, WavDevice
from vatel.connection import Connection, ConnectionOptions
from vatel.models import (
    Agent,
    AgentCreateInput,
    AgentUpdateInput,
    Call,
    PaginatedCallsResponse,
    SessionTokenResponse,
)
from vatel.models.ws import (
    InvalidMessage,
    ResponseAudio,
    SessionStarted,
    ToolCall,
    UnknownMessage,
)


def rest(client: Client) -> None:
    assert_type(client.agents.list(), list[Agent])
    assert_type(client.agents.create(AgentCreateInput(name="n")), Agent)
    assert_type(client.agents.get("id").name, Optional[str])
    assert_type(client.agents.delete("id"), None)
    assert_type(client.calls.list(page=2), PaginatedCallsResponse)
    assert_type(client.calls.download_recording("id"), bytes)
    assert_type(client.with_options(timeout=1), Client)
    for call in client.calls.iter(agent_ids=["id"], outbound=True):
        assert_type(call, Call)
    assert_type(client.session.generate_token("id").token, str)


def leave_set_or_clear() -> None:
    AgentUpdateInput()
    AgentUpdateInput(prompt="new", phone_number_id=None)
    AgentUpdateInput(prompt=None)  # type: ignore[arg-type]  # pyright: ignore


async def rest_async(client: Client) -> None:
    assert_type(await client.agents.list_async(), list[Agent])
    assert_type(await client.session.generate_token_async("id"), SessionTokenResponse)


async def realtime(client: Client) -> None:
    connection = await client.connect(token="t")
    assert_type(connection, Connection)
    async for message in connection:
        if isinstance(message, ResponseAudio):
            assert_type(message.data.pcm, bytes)
        elif isinstance(message, ToolCall):
            assert_type(message.data.toolCallId, str)
        elif isinstance(message, SessionStarted):
            assert_type(message.data.id, str)
        elif isinstance(message, (UnknownMessage, InvalidMessage)):
            assert_type(message.type, str)
    async with vatel.connect("t") as other:
        assert_type(other, Connection)
        assert_type(other.audio_dropped_ms, float)
    await client.connect(lambda: "t", options=ConnectionOptions(idle_timeout=30))
    await client.connect(fresh_token, options=ConnectionOptions(ping_interval=None))


async def fresh_token() -> str:
    return "t"


async def live(client: Client, tools: Tools) -> None:
    @tools.tool
    def double(number: int) -> int:
        return 2 * number

    assert_type(double(2), int)
    async with client.call("id", audio=WavDevice("a.wav"), tools=tools) as call:
        assert_type(call, LiveCall)
        assert_type(call, vatel_rt.Call)
        end = await call.wait()
        assert_type(end, CallEnd)
        assert_type(end.retryable, bool)
        assert_type(call.report, CallReport)
        assert_type(call.report.answer_ms, list[float])
