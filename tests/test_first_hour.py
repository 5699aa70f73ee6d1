"""What goes wrong in the first hour, and what is said of it: one table for each way to meet it.

Every row happens for real: sockets, files, certificates and processes. A row gives the whole
text, as a regular expression; it has one or two lines, and nobody's secret.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Callable, NamedTuple

import httpx
import pytest
from pages import ROOT
from platforms import in_thread, running_simulator
from scenarios import silence_ends

from vatel.cli.demo.run import main as demo
from vatel.simulator import Simulator
from vatel.simulator.server.cli import main as simulator_program
from vatel_rt import Client, ConnectionOptions, Tools, WavDevice, connect
from vatel_rt.errors import (
    APIConnectionError,
    APITimeoutError,
    AudioFormatError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    NotFoundError,
    RateLimitError,
    ServerError,
    VatelError,
)

KEY, TOKEN, PASSWORD = "s3cret-key", "s3cret-token-of-a-call", "s3cret-of-the-proxy"
NOBODY = "5e1f1a5c-0000-4000-8000-00000000dead"
AGENT = "5e1f1a5c-0000-4000-8000-000000000001"
TLS = ssl.create_default_context()
MU_LAW = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\7\0" + bytes(14)


class World(NamedTuple):
    """What there is to go wrong with; the texts of a table name it in braces."""

    simulator: Simulator
    places: dict[str, str]

    def filled(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda name: self.places[name[1]], text)


def make_certificate(folder: Path, name: str, days: int) -> None:
    names = "-subj /CN=localhost -addext subjectAltName=DNS:localhost"
    for make in (
        f"openssl req -new -newkey rsa:2048 -nodes {names} -keyout {name}.key -out {name}.request",
        f"openssl x509 -req -in {name}.request -signkey {name}.key -copy_extensions copy "
        f"-days {days} -out {name}.pem",
    ):
        subprocess.run(make.split(), cwd=folder, check=True, capture_output=True)


@asynccontextmanager
async def tls_server(folder: Path, name: str) -> AsyncIterator[int]:
    """Knows no path, and has a certificate of its own for `localhost`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "localhost", 0, family=socket.AF_INET, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder, "certificate", 2)
    make_certificate(folder, "expired", -1)
    with running_simulator(scenario=silence_ends(), api_key=KEY) as simulator:
        with (
            in_thread(tls_server(folder, "certificate")) as tls,
            in_thread(tls_server(folder, "expired")) as expired,
            socket.socket() as closed,
        ):
            closed.bind(("127.0.0.1", 0))  # taken, and nobody listens
            with socket.create_server(("127.0.0.1", 0)) as silent:
                places = {
                    "simulator": simulator.url,
                    "tls": f"https://localhost:{tls}",
                    "tls_expired": f"https://localhost:{expired}",
                    "closed": f"127.0.0.1:{closed.getsockname()[1]}",
                    "silent": f"http://127.0.0.1:{silent.getsockname()[1]}",
                    "taken": str(silent.getsockname()[1]),
                    "tls_by_http": f"http://localhost:{tls}",
                    "tls_by_address": f"https://127.0.0.1:{tls}",
                    "simulator_by_tls": simulator.url.replace("http", "https"),
                    "closed_twice": f"two.localhost:{closed.getsockname()[1]}",
                    "certificate": str(folder / "certificate.pem"),
                    "expired": str(folder / "expired.pem"),
                }
                yield World(simulator, places)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, world: World) -> None:
    """No setting of this machine, no fault of another row, and some files that are no good."""
    monkeypatch.chdir(tmp_path)
    proxies = [f"{name}_proxy" for name in ("http", "https", "all", "no")]
    for name in (*proxies, *map(str.upper, proxies), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("VATEL_")]:
        monkeypatch.delenv(name)
    world.simulator.faults.clear()
    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
    (tmp_path / "text.wav").write_text("no audio")
    (tmp_path / "empty.wav").write_text("")
    (tmp_path / "law.wav").write_bytes(MU_LAW)
    (tmp_path / "call.wav").write_bytes(b"the last call")
    (tmp_path / "bad.yaml").write_text("greeting: {sais: Hello}")


