"""What is sent again, and when: the pure rules, and every operation against every failure."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import cached_property
from importlib import import_module, resources
from typing import Any, Optional

import httpx
import pytest
import respx

from vatel import Client
from vatel_rt import errors
from vatel_rt.rest import transport as rest
from vatel_rt.retry import Failure, may_repeat, wait_before

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize(("attempt", "longest"), [(1, 0.5), (2, 1), (3, 2), (5, 8), (50, 8)])
def test_the_wait_is_a_random_part_of_a_time_that_doubles(attempt: int, longest: float) -> None:
    assert wait_before(attempt, Failure(503), jitter=lambda low, high: high) == longest
    assert wait_before(attempt, Failure(503), jitter=lambda low, high: low) == 0
    assert 0 <= wait_before(attempt, Failure()) <= longest


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("0", 0),
        ("7", 7),
        ("-3", 0),
        ("60", 60),
        ("61", None),
        ("Fri, 02 Jan 2026 03:04:15 GMT", 10),
        ("Fri, 02 Jan 2026 03:04:00 GMT", 0),
        ("Fri, 02 Jan 2026 04:04:05 GMT", None),
        ("soon", -1),
        ("", -1),
        ("1e400", -1),
        ("Fri, 02 Jan 2026 03:04:15", -1),
    ],
)
def test_the_server_may_say_when(retry_after: str, wait: Optional[float]) -> None:
    failure = Failure(429, retry_after)
    assert wait_before(1, failure, now=NOW, jitter=lambda low, high: -1) == wait


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_a_write_is_repeated_only_if_it_never_left(method: str) -> None:
    assert may_repeat(method, Failure(was_sent=False))
    assert not may_repeat(method, Failure())
    assert not any(may_repeat(method, Failure(status)) for status in range(400, 600))


def document() -> dict[str, Any]:
    text = resources.files("vatel_rest").joinpath("openapi.json").read_text(encoding="utf-8")
    return json.loads(text)


def operations() -> dict[str, tuple[str, str]]:
    """Every REST operation of the document: its id, method and tag."""
    return {
        operation["operationId"]: (method.upper(), operation["tags"][0])
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post", "patch", "put", "delete"} and path != "/v1/connection"
    }


OPERATIONS = operations()
HTML = httpx.Response(502, html="<h1>Bad Gateway</h1>")
# What happens to a request -> the error, and whether a read or delete, and a write, goes again.
FAILURES: dict[str, tuple[Any, type[Exception], bool, bool]] = {
    "refused": (httpx.ConnectError("refused"), errors.APIConnectionError, True, True),
    "no connection in time": (httpx.ConnectTimeout("slow"), errors.APITimeoutError, True, True),
    "no place in the pool": (httpx.PoolTimeout("full"), errors.APITimeoutError, True, True),
    "no answer in time": (httpx.ReadTimeout("slow"), errors.APITimeoutError, True, False),
    "not sent in time": (httpx.WriteTimeout("slow"), errors.APITimeoutError, True, False),
    "cut": (httpx.RemoteProtocolError("cut"), errors.APIConnectionError, True, False),
    "reset": (httpx.ReadError("reset"), errors.APIConnectionError, True, False),
    "400": (httpx.Response(400), errors.BadRequestError, False, False),
    "401": (httpx.Response(401), errors.AuthenticationError, False, False),
    "403": (httpx.Response(403), errors.PermissionDeniedError, False, False),
    "404": (httpx.Response(404), errors.NotFoundError, False, False),
    "405": (httpx.Response(405), errors.APIError, False, False),
    "408": (httpx.Response(408), errors.APIError, True, False),
    "409": (httpx.Response(409), errors.ConflictError, False, False),
    "429": (httpx.Response(429, headers={"Retry-After": "1"}), errors.RateLimitError, True, False),
    "429, long": (
        httpx.Response(429, headers={"Retry-After": "600"}),
        errors.RateLimitError,
        False,
        False,
    ),
    "500": (httpx.Response(500), errors.ServerError, False, False),
    "502": (httpx.Response(502), errors.ServerError, True, False),
    "502, a page": (HTML, errors.ServerError, True, False),
    "503": (httpx.Response(503), errors.ServerError, True, False),
    "504": (httpx.Response(504), errors.ServerError, True, False),
    "520": (httpx.Response(520), errors.ServerError, False, False),
    "302": (httpx.Response(302, headers={"Location": "/"}), errors.APIError, False, False),
}


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Nobody waits here; how long it would have been is kept."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(rest.time, "sleep", waited.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waited


def endpoint(name: str) -> Any:
    """The generated module of an operation."""
    tag = OPERATIONS[name][1].replace("-", "_")
    package = import_module(f"vatel_rest.api.{tag}")
    for module in vars(package).values():
        title = f"{module.__name__}." if inspect.ismodule(module) else ""
        snake = title.rsplit(".", 2)[-2] if title else ""
        if snake and snake.replace("_", "") == name.lower():
            return module
    raise AssertionError(name)


def arguments(function: Any) -> dict[str, Any]:
    """Something for every required argument of an endpoint."""
    given: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "body":
            kind = str(parameter.annotation)
            module = import_module("vatel_rest.models")
            given["body"] = getattr(module, kind)(**required_fields(getattr(module, kind)))
        elif parameter.default is parameter.empty and parameter.name != "client":
            given[parameter.name] = "5e1f1a5c-0000-4000-8000-000000000001"
    return given


def required_fields(model: Any) -> dict[str, str]:
    parameters = inspect.signature(model).parameters.values()
    return {p.name: "x" for p in parameters if p.default is p.empty}


@respx.mock
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_against_every_failure(name: str, failure: str, waits: list[float]) -> None:
    outcome, kind, read_again, write_again = FAILURES[failure]
    method = OPERATIONS[name][0]
    repeats = read_again if method in {"GET", "DELETE"} else write_again
    route = respx.route(host="api.vatel.ai")
    if isinstance(outcome, httpx.Response):
        route.mock(return_value=outcome)
    else:
        route.mock(side_effect=outcome)
    module = endpoint(name)
    # Without certificates, which take longer to load than all the rest.
    own, own_async = httpx.Client(verify=False), httpx.AsyncClient(verify=False)
    client = Client("key", "https://api.vatel.ai", own, own_async)
    with pytest.raises(kind) as caught:
        module.sync(client=client, **arguments(module.sync))
    assert type(caught.value) is kind
    assert route.call_count == (3 if repeats else 1)
    with pytest.raises(kind):
        asyncio.run(module.asyncio(client=client, **arguments(module.sync)))
    assert route.call_count == (6 if repeats else 2)
    assert {call.request.method for call in route.calls} == {method}
    assert len(waits) == (4 if repeats else 0)
    own.close()


@respx.mock
def test_a_success_after_a_failure(waits: list[float]) -> None:
    answers = [httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(200, json=[])]
    respx.get("https://api.vatel.ai/v1/agents").mock(side_effect=answers)
    with Client("key", "https://api.vatel.ai") as client:
        assert client.agents.list() == []
    assert waits == [7.0]


@respx.mock
def test_options_of_a_client_and_of_a_request() -> None:
    route = respx.get("https://api.vatel.ai/v1/agents").respond(503)
    client = Client("key", "https://api.vatel.ai", max_retries=0, timeout=5)
    other = client.with_options(max_retries=4, timeout=httpx.Timeout(7, connect=1))
    assert client.agents is not other.agents
    for each, count in ((client, 1), (other, 6), (client, 7)):
        with pytest.raises(errors.ServerError):
            each.agents.list()
        assert route.call_count == count
    timeouts = [call.request.extensions["timeout"] for call in route.calls]
    assert timeouts[0]["read"] == timeouts[-1]["read"] == 5
    assert timeouts[1] == {"connect": 1, "read": 7, "write": 7, "pool": 7}
    client.close()


def test_groups_of_a_subclass_follow_the_options() -> None:
    class Group:
        def __init__(self, sender: Client) -> None:
            self.sender = sender

    class Own(Client):
        @cached_property
        def group(self) -> Group:
            return Group(self)

    client = Own("key")
    assert client.group.sender is client
    other = client.with_options(max_retries=5)
    assert (other.group.sender.max_retries, client.group.sender.max_retries) == (5, 2)


def test_the_default_timeout_is_half_a_minute_and_that_of_a_given_client_its_own() -> None:
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json=[])

    own = httpx.Client(transport=httpx.MockTransport(answer), timeout=3)
    Client("key", "https://api.vatel.ai", own).agents.list()
    Client("key", "https://api.vatel.ai", own, timeout=4).agents.list()
    assert seen == [3, 4]
    with Client("key") as client:
        assert client._pools.timeout == client._pools.async_timeout == 30


def test_time_really_passes_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    answers = iter(
        [httpx.Response(503, headers={"Retry-After": "1"}), httpx.Response(200, json=[])]
    )
    own = httpx.Client(transport=httpx.MockTransport(lambda _: next(answers)))
    started = time.monotonic()
    assert Client("key", "https://api.vatel.ai", own).agents.list() == []
    assert time.monotonic() - started >= 1
