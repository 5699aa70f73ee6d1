"""The certificate authorities: the same for REST and voice sessions."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi
import pytest

from vatel import Client
from vatel_rt import trust
from vatel_rt.errors import ConfigurationError


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    trust._context.cache_clear()


def test_the_system_and_certifi(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    default = ssl.SSLContext.load_default_certs
    monkeypatch.setattr(
        ssl.SSLContext,
        "load_default_certs",
        lambda self: loaded.append("system") or default(self),  # type: ignore[func-returns-value]
    )
    context = trust.tls_context()
    assert loaded == ["system"]
    assert len(context.get_ca_certs()) > 100  # certifi's
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert trust.description() == "the authorities of the system and of certifi"


def test_they_are_loaded_anew_where_the_environment_names_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = trust.tls_context()
    assert trust.tls_context() is first
    monkeypatch.setenv("SSL_CERT_FILE", "")  # counts as unset
    assert trust.tls_context() is first
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    second = trust.tls_context()
    assert second is not first
    assert trust.tls_context() is second
    assert trust.description() == f"SSL_CERT_FILE={certifi.where()}"


def test_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "0123abcd.0").write_bytes(Path(certifi.where()).read_bytes())
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert trust.tls_context().verify_mode is ssl.CERT_REQUIRED
    assert trust.description() == f"SSL_CERT_DIR={tmp_path}"


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("kind", ["missing", "empty", "garbage", "other"])
def test_what_cannot_be_used(
    variable: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / kind
    is_file = variable == "SSL_CERT_FILE"
    if kind == "empty":
        path.touch() if is_file else path.mkdir()
    elif kind == "garbage":
        path.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    elif kind == "other":
        path.mkdir()
    monkeypatch.setenv(variable, str(path))
    with Client("key") as client:
        with pytest.raises(ConfigurationError, match=f"^{variable}: {path} ") as caught:
            client.agents.list()
    assert "\n" not in str(caught.value)