_getaddrinfo = socket.getaddrinfo


def two_addresses(host: Any, *arguments: Any, **options: Any) -> Any:
    """What a resolver says of a host with two addresses, as `localhost` has on most machines."""
    hosts = ["127.0.0.1", "127.0.0.2"] if host in ("two.localhost", b"two.localhost") else [host]
    return [found for one in hosts for found in _getaddrinfo(one, *arguments, **options)]


def check_text(text: str, expected: str, world: World) -> None:
    filled = re.sub(r"\{(\w+)\}", lambda name: re.escape(world.places[name[1]]), expected)
    assert re.fullmatch(filled, text), text
    assert len(text.splitlines()) <= 2
    assert not any(secret in text for secret in (KEY, TOKEN, PASSWORD))


# The way to the platform: REST in both manners and a voice session say the same of it.

PROXY_ADVICE = r"\(the proxy of https_proxy: \S+ is used: check it, or add this host to NO_PROXY\)"
PROXY = {"https_proxy": f"http://user:{PASSWORD}@{{closed}}"}
TRUSTED = {"SSL_CERT_FILE": "{certificate}"}
UNREACHABLE: dict[str, tuple[str, dict[str, str], type[VatelError], str]] = {
    "no such name": (
        "https://no.invalid", {}, APIConnectionError,
        r"cannot reach \S+: .+ \(check the host name in the base URL and the network\)",
    ),
    "nothing listens": (
        "http://{closed}", {}, APIConnectionError,
        r"cannot reach \S+{closed}\S*: connection refused "
        r"\(nothing is listening there: check the base URL\)",
    ),
    "nothing listens at any address of a host": (
        "http://{closed_twice}", {}, APIConnectionError,
        r"cannot reach \S+: connection refused \(nothing is listening there: check the base URL\)",
    ),
    "a certificate that nobody signed": (
        "{tls}", {}, APIConnectionError,
        r"cannot reach \S+: its certificate was rejected: self.signed certificate \(trusted are "
        r".+; if you trust it, set SSL_CERT_FILE to a PEM file with its certificate or its CA's\)",
    ),
    "... as it advises": (
        "{tls}", TRUSTED, NotFoundError,
        r"GET /v1/\S+: 404 Not Found \(the server has no such path: check the base URL\)",
    ),
    "a certificate with another name": (
        "{tls_by_address}", TRUSTED, APIConnectionError,
        r"cannot reach \S+: its certificate was rejected: IP address mismatch, .+ "
        r"\(use the host name in its certificate\)",
    ),
    "a certificate of the past": (
        "{tls_expired}", {"SSL_CERT_FILE": "{expired}"}, APIConnectionError,
        r"cannot reach \S+: its certificate was rejected: certificate has expired "
        r"\(check the clock of this machine as well\)",
    ),
    "https at a port for http": (
        "{simulator_by_tls}", {}, APIConnectionError,
        r"cannot reach \S+: TLS failed: \w+ \(check scheme and port of the base URL\)",
    ),
    "http at a port for https": (
        "{tls_by_http}", {}, APIConnectionError,
        r"(lost the connection to http|ws)://localhost.+ "
        r"\(check the base URL; does the server use https\?\)",
    ),
    "a path that is none": (
        "{simulator}/api", {}, NotFoundError,
        r"GET /api/v1/\S+: 404 Not Found \(the server has no such path: check the base URL\)",
    ),
    "a proxy that is down": (
        "https://api.vatel.ai", PROXY, APIConnectionError,
        rf"cannot reach \S+: connection refused {PROXY_ADVICE}",
    ),
    "a proxy that is none": (
        "https://api.vatel.ai", {"https_proxy": "{simulator}"}, APIConnectionError,
        rf".+421.* {PROXY_ADVICE}",
    ),
    "a proxy, which this machine is never reached through": (
        "http://{closed}", {"http_proxy": PROXY["https_proxy"]}, APIConnectionError,
        r"cannot reach \S+{closed}\S*: connection refused "
        r"\(nothing is listening there: check the base URL\)",
    ),
    "a proxy that cannot be": (
        "https://api.vatel.ai", {"https_proxy": f"ftp://user:{PASSWORD}@h"}, ConfigurationError,
        r"https_proxy does not have the URL of a proxy: .+",
    ),
}  # fmt: skip


