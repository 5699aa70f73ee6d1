"""Every operation of the document, through its public method, sync and async, over sockets.

What goes out and what comes back is held against the document.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Generator, Iterator
from typing import Any, Callable

import httpx
import pytest
from jsonschema import Draft202012Validator
from platforms import running_simulator

from vatel import Client
from vatel.models import (
    AgentCreateInput,
    AgentUpdateInput,
    SipTrunkAgentAssignmentCreateInput,
    SipTrunkAgentAssignmentPatchInput,
    SipTrunkCreateInput,
    SipTrunkUpdateInput,
    TwilioPhoneNumberImportInput,
    TwilioPhoneNumberLabelPatchInput,
)
from vatel.simulator import Simulator

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator() as simulator:
        yield simulator


class Watcher:
    """Holds what passes against the document, and notes which operations were used."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.used: set[str] = set()

    def operation(self, request: httpx.Request) -> dict[str, Any]:
        for template, item in self.document["paths"].items():
            pattern = re.sub(r"\{\w+\}", "[^/]+", template)
            found = item.get(request.method.lower())
            if found and re.fullmatch(pattern, request.url.path):
                return found
        raise AssertionError(f"not in the document: {request.method} {request.url.path}")

    def check(self, content: Any, body: bytes) -> None:
        part = content.get("content", {}).get("application/json")
        if part:
            schema = {**part["schema"], "components": self.document["components"]}
            Draft202012Validator(schema).validate(json.loads(body))

    def on_response(self, response: httpx.Response) -> None:
        operation = self.operation(response.request)
        self.used.add(operation["operationId"])
        self.check(operation.get("requestBody", {}), response.request.content)
        answer = operation["responses"][str(response.status_code)]
        if "$ref" in answer:
            answer = self.document["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
        response.read()
        self.check(answer, response.content)

    async def on_async_response(self, response: httpx.Response) -> None:
        await response.aread()
        self.on_response(response)


def everything(call: Call, agent_id: str, number: str) -> Generator[Any, Any, None]:
    """Use all operations; what a call gives is yielded, and its answer sent back."""
    assert (yield call("organization.get")).name
    assert (yield call("llms.list")).llms
    assert (yield call("voices.list")).voices
    made = yield call("agents.create", AgentCreateInput(name="New", prompt="p"))
    assert made.name in [agent.name for agent in (yield call("agents.list"))]
    phone = yield call(
        "twilio_numbers.import_number",
        TwilioPhoneNumberImportInput(phone_number=number, account_sid="AC1", auth_token="t"),
    )
    label = TwilioPhoneNumberLabelPatchInput(label="main")
    assert (yield call("twilio_numbers.update_label", phone.id, label)).label == "main"
    assert phone.id in [each.id for each in (yield call("twilio_numbers.list"))]
    update = AgentUpdateInput(prompt="q", phone_number_id=phone.id)
    assert (yield call("agents.update", made.id, update)).prompt == "q"
    assert (yield call("agents.get", made.id)).phone_number_id == phone.id
    versions = yield call("agents.list_versions", made.id)
    newest = next(version for version in versions if version.published_at is None)
    assert (yield call("agents.get_version", made.id, newest.id)).version.id == newest.id
    assert (yield call("agents.publish_version", made.id, newest.id)).published_at
    assert (yield call("agents.dial", made.id, "+15557654321", first_message="Hi.")).success
    page = yield call("calls.list", agent_ids=made.id, page_size=5, outbound="true")
    assert [each.party_number for each in page.calls] == ["+15557654321"]
    assert (yield call("calls.get", page.calls[0].id)).outbound is True
    assert (yield call("calls.download_recording", page.calls[0].id)).startswith(b"RIFF")
    assert (yield call("session.generate_token", agent_id, chat=True)).token
    trunk = yield call("sip_trunks.create", SipTrunkCreateInput(pbx="generic"))
    patch = SipTrunkUpdateInput(outbound_host="sip.example", register_trunk=True)
    assert (yield call("sip_trunks.update", trunk.id, patch)).outbound_host == "sip.example"
    assert (yield call("sip_trunks.get", trunk.id)).register_trunk is True
    assert trunk.id in [each.id for each in (yield call("sip_trunks.list"))]
    bound = yield call(
        "sip_trunks.create_assignment",
        trunk.id,
        SipTrunkAgentAssignmentCreateInput(agent_id=made.id, number="100"),
    )
    moved = SipTrunkAgentAssignmentPatchInput(number=None, alternate_number="200")
    assert (yield call("sip_trunks.update_assignment", bound.id, moved)).alternate_number == "200"
    assert (yield call("sip_trunks.get_assignment", bound.id)).agent_id == made.id
    assert len((yield call("sip_trunks.list_assignments", trunk.id))) == 1
    assert (yield call("sip_trunks.delete_assignment", bound.id)) is None
    assert (yield call("sip_trunks.delete", trunk.id)) is None
    assert (yield call("agents.delete", made.id)) is None


def rest_operations(document: dict[str, Any]) -> set[str]:
    return {
        operation["operationId"]
        for path, item in document["paths"].items()
        for operation in item.values()
        if isinstance(operation, dict) and "operationId" in operation and path != "/v1/connection"
    }


def method(client: Client, name: str) -> Call:
    group, _, method_name = name.partition(".")
    return getattr(getattr(client, group), method_name)


def test_synchronously(simulator: Simulator, document: dict[str, Any]) -> None:
    watcher = Watcher(document)
    own = httpx.Client(event_hooks={"response": [watcher.on_response]})
    client = Client(simulator.api_key, simulator.url, own)
    steps = everything(
        lambda name, *args, **options: method(client, name)(*args, **options),
        simulator.agent_id,
        "+15550000001",
    )
    answer = None
    while True:
        try:
            answer = steps.send(answer)
        except StopIteration:
            break
    own.close()
    assert watcher.used == rest_operations(document)


def test_asynchronously(simulator: Simulator, document: dict[str, Any]) -> None:
    watcher = Watcher(document)

    async def use() -> None:
        own = httpx.AsyncClient(event_hooks={"response": [watcher.on_async_response]})
        client = Client(simulator.api_key, simulator.url, async_http_client=own)
        steps = everything(
            lambda name, *args, **options: method(client, f"{name}_async")(*args, **options),
            simulator.agent_id,
            "+15550000002",
        )
        answer = None
        while True:
            try:
                waiting = steps.send(answer)
            except StopIteration:
                break
            assert inspect.isawaitable(waiting)
            answer = await waiting
        await own.aclose()

    asyncio.run(use())
    assert watcher.used == rest_operations(document)


def test_the_generated_endpoints_with_the_same_client(simulator: Simulator) -> None:
    from vatel_rest.api.agents import list_agents

    with Client(simulator.api_key, simulator.url) as client:
        assert list_agents.sync(client=client)[0].id == simulator.agent_id
        detailed = list_agents.sync_detailed(client=client)
        assert detailed.status_code == 200
        assert detailed.headers["content-type"] == "application/json"
        assert detailed.parsed[0].id == simulator.agent_id

    async def use() -> None:
        async with Client(simulator.api_key, simulator.url) as client:
            assert (await list_agents.asyncio(client=client))[0].id == simulator.agent_id
            answer = await list_agents.asyncio_detailed(client=client)
            assert answer.status_code == 200

    asyncio.run(use())
