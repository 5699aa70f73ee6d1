"""The generated package at run time: tolerant in what it reads, strict in what it sends."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timezone
from typing import Any, Callable

import pytest
from vatel_rest import UNSET
from vatel_rest.api.agents import delete_agent, get_agent, list_agents, patch_agent
from vatel_rest.api.calls import download_call_recording, list_calls
from vatel_rest.models import (
    Agent,
    AgentUpdateInput,
    Call,
    CallStatus,
    GraphVersionDetail,
    SessionTokenResponse,
    SipTrunk,
    SipTrunkUpdateInput,
    TranscriptEntry,
    TwilioPhoneNumberImportInput,
    VoiceSettings,
    VoicesListResponse,
)
from vatel_rest.resources import Resources

PAGINATION = ("page", "page_size", "total", "total_pages", "has_next", "has_prev")


class FakeResponse:
    def __init__(self, answer: Any, status_code: int) -> None:
        self.status_code, self.headers = status_code, {"x-request-id": "1"}
        self.content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()


class FakeClient(Resources):
    """A client that remembers the request and has one answer."""

    def __init__(self, answer: Any = None, status_code: int = 200) -> None:
        self.response: Any = FakeResponse(answer, status_code)

    def send(self, **request: Any) -> Any:
        self.request = request
        return self.response

    async def send_async(self, **request: Any) -> Any:
        return self.send(**request)

    def parse(self, response: Any, reader: Callable[[Any], Any]) -> Any:
        return reader(json.loads(response.content))


def test_null_absent_and_empty_read_as_none() -> None:
    for value in ({}, {"created_at": None}, {"created_at": ""}):
        assert Agent.from_dict(value).created_at is None
    for value in ({}, {"status": None}, {"status": ""}):
        assert Agent.from_dict(value).status is None
    assert Agent.from_dict({"voice_settings": None, "keyterms": None}) == Agent()
    assert Call.from_dict({"created_at": ""}).created_at == ""  # text, where empty is a text


def test_null_is_an_empty_list_where_there_is_always_one() -> None:
    assert VoicesListResponse.from_dict({"voices": None}).voices == []
    assert list_agents.sync(client=FakeClient(None)) == []


def test_what_is_unknown_is_kept() -> None:
    data = {"id": "1", "status": "paused", "mood": {"level": [1, None]}, "first_seen": None}
    agent = Agent.from_dict(data)
    assert agent.status == "paused"
    assert agent.additional_properties == {"mood": {"level": [1, None]}, "first_seen": None}
    assert agent.to_dict() == data


def test_what_is_known_has_its_type() -> None:
    call = Call.from_dict({"status": "ended", "transcript": {"entries": [{"type": "message"}]}})
    assert call.status is CallStatus.ENDED
    assert call.transcript is not None
    assert isinstance(call.transcript.entries[0], TranscriptEntry)
    created = Agent.from_dict({"created_at": "2025-01-08T15:04:05.123456789Z"}).created_at
    assert created == datetime(2025, 1, 8, 15, 4, 5, 123456, tzinfo=timezone.utc)


@pytest.mark.parametrize("data", [{}, {"token": None}, [], None, "token"])
def test_what_cannot_be_read_is_an_error(data: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        SessionTokenResponse.from_dict(data)


def test_nodes_come_back_unchanged() -> None:
    data = {"version": {"tag": "a"}, "nodes": [{"id": 1, "next": None, "deep": {"x": [None]}}]}
    assert GraphVersionDetail.from_dict(data).to_dict() == data


def test_only_what_is_set_is_sent() -> None:
    assert AgentUpdateInput().to_dict() == {}
    assert AgentUpdateInput(phone_number_id=None).to_dict() == {"phone_number_id": None}
    settings = VoiceSettings(id="v", provider="openai", speed=None)
    body = AgentUpdateInput(status="active", voice_settings=settings)
    assert body.to_dict() == {
        "status": "active",
        "voice_settings": {"id": "v", "provider": "openai"},
    }
    assert AgentUpdateInput.from_dict(body.to_dict()) == body


def test_none_for_what_cannot_be_null_is_not_sent() -> None:
    assert AgentUpdateInput(prompt=None).to_dict() == {}  # type: ignore[arg-type]


def test_register_has_a_name_of_its_own() -> None:
    assert SipTrunk.from_dict({"register": True}).register_trunk is True
    assert SipTrunkUpdateInput(register_trunk=False).to_dict() == {"register": False}


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_copies_are_equal(again: Callable[[Any], Any]) -> None:
    assert again(UNSET) is UNSET
    body = AgentUpdateInput(name="a")
    assert again(body) == body
    assert again(body).to_dict() == {"name": "a"}


def test_secrets_are_not_shown() -> None:
    number = TwilioPhoneNumberImportInput(phone_number="+1", account_sid="AC1", auth_token="hush")
    trunk = SipTrunkUpdateInput(inbound_sip_password="hush")
    assert "hush" not in repr([number, trunk, SessionTokenResponse(token="hush")])
    assert "outbound_sip_password=UNSET" in repr(trunk)


def test_detailed_answers_have_everything() -> None:
    answer = get_agent.sync_detailed("1", client=FakeClient({"id": "1"}, 299))
    assert (answer.status_code, answer.content) == (299, b'{"id": "1"}')
    assert answer.headers == {"x-request-id": "1"}
    assert answer.parsed == Agent(id="1")


def test_answers_without_json() -> None:
    assert download_call_recording.sync("1", client=FakeClient(b"RIFF")) == b"RIFF"
    client = FakeClient(b"", 204)
    delete_agent.sync("1", client=client)
    assert client.request == {"method": "DELETE", "url": "/v1/agents/1"}


@pytest.mark.anyio
async def test_asynchronous_twins_send_the_same() -> None:
    client = FakeClient({"id": "1"})
    body = AgentUpdateInput(name="a")
    assert patch_agent.sync("1", client=client, body=body) == Agent(id="1")
    request = client.request
    assert request == {"method": "PATCH", "url": "/v1/agents/1", "json": {"name": "a"}}
    assert await client.agents.update_async("1", body) == Agent(id="1")
    assert client.request == request


def test_arguments_that_are_not_given_are_not_sent() -> None:
    client = FakeClient({"calls": [], "pagination": dict.fromkeys(PAGINATION, 1)})
    list_calls.sync(client=client)
    assert client.request["params"] == {}
    client.calls.list(page=2, status=CallStatus.ENDED, source="sip")
    assert client.request["params"] == {"page": 2, "status": "ended", "source": "sip"}


def test_session_token_asks_for_what_is_given() -> None:
    client = FakeClient({"token": "t"})
    assert client.session.generate_token("a", chat=False).token == "t"
    assert client.request["json"] == {"agent_id": "a", "chat": False}


@pytest.mark.parametrize("name", ["", ".", "..", None])
def test_ids_that_name_another_path_are_refused(name: Any) -> None:
    with pytest.raises(ValueError, match="not an id"):
        FakeClient().agents.delete(name)


def test_ids_stay_one_segment() -> None:
    client = FakeClient({})
    client.agents.get("ü:y")
    assert client.request["url"] == "/v1/agents/%C3%BC%3Ay"