def by_rest(url: str) -> None:
    with Client(KEY, url, max_retries=0) as client:
        client.agents.list()


def by_rest_async(url: str) -> None:
    async def ask() -> None:
        async with Client(KEY, url, max_retries=0) as client:
            await client.agents.list_async()

    asyncio.run(ask())


def by_session(url: str) -> None:
    async def dial() -> None:
        await connect(TOKEN, url, options=ConnectionOptions(attempts=1))

    asyncio.run(dial())


@pytest.mark.parametrize("way", [by_rest, by_rest_async, by_session])
@pytest.mark.parametrize("row", UNREACHABLE)
def test_the_way_to_the_platform(
    row: str, way: Callable[[str], None], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, env, kind, text = UNREACHABLE[row]
    for name, value in env.items():
        monkeypatch.setenv(name, world.filled(value))
    with pytest.raises(VatelError) as caught:
        way(world.filled(url))
    assert type(caught.value) is kind, caught.value
    check_text(str(caught.value), text, world)


# What the platform answers.


def client_of(world: World, key: str = KEY, **options: Any) -> Client:
    return Client(key, world.simulator.url, **{"max_retries": 0, **options})


def answered(act: Callable[[Client], object], key: str = KEY, **options: Any) -> Any:
    def ask(world: World) -> None:
        with client_of(world, key, **options) as client:
            act(client)

    return ask


def called(*arguments: Any, **options: Any) -> Any:
    def call(world: World) -> None:
        async def dial() -> None:
            once = ConnectionOptions(attempts=1, open_timeout=options.pop("open_timeout", 10))
            async with client_of(world) as client:
                async with client.call(*arguments, options=once, **options):
                    pass

        asyncio.run(dial())

    return call


def with_a_used_token(world: World) -> None:
    async def dial() -> None:
        async with client_of(world) as client:
            token = (await client.session.generate_token_async(AGENT)).token
            for _ in range(2):
                async with client.connect(token):
                    pass

    asyncio.run(dial())


def in_the_loop_of_the_simulator(_: World) -> None:
    async def ask() -> None:
        async with Simulator() as simulator:
            with Client(simulator.api_key, simulator.url, timeout=0.3) as client:
                client.agents.list()

    asyncio.run(ask())


FAULT = "simulated fault"
NEW_TOKEN = r"\(get a new session token: each token opens one call and expires soon\)"
CHECK_ID = r"\(check the id, and that your API key belongs to the same organization\)"
list_agents = answered(lambda client: client.agents.list())
ANSWERS: dict[str, tuple[Any, dict[str, Any], type[VatelError], str]] = {
    "a wrong key": (
        answered(lambda client: client.agents.list(), key="wrong"), {}, AuthenticationError,
        r"GET /v1/agents: 401 invalid API key \(check the API key: VATEL_API_KEY or api_key=...\)",
    ),
    "an unknown agent": (
        called(NOBODY), {}, NotFoundError,
        rf"POST /v1/session-token: 404 agent not found {CHECK_ID}",
    ),
    "an id that is none": (
        called("my agent"), {}, BadRequestError,
        r"POST /v1/session-token: 400 agent_id: 'my agent' is not a 'uuid'",
    ),
    "a token that is none": (
        called(token="nonsense"), {}, BadRequestError,
        rf"GET /v1/connection: 400 malformed session token {NEW_TOKEN}",
    ),
    "a token that was used": (
        with_a_used_token, {}, AuthenticationError,
        rf"GET /v1/connection: 401 the session token was already used {NEW_TOKEN}",
    ),
    "a token that expired": (
        called(AGENT), {"expired_tokens": True}, AuthenticationError,
        rf"GET /v1/connection: 401 the session token has expired {NEW_TOKEN}",
    ),
    "too many requests": (
        list_agents, {"status": 429, "retry_after": 99}, RateLimitError,
        rf"GET /v1/agents: 429 {FAULT} \(try again in 99 s\)",
    ),
    "too many, for how long ever": (
        called(AGENT), {"handshake_status": 429}, RateLimitError,
        rf"GET /v1/connection: 429 {FAULT} \(try again later\)",
    ),
    "a gateway with a page": (
        list_agents, {"html": True}, ServerError,
        r"GET /v1/agents: 502 Bad Gateway \(a gateway may be down: try again later\)",
    ),
    "an error of the platform": (
        list_agents, {"status": 500}, ServerError, rf"GET /v1/agents: 500 {FAULT}",
    ),
    "a slow answer": (
        answered(lambda client: client.agents.list(), timeout=0.2), {"delay": 9}, APITimeoutError,
        r"{simulator} did not answer in time: ReadTimeout "
        r"\(more time: client.with_options\(timeout=...\)\)",
    ),
    "a slow handshake": (
        called(AGENT, open_timeout=0.3), {"handshake_delay": 9}, APITimeoutError,
        r"ws://\S+ did not answer in 0.3 s "
        r"\(to wait longer: ConnectionOptions\(open_timeout=...\)\)",
    ),
    "a blocking call beside `async with Simulator`": (
        in_the_loop_of_the_simulator, {}, APITimeoutError,
        r"\S+ did not answer in time: this call blocks the event loop \(use its `_async` twin; a "
        r"simulator in the same event loop cannot answer: start it with `with Simulator\(\)`, "
        r"which runs it in a thread\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ANSWERS)
def test_what_the_platform_answers(row: str, world: World) -> None:
    act, faults, kind, text = ANSWERS[row]
    world.simulator.faults.set(**faults)
    with pytest.raises(VatelError) as caught:
        act(world)
    assert type(caught.value) is kind, caught.value
    check_text(str(caught.value), text, world)


# Arguments that cannot be: said at once, with the name of the argument.


def said(pcm: Any) -> Any:
    def say(world: World) -> None:
        async def talk() -> None:
            async with client_of(world) as client, client.call(AGENT) as call:
                await call.say_audio(pcm)

        asyncio.run(talk())

    return say


ARGUMENTS: dict[str, tuple[Callable[[World], object], type[Exception], str]] = {
    "no key": (
        lambda _: Client(), ConfigurationError,
        r"no API key: pass api_key=\.\.\. or set VATEL_API_KEY "
        r"\(python -m vatel\.simulator prints one to try\)",
    ),
    "a key that no header carries": (
        lambda _: Client("schlüssel"), ConfigurationError,
        "the API key contains characters that are not allowed in an HTTP header",
    ),
    "a key of another type": (
        lambda _: Client(5), TypeError, "api_key must be str or None, not int",
    ),
    "a URL of another type": (
        lambda _: Client(KEY, Path("/v1")), TypeError, r"base_url must be str or None, not \w+Path",
    ),
    "a URL that is none": (
        lambda _: Client(KEY, "localhost:8484"), ConfigurationError,
        r"not a URL of the form https://host\[:port\]: 'localhost:8484'",
    ),
    "plain http": (
        lambda _: Client(KEY, "http://10.0.0.1"), ConfigurationError,
        "http://10.0.0.1 would receive the API key unencrypted: use https, or allow_http",
    ),
    "options that there are not": (
        lambda _: Client(KEY, options={}), TypeError,
        r".+ got an unexpected keyword argument 'options'",
    ),
    "a timeout of another type": (
        lambda _: Client(KEY, timeout="5"), TypeError,
        "timeout must be int or float or tuple or Timeout or None, not str",
    ),
    "no time at all": (
        lambda _: Client(KEY, timeout=0), ConfigurationError,
        "timeout must be a positive number of seconds, not 0",
    ),
    "a timeout of another type, for some requests": (
        lambda world: client_of(world).with_options(timeout="5"), TypeError,
        "timeout must be int or float or tuple or Timeout or None, not str",
    ),
    "a record that is no path": (
        lambda world: client_of(world).call(AGENT, record=True), TypeError,
        "record must be str or PathLike or None, not bool",
    ),
    "a WAV file as samples": (
        said(MU_LAW), AudioFormatError,
        r"these bytes are a WAV file, not samples: use WavDevice\(path\)",
    ),
    "a WAV file as samples of a device": (
        lambda _: WavDevice(MU_LAW), AudioFormatError, "these bytes are a WAV file, .+",
    ),
    "the other client of httpx": (
        lambda _: Client(KEY, http_client=httpx.AsyncClient()), TypeError,
        "http_client must be Client or None, not AsyncClient",
    ),
    "certificates that are not there": (
        lambda world: with_environment("SSL_CERT_FILE", "no.pem", lambda: by_rest("https://h")),
        ConfigurationError,
        "SSL_CERT_FILE: no.pem cannot be read: No such file .+",
    ),
    "neither agent nor token": (
        lambda world: client_of(world).call(), ConfigurationError,
        r"no agent to call: pass agent_id \(client.agents.list\(\) lists agents\) or token",
    ),
    "both": (
        lambda world: client_of(world).call(AGENT, token=TOKEN), ConfigurationError,
        "pass agent_id or token, not both: a session token already names its agent",
    ),
    "a token and a prompt": (
        lambda world: client_of(world).call(token=TOKEN, prompt="Be brief."), ConfigurationError,
        "token cannot be combined with version_id, first_message or prompt: "
        "pass them to session.generate_token",
    ),
    "no token": (
        lambda world: client_of(world).connect(None), ConfigurationError,
        "no session token: see client.session.generate_token",
    ),
    "a token of another type": (
        lambda world: client_of(world).connect(5), TypeError,
        "token must be str or Callable or None, not int",
    ),
    "options as a mapping": (
        lambda world: client_of(world).call(AGENT, options={}), TypeError,
        "options must be ConnectionOptions or None, not dict",
    ),
    "certificates for plain http": (
        lambda _: connect(TOKEN, "http://h", options=ConnectionOptions(ssl=TLS)),
        ConfigurationError, r"ConnectionOptions\(ssl=...\) needs a wss URL, not ws://h/v1/connection",
    ),
    "tools as a list": (
        lambda world: client_of(world).call(AGENT, tools=[]), TypeError,
        "tools must be Tools or None, not list",
    ),
    "a file as device": (
        lambda world: client_of(world).call(AGENT, audio="a.wav"), TypeError,
        r"audio must be a device such as vatel_rt.WavDevice\(path\), not 'a.wav'",
    ),
    "a class as device": (
        lambda world: client_of(world).call(AGENT, audio=WavDevice), TypeError,
        r"audio must be a device such as vatel_rt.WavDevice\(path\), not <class '.+'>",
    ),
    "text as speech": (
        said("Hello"), TypeError, "pcm must be bytes or bytearray or memoryview, not str",
    ),
    "a speed of another type": (
        lambda _: WavDevice(speed="2"), TypeError, "speed must be int or float, not str",
    ),
    "a tool that is none": (
        lambda _: Tools().tool(5), TypeError, "function must be Callable, not int",
    ),
    "a scenario that is none": (
        lambda _: Simulator(5), TypeError,
        "scenario must be Scenario or str or PathLike or Mapping, not int",
    ),
    "the simulator's port as text": (
        lambda _: Simulator(port="80"), TypeError, "port must be int, not str",
    ),
}  # fmt: skip


def with_environment(name: str, value: str, act: Callable[[], object]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, value)
        act()


@pytest.mark.parametrize("row", ARGUMENTS)
def test_arguments_that_cannot_be(row: str, world: World) -> None:
    act, kind, text = ARGUMENTS[row]
    with pytest.raises(kind) as caught:
        act(world)
    assert type(caught.value) is kind, caught.value
    check_text(str(caught.value), text, world)


# The programs, as at a terminal: what stands on standard error, and the exit code.

ACCESS = ["--api-key", KEY, "--base-url", "{simulator}", "--agent-id", AGENT]
NOT_REACHED = r"cannot reach \S+: .+ \(.+\)"
DEMO: dict[str, tuple[list[str], int, str]] = {
    "a wrong key": ([*ACCESS, "--api-key", "wrong"], 3, r".+ 401 .+ \(check the API key: .+\)"),
    "an unknown agent": ([*ACCESS, "--agent-id", NOBODY], 4, rf".+ 404 .+ {CHECK_ID}"),
    "no uuid": ([*ACCESS, "--agent-id", "../x"], 2, r".+ 400 agent_id: '../x' is not a 'uuid'"),
    "no agent": (
        ACCESS[:4], 2,
        r"no agent to call: give --agent-id or set VATEL_AGENT_ID \(client.agents.list\(\) .+\)",
    ),
    "a missing file": ([*ACCESS, "--input", "no.wav"], 2, "cannot read no.wav: No such file .+"),
    "a folder": ([*ACCESS, "--input", "."], 2, "cannot read .: Is a directory"),
    "no wav": (
        [*ACCESS, "--input", "text.wav"], 2,
        r"text.wav is not .+ it has no RIFF/WAVE header; convert it: ffmpeg -i text.wav .+",
    ),
    "an empty file": ([*ACCESS, "--input", "empty.wav"], 2, "empty.wav is not .+ convert it: .+"),
    "no plain samples": (
        [*ACCESS, "--input", "law.wav"], 2, ".+ format code 7; convert it: ffmpeg -i law.wav .+",
    ),
    "no place for the record": (
        [*ACCESS, "--record", "no/x.wav"], 2, "cannot write no/x.wav: No such file or directory",
    ),
    "no place for the output": ([*ACCESS, "--output", "no/x.wav"], 2, "cannot write no/x.wav: .+"),
    "no place for the events": ([*ACCESS, "--events", "no/x"], 2, "cannot write no/x: .+"),
    "no place for the trace": ([*ACCESS, "--trace", "no/x"], 2, "cannot write no/x: .+"),
    "plain http": (
        [*ACCESS, "--base-url", "http://10.0.0.1"], 2, ".+ unencrypted: use https, or allow_http",
    ),
    "an unknown host": (
        [*ACCESS, "--allow-http", "--base-url", "http://no.invalid"], 5, NOT_REACHED,
    ),
    "no url": ([*ACCESS, "--base-url", "localhost"], 2, "not a URL of the form .+"),
    "nobody there": (["--token", TOKEN, "--base-url", "http://{closed}"], 5, NOT_REACHED),
    "a certificate": ([*ACCESS, "--base-url", "{tls}"], 5, NOT_REACHED),
    "a token that is none": (
        ["--token", "x", "--base-url", "{simulator}"], 2, rf".+ 400 malformed .+ {NEW_TOKEN}",
    ),
    # the command line
    "an unknown option": (["--no-such-option"], 2, "unrecognized arguments: --no-such-option"),
    "an empty key": (["--api-key", ""], 2, "argument --api-key: must not be empty"),
    "a url without a key": (
        ["--base-url", "https://h.example"], 2,
        "no API key for https://h.example: give --api-key, or --simulate",
    ),
    "an agent without a key": (
        ["--agent-id", NOBODY], 2, f"no API key for {NOBODY}: give --api-key, or --simulate",
    ),
    "one file twice": (
        ["--record", "a.wav", "--output", "./a.wav"], 2, ".+ must be different files",
    ),
    "the question as record": (["--input", "a", "--record", "a"], 2, ".+ must be different files"),
    "a file and a device": (
        ["--input", "a.wav", "--microphone"], 2,
        r".+ cannot be combined with an option of the sound device \(--microphone, .+\)",
    ),
    "a file for a speaker": (
        ["--output", "a.wav", "--output-device", "2"], 2, ".+ cannot be combined with an option .+",
    ),
    "a device and none": (
        ["--no-microphone", "--mode", "half"], 2,
        "--no-microphone cannot be combined with an option .+",
    ),
    "no name": (["--input-device", ""], 2, "argument --input-device: must not be empty"),
    "no mode": (["--mode", "loud"], 2, r"argument --mode: invalid choice: 'loud' \(choose from .+"),
}  # fmt: skip
SIMULATOR: dict[str, tuple[list[str], int, str]] = {
    "no such scenario": (
        ["--scenario", "no.yaml"], 2, "scenario no.yaml: No such file or directory",
    ),
    "a mistake in it": (
        ["--scenario", "bad.yaml"], 2,
        "scenario bad.yaml: line 1: greeting.sais: unknown key; the keys are says, clip, .+",
    ),
    "a port in use": (
        ["--port", "{taken}"], 1,
        "cannot listen on 127.0.0.1:{taken}: Address already in use; port 0 selects a free one",
    ),
    "another machine": (["--host", "203.0.113.1"], 1, "cannot listen on 203.0.113.1:0: .+"),
    "no host": (["--host", "no.invalid"], 1, "cannot listen on no.invalid:0: .+"),
    "no such trace": (["--replay", "no.jsonl"], 2, "cannot read no.jsonl: No such file .+"),
    "no trace": (["--replay", "text.wav"], 2, "text.wav.+"),
    "a speed for nothing": (["--speed", "2"], 2, "--speed requires --replay"),
    "no place for a trace": (["--record", "no/x"], 2, "cannot write no/x: No such file .+"),
    "a fault that does nothing": (
        ["--fault", "requests=2"], 2,
        "faults: requests: has no effect without status or html or delay",
    ),
    # the command line
    "an unknown option": (["--sip"], 2, "unrecognized arguments: --sip"),
    "no port": (["--port", "abc"], 2, "argument --port: 'abc' is not a number from 0 to 65535"),
    "too high a port": (["--port", "80000"], 2, "argument --port: '80000' is not .+"),
    "a port below 0": (["--port", "-1"], 2, "argument --port: '-1' is not .+"),
    "a digit that is none": (["--port", "²"], 2, "argument --port: '²' is not .+"),
    "no speed": (["--speed", "fast"], 2, "argument --speed: 'fast' is not a number .+"),
    "no fault": (["--fault", "drop=1"], 2, "argument --fault: unknown fault 'drop'; .+"),
    **{
        f"the key {key!r}": (["--api-key", key], 2, "argument --api-key: must be printable .+")
        for key in ("", "schlüssel", " a", "a\nb")
    },
}  # fmt: skip


def check_program(
    main: Callable[[list[str]], int], prefix: str, row: tuple[list[str], int, str],
    world: World, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    options, code, text = row
    try:
        ended = main([world.filled(option) for option in options])
    except SystemExit as error:  # argparse, which shows the usage
        ended, prefix = error.code, r"usage: \S+ -m \S+ \[option ...\] \(--help .+\n.+: error: "
    printed = capsys.readouterr().err.rstrip("\n")
    check_text(printed, prefix + text, world)
    assert ended == code


@pytest.mark.parametrize("row", DEMO)
def test_the_demo(row: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    check_program(demo, "error: ", DEMO[row], world, capsys)
    assert Path("call.wav").read_bytes() == b"the last call"


@pytest.mark.parametrize("row", SIMULATOR)
def test_the_simulator(row: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    options, code, text = SIMULATOR[row]
    check_program(simulator_program, "", (["--port", "0", *options], code, text), world, capsys)


# What only a process can meet.

WITHOUT = "import sys; sys.modules[{!r}] = None"
NOT_HERE = rf"{{}} is missing: pip install '\.\[demo\]' in {re.escape(str(ROOT))} \(Python >= 3.9\)"
PROCESSES: dict[str, tuple[str, str, int, str]] = {
    "the demo, nothing installed": ("demo", "httpx", 2, "error: " + NOT_HERE.format("httpx")),
    "the simulator, nothing installed": (
        "simulator --port 0", "msgspec", 2, "error: " + NOT_HERE.format("msgspec"),
    ),
    "the demo without the simulator": (
        "demo --simulate", "yaml", 2, r"error: .+ needs yaml: pip install 'vatel\[simulator\]'",
    ),
    "the simulator without its extra": (
        "simulator --port 0", "uvicorn", 2, r".+ needs uvicorn: pip install 'vatel\[simulator\]'",
    ),
    "echo cancellation without its extra": (
        "demo --simulate --mode aec", "pywebrtc_audio", 2, r"error: .+'vatel\[aec\]'.*",
    ),
    "the demo's output on a full disk": (
        "demo --simulate >/dev/full", "", 1, "error: cannot write the output: No space left .+",
    ),
    "the simulator's": (
        "simulator --port 0 >/dev/full", "", 1, "cannot write the output: No space left .+",
    ),
    "events on a full disk": (
        "demo --simulate --events /dev/full", "", 2, "error: cannot write /dev/full: No space .+",
    ),
    "the simulator's reader leaves": ("simulator --port 0 | true", "", 0, ""),
    "the demo's reader leaves": ("demo --simulate | true", "", 0, ""),
    "the demo without an output": ("demo --input no.wav >&-", "", 2, "error: cannot read .+"),
}  # fmt: skip


@pytest.mark.parametrize("row", PROCESSES)
def test_processes(row: str, world: World, tmp_path: Path) -> None:
    command, missing, code, text = PROCESSES[row]
    (tmp_path / "sitecustomize.py").write_text(WITHOUT.format(missing) if missing else "")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    ran = subprocess.run(
        ["sh", "-c", f'"$0" -m vatel_rt.{command}', sys.executable],
        capture_output=True, text=True, check=False, timeout=50,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    check_text(ran.stderr.rstrip("\n"), text, world)
    assert ran.returncode == code


OLD = "import sys; sys.version_info = (3, 8, 20); exec(sys.argv[2])"
PYTHONS: dict[str, tuple[str, str]] = {
    "an old one": ("./python3.8", "./python3.8 is not Python 3.9 or later"),
    "none": ("python3.x", "python3.x is not Python 3.9 or later"),
}


@pytest.mark.parametrize("row", PYTHONS)
def test_make_with_another_python(row: str, world: World, tmp_path: Path) -> None:
    python, text = PYTHONS[row]
    old = tmp_path / "python3.8"
    old.write_text(f'#!/bin/sh\nexec {sys.executable} -c {shlex.quote(OLD)} "$@"\n')
    old.chmod(0o755)
    ran = subprocess.run(
        ["sh", str(ROOT / "scripts" / "setup-venv"), python, "venv", "."],
        capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip
    advice = "; name another: make ... PYTHON=python3.11"
    check_text(ran.stderr.rstrip("\n"), "setup: " + text + advice, world)
    assert ran.returncode == 2
    assert not (tmp_path / "venv").exists()
