"""Models against whatever JSON comes: what they read, keep and write again."""

from __future__ import annotations

import copy
import json
import pickle
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from dateutil.parser import isoparse
from hypothesis import given, settings
from hypothesis import strategies as st
from vatel_rest.types import UNSET, Unset, read_datetime

import vatel.models
from vatel import Client
from vatel.models import rest
from vatel_rt.errors import ResponseParseError

MODELS = sorted(name for name in rest.__all__ if hasattr(getattr(rest, name), "from_dict"))
NAMES = ["id", "name", "status", "calls", "pagination", "token", "created_at", "llms", "voices"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6),
    max_leaves=20,
)
READS = {
    "agents.list": (),
    "agents.get": ("x",),
    "agents.get_version": ("x", "y"),
    "calls.list": (),
    "calls.get": ("x",),
    "llms.list": (),
    "organization.get": (),
    "session.generate_token": ("x",),
    "sip_trunks.list": (),
    "twilio_numbers.list": (),
    "voices.list": (),
}


@pytest.mark.parametrize("name", READS)
@settings(max_examples=60, deadline=None)
@given(body=JSON)
def test_any_json_is_read_or_refused(name: str, body: Any) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=json.dumps(body)))
    client = Client("key", "https://api.vatel.ai", httpx.Client(transport=transport))
    group, method = name.split(".")
    try:
        answer = getattr(getattr(client, group), method)(*READS[name])
    except ResponseParseError:
        return
    for model in answer if isinstance(answer, list) else [answer]:
        check(model)


@pytest.mark.parametrize(
    "text",
    [
        "[NaN, Infinity, -Infinity, 1e400, -0.0, 123456789012345678901234567890]",
        '["\\ud800", "\\ud83dx", "\\ud83d\\ude00", "\\u0000"]',
        '{"a": 1, "a": 2}',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-le"])
def test_all_json_is_read_that_python_reads(text: str, encoding: str) -> None:
    answer = httpx.Response(200, content=text.encode(encoding), request=httpx.Request("GET", "/"))
    assert Client("key").parse(answer, repr) == repr(json.loads(text))


@given(st.datetimes(timezones=st.none() | st.timezones()), st.sampled_from(["T", " ", "t"]))
def test_instants_are_read_in_all_their_spellings(time: datetime, between: str) -> None:
    minute = time.replace(tzinfo=fixed(time))
    text = minute.isoformat(between)
    for spelling in (text, text.replace("+00:00", "Z"), text.replace(".", ",")):
        assert read_datetime(spelling) == isoparse(spelling) == minute
        assert read_datetime(spelling).utcoffset() == minute.utcoffset()


def fixed(time: datetime) -> timezone | None:
    """The zone of `time` as an offset of whole minutes, which is what can be written."""
    offset = time.utcoffset()
    return offset if offset is None else timezone(offset - offset % timedelta(minutes=1))


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-17T09:30:21.1Z",
        "2026-05-17T09:30:21.123456789Z",
        "2026-05-17T09:30:21z",
        "2026-05-17T24:00:00Z",
        "2026-05-17T09:30+02",
        "2026-05-17T09:30-0000",
        "20260517T093021Z",
        "2026-W20-7",
        "2026-137T09Z",
        "2026-05",
    ],
)
def test_instants_that_are_seldom_written_so(text: str) -> None:
    assert read_datetime(text) == isoparse(text)
    assert read_datetime(text).utcoffset() == isoparse(text).utcoffset()


@pytest.mark.parametrize("zero", [0, "", None, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"])
def test_instants_that_are_not_set(zero: Any) -> None:
    assert rest.Agent.from_dict({"created_at": zero}).created_at is None


def test_ids_are_text_and_may_be_given_as_uuid() -> None:
    one = uuid.UUID(int=1)
    for value in (one, str(one)):
        body: Any = rest.AgentUpdateInput(phone_number_id=value)  # type: ignore[arg-type]
        assert body.to_dict() == {"phone_number_id": str(one)}
    assert rest.AgentUpdateInput(phone_number_id=None).to_dict() == {"phone_number_id": None}
    assert rest.Agent.from_dict({"phone_number_id": str(one)}).phone_number_id == str(one)


@pytest.mark.parametrize("value", ["soon", "Z", "2026-05-17T25:00Z", 5, True, {}, ["Z"]])
def test_no_instant(value: Any) -> None:
    with pytest.raises((ValueError, TypeError, LookupError)):  # which `parse` takes for wrong
        read_datetime(value)


def check(model: Any) -> None:
    """A model survives copying, pickling and writing; nothing in it is UNSET."""
    assert copy.deepcopy(model) == model
    assert pickle.loads(pickle.dumps(model)) == model
    assert type(model).from_dict(model.to_dict()) == model
    assert UNSET not in vars_of(model)


def vars_of(model: Any) -> list[Any]:
    return [getattr(model, field.name) for field in type(model).__attrs_attrs__]


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=30, deadline=None)
@given(more=st.dictionaries(st.text(max_size=9).map("x-{}".format), JSON, max_size=3))
def test_unknown_fields_are_kept(name: str, more: dict[str, Any]) -> None:
    model = getattr(rest, name)
    try:
        read = model.from_dict(more)
    except KeyError:  # a field that is always there
        return
    written = read.to_dict()
    assert all(written[key] == value for key, value in more.items())
    assert pickle.loads(pickle.dumps(read)) == read


def test_unknown_values_of_enums_are_kept() -> None:
    agent = rest.Agent.from_dict({"status": "dreaming", "voice_settings": {"provider": "new"}})
    assert agent.status == "dreaming"
    assert agent.to_dict()["status"] == "dreaming"
    assert agent.voice_settings is not None
    assert agent.voice_settings.provider == "new"


def test_null_and_absent_read_as_none() -> None:
    agent = rest.Agent.from_dict({"name": None, "voice_settings": None, "created_at": ""})
    assert (agent.name, agent.voice_settings, agent.created_at, agent.prompt) == (None,) * 4


def test_an_update_leaves_sets_or_clears() -> None:
    assert rest.AgentUpdateInput().to_dict() == {}
    assert rest.AgentUpdateInput(phone_number_id=None).to_dict() == {"phone_number_id": None}
    assert rest.AgentUpdateInput(prompt="").to_dict() == {"prompt": ""}
    assert rest.AgentUpdateInput(phone_number_id=UNSET, name="n").to_dict() == {"name": "n"}
    assert isinstance(rest.AgentUpdateInput().phone_number_id, Unset)
    assert copy.deepcopy(UNSET) is pickle.loads(pickle.dumps(UNSET)) is UNSET


def test_secrets_are_not_shown() -> None:
    number = rest.TwilioPhoneNumberImportInput(
        phone_number="+15551234567", account_sid="ACx", auth_token="s3cret"
    )
    trunk = rest.SipTrunkCreateInput(
        pbx="generic", inbound_sip_password="s3cret", outbound_sip_password="s3cret"
    )
    token = rest.SessionTokenResponse.from_dict({"token": "s3cret", "webrtc_token": "s3cret"})
    assert "s3cret" not in repr([number, trunk, token])
    assert vatel.models.Agent is rest.Agent
