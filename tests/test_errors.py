from __future__ import annotations

import copy
import pickle

import httpx
import pytest

from vatel_rt import errors
from vatel_rt.errors import APIError, ConnectionClosed

CLASSES = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    418: errors.APIError,
    429: errors.RateLimitError,
    500: errors.ServerError,
    503: errors.ServerError,
    520: errors.ServerError,
}


def answer(status: int, **content: object) -> httpx.Response:
    request = httpx.Request("POST", "https://api.vatel.ai/v1/agents?name=x")
    return httpx.Response(status, request=request, **content)


@pytest.mark.parametrize(("status", "kind"), CLASSES.items())
def test_each_status_has_its_class(status: int, kind: type[APIError]) -> None:
    error = APIError.of(answer(status, json={"error": "no, because"}))
    assert type(error) is kind
    assert isinstance(error, httpx.HTTPStatusError)
    assert (error.status, error.message) == (status, "no, because")
    assert (error.method, error.path) == ("POST", "/v1/agents")
    assert str(error).startswith(f"POST /v1/agents: {status} no, because")
    assert error.response.status_code == status


@pytest.mark.parametrize(
    ("kind", "earlier"),
    [
        (errors.APIConnectionError, httpx.TransportError),
        (errors.APITimeoutError, httpx.TimeoutException),
    ],
)
def test_what_programs_for_earlier_versions_catch(kind: type, earlier: type) -> None:
    with pytest.raises(earlier, match="cannot reach it"):
        raise kind("cannot reach it")
    assert issubclass(kind, errors.VatelError)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"json": {"error": "agent is inactive"}}, "agent is inactive"),
        ({"content": b'{"error":""}'}, '{"error":""}'),
        ({"json": ["what"]}, '["what"]'),
        ({"text": "upstream timed out"}, "upstream timed out"),
        ({"html": "<html>Bad Gateway</html>"}, "Bad Gateway"),
        ({"text": "x" * 1000}, "Bad Gateway"),
        ({"content": b""}, "Bad Gateway"),
        ({"content": b"\xff\xfe"}, "\ufffd\ufffd"),
    ],
)
def test_message_is_the_platforms_or_the_reason(content: dict, message: str) -> None:
    assert APIError.of(answer(502, **content)).message == message


def test_a_body_that_is_nested_without_end() -> None:
    assert APIError.of(answer(500, text="[" * 100_000)).message == "Internal Server Error"


def test_a_refused_handshake_with_odd_headers() -> None:
    headers = [("X-Request-Id", "r-2"), ("X-Name", "\u00fc\u2603"), ("Content-Encoding", "br")]
    error = APIError.of_handshake("ws://host/v1/connection", 401, headers, b'{"error": "no"}')
    assert (error.request_id, error.message, error.path) == ("r-2", "no", "/v1/connection")


def test_the_origin_of_an_error() -> None:
    refused = APIError.of_handshake("https://host/v1/connection", 401, [], b'{"error": "no"}')
    for error in (refused, pickle.loads(pickle.dumps(refused)), copy.copy(refused)):
        assert error.origin == "handshake"
        assert "get a new session token" in str(error)
    request = httpx.Request("GET", "wss://host/v1/connection")
    error = APIError.of(httpx.Response(401, request=request))
    assert error.origin == errors.AuthenticationError(error.response).origin == "request"
    assert "check the API key" in str(error)


def test_request_id_and_hint() -> None:
    error = APIError.of(answer(401, headers={"X-Request-Id": "r-1"}))
    assert error.request_id == "r-1"
    assert "check the API key" in str(error)


def test_errors_survive_pickle_and_copy() -> None:
    error = APIError.of(answer(404, json={"error": "no such agent"}))
    error.request.headers["authorization"] = "Bearer s3cret"
    assert b"s3cret" not in pickle.dumps(error)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is errors.NotFoundError
        assert (twin.status, str(twin)) == (404, str(error))
    closed = pickle.loads(pickle.dumps(ConnectionClosed(1011, "boom")))
    assert (closed.code, closed.reason, closed.clean) == (1011, "boom", False)


def test_the_docstring_draws_every_error() -> None:
    assert errors.__doc__ is not None
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.VatelError):
            assert name in errors.__doc__
