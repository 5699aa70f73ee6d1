"""The `CallEnd` of every close and every error."""

from __future__ import annotations

import asyncio
import dataclasses
import pickle
import typing
from typing import Optional

import httpx
import pytest

from vatel_rt import errors
from vatel_rt.call.end import By, CallEnd, Reason
from vatel_rt.errors import APIError, ConnectionClosed

CLOSES = {
    # code: reason, by, retryable
    1000: ("agent_hung_up", "agent", False),
    1001: ("server_went_away", "platform", True),
    1002: ("protocol_error", "platform", True),
    1003: ("protocol_error", "platform", True),
    1004: ("server_error", "platform", False),
    1005: ("agent_hung_up", "agent", False),
    1006: ("connection_lost", "network", True),
    1007: ("protocol_error", "platform", True),
    1008: ("server_error", "platform", False),
    1009: ("protocol_error", "platform", True),
    1010: ("protocol_error", "platform", True),
    1011: ("server_error", "platform", True),
    1012: ("server_went_away", "platform", True),
    1013: ("server_error", "platform", True),
    1014: ("server_error", "platform", True),
    1015: ("server_error", "platform", False),
    **dict.fromkeys(
        (3000, 3003, 3008, 3999, 4000, 4001, 4401, 4500, 4999), ("server_error", "platform", False)
    ),
}


@pytest.mark.parametrize(("code", "expected"), CLOSES.items())
def test_every_close_code(code: int, expected: tuple[str, str, bool]) -> None:
    end = CallEnd.of(ConnectionClosed(code, "why"))
    assert (end.reason, end.by, end.retryable) == expected
    assert (end.code, end.text) == (code, "why")
    assert end.clean == (end.reason == "agent_hung_up")


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("caller", "caller_hung_up"),
        ("network", "connection_lost"),
        ("ping_timeout", "ping_timeout"),
        ("idle_timeout", "idle_timeout"),
        ("protocol_error", "protocol_error"),
        ("frame_too_large", "frame_too_large"),
    ],
)
def test_every_cause_on_this_side(cause: errors.Cause, reason: str) -> None:
    end = CallEnd.of(ConnectionClosed(1006, "", cause))
    assert end.reason == reason
    assert end.clean == (reason == "caller_hung_up")


def test_no_cause_is_forgotten() -> None:
    for cause in typing.get_args(errors.Cause):
        assert CallEnd.of(ConnectionClosed(1009, "", cause)).reason != "server_error"


def refusal(status: int) -> APIError:
    url = "wss://h.test/v1/connection"
    return APIError.of_handshake(url, status, [], b'{"error": "said"}')


def wrong_key() -> APIError:
    request = httpx.Request("POST", "https://h.test/v1/session-token")
    return APIError.of(httpx.Response(401, json={"error": "said"}, request=request))


@pytest.mark.parametrize(
    ("error", "reason", "by", "retryable"),
    [
        (refusal(401), "token_expired", "platform", True),
        (wrong_key(), "refused", "platform", False),
        (refusal(400), "refused", "platform", False),
        (refusal(403), "refused", "platform", False),
        (refusal(404), "refused", "platform", False),
        (refusal(429), "server_error", "platform", True),
        (refusal(500), "server_error", "platform", True),
        (refusal(503), "server_error", "platform", True),
        (errors.APIConnectionError("no route"), "unreachable", "network", True),
        (errors.APITimeoutError("slow"), "unreachable", "network", True),
        (errors.AudioDeviceError("unplugged"), "device_failed", "sdk", False),
        (errors.AudioFormatError("8 bit"), "device_failed", "sdk", False),
        (errors.ConfigurationError("no key"), "failed", "sdk", False),
        (ZeroDivisionError(), "failed", "sdk", False),
        (asyncio.CancelledError(), "cancelled", "caller", False),
    ],
)
def test_every_error(error: BaseException, reason: str, by: str, retryable: bool) -> None:
    end = CallEnd.of(error)
    assert (end.reason, end.by, end.retryable) == (reason, by, retryable)
    assert end.code is None
    assert not end.clean
    assert bool(end.text) == (reason != "cancelled")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_api_key_is_not_an_expired_token(method: str) -> None:
    request = httpx.Request(method, "https://h.test/v1/agents")
    error = APIError.of(httpx.Response(401, json={"error": "said"}, request=request))
    assert CallEnd.of(error).reason == "refused"
    assert CallEnd.of(pickle.loads(pickle.dumps(error))).reason == "refused"
    assert CallEnd.of(pickle.loads(pickle.dumps(refusal(401)))).reason == "token_expired"


@pytest.mark.parametrize(
    ("code", "said", "retryable", "hint"),
    [
        (1000, "insufficient credits", False, "The platform said: insufficient credits."),
        (1000, "", False, "No action needed: the call is complete."),
        (1005, "", False, "No action needed: the call is complete."),
        (1008, "policy", False, "The platform said: policy."),
        (1008, "", False, "The platform refused to go on (1008): ask its support"),
        (1011, "boom", True, "The platform said: boom."),
        (1011, "", True, "Call again; if it fails repeatedly"),
        (4003, "a\x1b[31m\nb", False, r"The platform said: a\x1b[31m\nb."),
    ],
)
def test_the_platforms_words(code: int, said: str, retryable: bool, hint: str) -> None:
    end = CallEnd.of(ConnectionClosed(code, said))
    assert end.retryable == retryable
    assert end.hint.startswith(hint)
    assert "\x1b" not in end.hint + str(end)
    assert "\n" not in end.hint + str(end)


@pytest.mark.parametrize("reason", typing.get_args(Reason))
def test_every_reason_has_its_meaning(reason: Reason) -> None:
    end = CallEnd(reason)
    assert end.by in typing.get_args(By)
    assert end.hint.endswith(".")
    assert f"`{reason}`" in (CallEnd.__doc__ or "")
    assert str(end) == reason.replace("_", " ")


def test_it_is_one_object_for_all_who_ask() -> None:
    end = CallEnd("server_error", 1011, "boom", session_id="c")
    names = [field.name for field in dataclasses.fields(end)]
    assert names == ["reason", "code", "text", "by", "clean", "retryable", "session_id", "hint"]
    assert dataclasses.asdict(end)["hint"] == end.hint
    assert str(end) == "server error (1011 boom)"
    assert end == CallEnd("server_error", 1011, "boom", session_id="another")
    assert end != CallEnd("server_error", 1011)
    assert pickle.loads(pickle.dumps(end)) == end
    with pytest.raises(dataclasses.FrozenInstanceError):
        end.reason = "failed"  # type: ignore[misc]
    with pytest.raises(KeyError):
        CallEnd("because")  # type: ignore[arg-type]


def test_closes_survive_pickle() -> None:
    closed = pickle.loads(pickle.dumps(ConnectionClosed(1006, "slow", "ping_timeout")))
    assert (closed.code, closed.reason, closed.cause) == (1006, "slow", "ping_timeout")
    assert ConnectionClosed(1006).cause == "network"
    assert ConnectionClosed(1000).cause == "platform"


def test_a_refusal_in_an_unknown_charset_is_read() -> None:
    headers: list[tuple[str, str]] = [("Content-Type", "text/plain; charset=hex")]
    said: Optional[str] = APIError.of_handshake("ws://h/c", 400, headers, b"no").message
    assert said == "no"
    assert isinstance(refusal(404), httpx.HTTPStatusError)
