"""Sending for REST: against the simulator, and respx for what it does not do on purpose."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator

import httpx
import pytest
import respx
from platforms import running_simulator

from vatel import Client
from vatel.simulator import Simulator
from vatel_rt.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    ResponseParseError,
    ServerError,
)

HOST = "https://api.vatel.ai"
NOBODY = "5e1f1a5c-0000-4000-8000-00000000dead"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator() as simulator:
        yield simulator


def test_synchronously(simulator: Simulator) -> None:
    with Client(simulator.api_key, simulator.url + "/v1/") as client:
        agents = client.agents.list()
        assert [agent.id for agent in agents] == [simulator.agent_id]
        assert client.agents.get(simulator.agent_id).name == agents[0].name
        assert client.organization.get().name
        assert client.llms.list().llms
        assert client.voices.list().voices
        assert client.calls.list().calls == []
        assert client.session.generate_token(simulator.agent_id).token


def test_asynchronously(simulator: Simulator) -> None:
    async def use() -> None:
        async with Client(simulator.api_key, simulator.url) as client:
            agents = await client.agents.list_async()
            assert (await client.agents.get_async(simulator.agent_id)).name == agents[0].name
            assert (await client.organization.get_async()).name
            assert (await client.llms.list_async()).llms
            assert (await client.voices.list_async()).voices
            assert (await client.calls.list_async(page_size=1)).pagination.total == 0
            assert (await client.session.generate_token_async(simulator.agent_id)).token

    asyncio.run(use())


def test_a_wrong_key_and_a_missing_agent(simulator: Simulator) -> None:
    with Client("wrong", simulator.url) as client, pytest.raises(AuthenticationError) as caught:
        client.agents.list()
    assert "wrong" not in str(caught.value)
    with Client(simulator.api_key, simulator.url) as client:
        with pytest.raises(NotFoundError, match=f"GET /v1/agents/{NOBODY}: 404"):
            client.agents.get(NOBODY)
        with pytest.raises(httpx.HTTPStatusError):  # what code for earlier versions catches
            client.session.generate_token(NOBODY)


def test_settings_come_from_the_environment(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VATEL_API_KEY", simulator.api_key)
    monkeypatch.setenv("VATEL_BASE_URL", simulator.url)
    with Client() as client:
        assert client.agents.list()
    monkeypatch.delenv("VATEL_API_KEY")
    with pytest.raises(ConfigurationError, match="VATEL_API_KEY"):
        Client()


def test_a_call_needs_an_agent_or_a_token() -> None:
    with Client("key", HOST) as client, pytest.raises(ConfigurationError, match="no agent"):
        client.call()


def test_clients_of_the_caller_are_used_and_left_open(simulator: Simulator) -> None:
    async def use(own: httpx.AsyncClient) -> None:
        async with Client(simulator.api_key, simulator.url, async_http_client=own) as client:
            assert await client.agents.list_async()
        assert not own.is_closed
        await own.aclose()

    with httpx.Client() as own:
        with Client(simulator.api_key, simulator.url, own) as client:
            assert client.agents.list()
        assert not own.is_closed
        assert "authorization" not in own.headers
    asyncio.run(use(httpx.AsyncClient()))


def test_nobody_there() -> None:
    with Client("key", "http://127.0.0.1:9") as client:
        with pytest.raises(APIConnectionError, match=r"cannot reach http://127\.0\.0\.1:9"):
            client.agents.list()
        with pytest.raises(APIConnectionError):
            asyncio.run(client.agents.list_async())
    asyncio.run(client.aclose())


@respx.mock
def test_no_answer_in_time() -> None:
    respx.get(f"{HOST}/v1/agents").mock(side_effect=httpx.ReadTimeout("slow"))
    client = Client("key", HOST)
    with pytest.raises(APITimeoutError, match="did not answer in time"):
        client.agents.list()
    with pytest.raises(APITimeoutError):
        asyncio.run(client.agents.list_async())
    asyncio.run(client.aclose())


@respx.mock
@pytest.mark.parametrize("body", ["<html>hello</html>", "", '[{"id":', '{"id": "x"}', "[3]"])
def test_answers_that_cannot_be_read(body: str) -> None:
    respx.get(f"{HOST}/v1/agents").respond(200, text=body)
    with Client("key", HOST) as client, pytest.raises(ResponseParseError) as caught:
        client.agents.list()
    assert caught.value.body == body
    assert "GET /v1/agents" in str(caught.value)


@respx.mock
@pytest.mark.parametrize(
    ("status", "kind"), [(500, ServerError), (520, ServerError), (418, APIError), (302, APIError)]
)
def test_error_pages_of_gateways(status: int, kind: type[APIError]) -> None:
    respx.get(f"{HOST}/v1/agents").respond(status, html="<h1>oh no</h1>")
    with Client("key", HOST) as client, pytest.raises(kind) as caught:
        client.agents.list()
    assert caught.value.status == status
    assert "<h1>" not in str(caught.value)
    assert caught.value.body == "<h1>oh no</h1>"


@respx.mock
def test_the_key_is_in_the_header_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    route = respx.get(f"{HOST}/v1/agents").respond(401)
    with Client("s3cret", HOST) as client, pytest.raises(AuthenticationError) as caught:
        client.agents.list()
    request = route.calls.last.request
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["user-agent"].startswith("vatel-python/")
    shown = caplog.text + repr(client) + repr(caught.value) + str(caught.value)
    assert "s3cret" not in shown
    assert "GET /v1/agents: 401, attempt 1, " in caplog.text


def test_redirects_never_carry_the_key_to_another_host() -> None:
    seen: list[tuple[str, bool]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, "authorization" in request.headers))
        if request.url.host == "api.vatel.ai":
            return httpx.Response(302, headers={"Location": "https://elsewhere.example/v1/agents"})
        return httpx.Response(200, json=[])

    transport = httpx.MockTransport(answer)
    Client("key", HOST, httpx.Client(transport=transport, follow_redirects=True)).agents.list()
    assert seen == [("api.vatel.ai", True), ("elsewhere.example", False)]
    seen.clear()
    with pytest.raises(APIError) as caught:
        Client("key", HOST, httpx.Client(transport=transport)).agents.list()
    assert caught.value.status == 302
    assert seen == [("api.vatel.ai", True)]


@pytest.mark.parametrize(
    "bad",
    ["", ".", "..", None, " ", "a/b", "a?b=c", "a#b", "../calls", "a b", "%2e%2e", "a\n", "a\\b"],
)
def test_ids_that_would_reach_another_endpoint_are_refused(bad: str) -> None:
    client = Client("key", HOST, httpx.Client(transport=httpx.MockTransport(pytest.fail)))
    for call in (client.agents.get, client.agents.delete, client.calls.save_recording):
        with pytest.raises(ValueError):
            call(bad, *(["x.wav"] if call == client.calls.save_recording else []))


@pytest.mark.parametrize("odd", ["\u00fc", "a:b", "a@b", "a&b=c", "..."])
def test_odd_ids_stay_one_segment(odd: str) -> None:
    paths: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(204)

    client = Client("key", HOST, httpx.Client(transport=httpx.MockTransport(answer)))
    client.agents.delete(odd)
    assert paths[0].count(b"/") == 3
    assert paths[0].startswith(b"/v1/agents/")


def test_secrets_are_in_no_log_repr_or_traceback(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    from vatel.models import SipTrunkCreateInput, TwilioPhoneNumberImportInput

    caplog.set_level(logging.DEBUG)
    shown = []
    secret = "s3cret" * 3
    with Client(simulator.api_key, simulator.url) as client:
        token = client.session.generate_token(simulator.agent_id).token
        bodies = [
            (
                client.sip_trunks.create,
                SipTrunkCreateInput(pbx=secret, inbound_sip_password=secret),
            ),
            (
                client.twilio_numbers.import_number,
                TwilioPhoneNumberImportInput(
                    phone_number="", account_sid="", auth_token=secret, label="\u00fc"
                ),
            ),
        ]
        for call, body in bodies:
            with pytest.raises(APIError) as caught:
                call(body)
            shown += [str(caught.value), repr(caught.value), repr(vars(caught.value))]
        shown += ["".join(traceback.format_exception_only(type(caught.value), caught.value))]
        shown += [repr(client), repr(client.session), repr(client.with_options(timeout=1))]
    text = caplog.text + "".join(shown)
    assert token not in text
    assert simulator.api_key not in text
    assert "inbound_sip_password" not in caplog.text
