from __future__ import annotations

import pytest

from vatel_rt import config
from vatel_rt.errors import ConfigurationError


@pytest.mark.parametrize(
    ("given", "base"),
    [
        (None, "https://api.vatel.ai"),
        ("https://api.vatel.ai/", "https://api.vatel.ai"),
        ("https://api.vatel.ai/v1", "https://api.vatel.ai"),
        ("https://api.vatel.ai/v1/", "https://api.vatel.ai"),
        ("wss://staging.api.vatel.ai/v1", "https://staging.api.vatel.ai"),
        ("ws://127.0.0.1:8484", "http://127.0.0.1:8484"),
        ("http://[::1]:8484/", "http://[::1]:8484"),
        ("https://gateway.example/vatel/v1", "https://gateway.example/vatel"),
        (" https://v1.example/v11 ", "https://v1.example/v11"),
    ],
)
def test_base_url(given: str, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VATEL_BASE_URL", raising=False)
    assert config.base_url(given) == base


@pytest.mark.parametrize(
    "url",
    [
        "api.vatel.ai",
        "ftp://api.vatel.ai",
        "https://",
        "http://host:99999",
        "http://[::1",
        "http://a b",
        "http://a..b",
        "http://\u2603.com",
        f"http://{'x' * 64}.com",
        "https://user:s3cret@host",
    ],
)
def test_a_base_url_that_cannot_be_used(url: str) -> None:
    with pytest.raises(ConfigurationError, match="not a URL") as caught:
        config.base_url(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.8.9.1", "http://[::1]:2"])
def test_plain_http_is_for_this_machine(url: str) -> None:
    config.refuse_plain_http(url)
    config.refuse_plain_http("https://api.vatel.ai")


@pytest.mark.parametrize("url", ["http://api.vatel.ai", "http://10.0.0.1", "http://localhost.com"])
def test_a_key_does_not_travel_unencrypted(url: str) -> None:
    with pytest.raises(ConfigurationError, match="unencrypted"):
        config.refuse_plain_http(url)


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VATEL_API_KEY", "from-environment")
    monkeypatch.setenv("VATEL_BASE_URL", "https://environment.example/v1")
    assert config.api_key() == "from-environment"
    assert config.api_key("given") == "given"
    assert config.base_url() == "https://environment.example"
    assert config.base_url("https://given.example") == "https://given.example"


@pytest.mark.parametrize("key", ["", "  ", "schlüssel", "two\nlines"])
def test_a_key_that_cannot_be_used(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VATEL_API_KEY", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        config.api_key(key)
    assert not key.strip() or key not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "path", "expected"),
    [
        ("https://api.vatel.ai", None, "wss://api.vatel.ai/v1/connection"),
        ("http://localhost:1/v1/", None, "ws://localhost:1/v1/connection"),
        ("wss://h.example", "/v2/talk", "wss://h.example/v2/talk"),
        ("https://h.example/p", "talk", "wss://h.example/p/talk"),
        ("https://wss.https.example", None, "wss://wss.https.example/v1/connection"),
    ],
)
def test_connection_endpoint(url: str, path: str, expected: str) -> None:
    assert config.connection_endpoint(url, path) == expected


def test_a_token_is_escaped() -> None:
    assert config.connection_query("a/b=") == "token=a%2Fb%3D"


@pytest.mark.parametrize("path", ["/v1/connection?x=1", "/v1/connection#x"])
def test_a_path_with_a_query_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError, match="must not have a query"):
        config.connection_endpoint(None, path)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        (None, "/v1/a b"),
        (None, "/v1/\u00fc"),
        (None, "/v1\r\nX: y"),
        ("https://h.example/a b", None),
    ],
)
def test_a_path_that_a_request_cannot_carry(url: str, path: str) -> None:
    with pytest.raises(ConfigurationError, match="percent-encoded"):
        config.connection_endpoint(url, path)
