"""Which proxy a connection uses, and what is said of one that cannot be used."""

from __future__ import annotations

import asyncio
import urllib.request
from typing import Any

import pytest

from vatel import Client, connect
from vatel_rt import proxies
from vatel_rt.errors import APIConnectionError, ConfigurationError

SECRET = "s3cret"
PROXY = f"http://user:{SECRET}@proxy.example:8080"
FAR = "https://api.vatel.ai/v1"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "socks_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("variables", "url", "used"),
    [
        ({}, FAR, None),
        ({"HTTPS_PROXY": PROXY}, FAR, "HTTPS_PROXY"),
        ({"https_proxy": PROXY}, "wss://api.vatel.ai", "https_proxy"),
        ({"HTTP_PROXY": PROXY}, FAR, None),
        ({"HTTP_PROXY": PROXY}, "ws://far.example", "HTTP_PROXY"),
        ({"ALL_PROXY": PROXY}, FAR, "ALL_PROXY"),
        ({"all_proxy": "socks5h://h:1"}, FAR, "all_proxy"),
        ({"HTTPS_PROXY": PROXY, "ALL_PROXY": "ftp://h"}, FAR, "HTTPS_PROXY"),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "ftp://h"}, FAR, "https_proxy"),
        ({"HTTPS_PROXY": "", "ALL_PROXY": PROXY}, FAR, "ALL_PROXY"),
        ({"HTTPS_PROXY": "proxy.example:8080"}, FAR, "HTTPS_PROXY"),
        ({"SOCKS_PROXY": "socks5://h:1"}, FAR, None),
    ],
)
def test_the_variable_that_counts(
    variables: dict[str, str], url: str, used: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = proxies.proxy_for(url)
    assert (found and found.variable) == used
    assert SECRET not in repr(found)
    assert SECRET not in (found.shown if found else "")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:80",
        "http://127.9.9.9",
        "ws://[::1]:80",
        "http://[::ffff:127.0.0.1]",
        "http://localhost",
        "http://LOCALHOST.",
        "ws://a.localhost:1",
    ],
)
def test_this_machine_is_never_proxied(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "nonsense")
    assert proxies.proxy_for(url) is None


EXEMPT = {
    "*": ["http://a.example", "http://192.0.2.1"],
    "example.org": ["http://example.org", "http://a.example.org:80", "http://EXAMPLE.ORG."],
    ".example.org": ["http://example.org", "http://a.example.org"],
    "*.example.org": ["http://a.example.org"],
    "a.example, b.example": ["http://b.example", "http://a.example"],
    "a.example b.example": ["http://b.example"],
    "a.example:81": ["http://a.example:81"],
    "a.example:80": ["http://a.example", "ws://a.example"],
    "a.example:443": ["https://a.example"],
    "192.0.2.1": ["http://192.0.2.1:1"],
    "192.0.2.1:80": ["http://192.0.2.1"],
    "192.0.2.0/24": ["http://192.0.2.77"],
    "192.0.2.9/24": ["http://192.0.2.77"],
    "fe80::/10": ["http://[fe80::1]"],
    "[fe80::]/10": ["http://[febf::1]"],
    "::1,2001:db8::1": ["http://[2001:db8:0::1]"],
    "[2001:db8::1]": ["http://[2001:db8::1]:8080"],
    "[2001:db8::1]:81": ["http://[2001:db8::1]:81"],
    "nonsense/99,[,::::,a.example": ["http://a.example"],
}
NOT_EXEMPT = {
    "example.org": ["http://notexample.org", "http://example.org.evil"],
    "a.example:81": ["http://a.example", "http://a.example:8"],
    "192.0.2.0/24": ["http://192.0.3.1", "http://a.example", "http://[fe80::1]"],
    "192.0.2.1": ["http://192.0.2.10"],
    "2.1": ["http://192.0.2.1"],
    "fe80::/10": ["http://[2001::1]"],
    "[2001:db8::1]:81": ["http://[2001:db8::1]"],
    "": ["http://a.example"],
    ".": ["http://a.example"],
    ",, ,": ["http://a.example"],
    "nonsense/99": ["http://192.0.2.1"],
}


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("entry", EXEMPT)
def test_hosts_that_are_exempt(entry: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, entry)
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SOCKS_PROXY"):
        monkeypatch.setenv(variable, "socks5://h:1")
    assert [proxies.proxy_for(url) for url in EXEMPT[entry]] == [None] * len(EXEMPT[entry])


@pytest.mark.parametrize("entry", NOT_EXEMPT)
def test_hosts_that_are_not(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", entry)
    monkeypatch.setenv("ALL_PROXY", PROXY)
    assert None not in [proxies.proxy_for(url) for url in NOT_EXEMPT[entry]]


def test_the_settings_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": PROXY})
    found = proxies.proxy_for(FAR)
    assert found is not None
    assert found.shown == "the system's settings: http://proxy.example:8080"
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: host == "api.vatel.ai")
    assert proxies.proxy_for(FAR) is None


@pytest.mark.parametrize(
    "value",
    [f"ftp://u:{SECRET}@h", "http://", "http://h:99999", "http://h:0", "a b", "http://h\n", "://"],
)
def test_a_variable_without_the_url_of_a_proxy(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value.replace("\n", "\x01"))
    monkeypatch.setenv("HTTP_PROXY", "ftp://other")
    text = "^HTTPS_PROXY does not have the URL of a proxy: http, https, socks5 or socks5h"
    for act in ways(FAR):
        with pytest.raises(ConfigurationError, match=text) as caught:
            act()
        assert SECRET not in str(caught.value)


def test_a_proxy_that_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{SECRET}@127.0.0.1:9")
    text = r"the proxy of HTTPS_PROXY: http://127\.0\.0\.1:9 is used: check it"
    for act in ways(FAR):
        with pytest.raises(APIConnectionError, match=text) as caught:
            act()
        assert SECRET not in str(caught.value)


def test_socks_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5://user:{SECRET}@127.0.0.1:9")
    for act in ways(FAR):
        with pytest.raises(ConfigurationError, match=r"ALL_PROXY.*pip install") as caught:
            act()
        assert SECRET not in str(caught.value)


def ways(url: str) -> Any:
    client = Client("key", url, max_retries=0)
    yield client.agents.list
    yield lambda: asyncio.run(client.agents.list_async())

    async def session() -> None:
        async with connect("token-of-a-session", url):
            raise AssertionError

    yield lambda: asyncio.run(session())
