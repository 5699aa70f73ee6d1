"""Settings from arguments and environment, and the URLs that follow from them.

The only reader of `os.environ`. An argument wins over the environment, the environment over
the default; an empty value counts as not given.

========================  =====================================================
`VATEL_API_KEY`           organization API key
`VATEL_AGENT_ID`          the agent that the demo calls
`VATEL_BASE_URL`          platform to talk to, `https://api.vatel.ai` by default
`VATEL_SESSION_TOKEN`     session token for the demo, instead of key and agent
========================  =====================================================
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from typing import Optional
from urllib.parse import SplitResult, quote, urlsplit

from vatel_rt.errors import ConfigurationError
from vatel_rt.validation import NONE, check_types

DEFAULT_BASE_URL = "https://api.vatel.ai"
CONNECTION_PATH = "/v1/connection"
PROXIES = "HTTPS_PROXY, HTTP_PROXY and ALL_PROXY"
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$")
_WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_HTTP_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


def is_proxied(url: str) -> bool:
    """Whether the environment, or the system's settings, have a proxy for `url`."""
    from urllib.request import getproxies, proxy_bypass  # not above: it loads a lot

    parts, proxies = urlsplit(url), getproxies()
    scheme = _HTTP_SCHEMES.get(parts.scheme, "")
    return bool(proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(parts.netloc)


def setting(name: str, given: Optional[str] = None) -> Optional[str]:
    """The argument `given`, else the environment variable `name`, else None."""
    return given or os.environ.get(name) or None


def api_key(given: Optional[str] = None) -> str:
    """The API key to use.

    Raises:
        ConfigurationError: there is none, or it cannot stand in an HTTP header.
    """
    check_types(str, NONE, api_key=given)
    key = (setting("VATEL_API_KEY", given) or "").strip()
    if not key:
        raise ConfigurationError(
            "no API key: pass api_key=... or set VATEL_API_KEY "
            "(python -m vatel.simulator prints one to try)"
        )
    if not key.isascii() or not key.isprintable():
        raise ConfigurationError("the API key holds characters that an HTTP header cannot carry")
    return key


def base_url(given: Optional[str] = None) -> str:
    """The platform's base URL: scheme, host and any path prefix, without `/v1` at its end.

    Raises:
        ConfigurationError: it is no http(s) or ws(s) URL.
    """
    check_types(str, NONE, base_url=given)
    text = setting("VATEL_BASE_URL", given) or DEFAULT_BASE_URL
    parts = _split(text)
    path = parts.path.rstrip("/")
    if path.endswith("/v1"):
        path = path[: -len("/v1")].rstrip("/")
    return f"{_HTTP_SCHEMES[parts.scheme]}://{parts.netloc}{path}"


def refuse_plain_http(url: str) -> None:
    """Refuse a base URL over which a key would travel unencrypted to another machine.

    Raises:
        ConfigurationError: it is http, and its host is not this machine.
    """
    parts = urlsplit(url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ConfigurationError(
            f"{url} would carry the API key unencrypted: use https, or allow_http"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def certificates() -> tuple[Optional[str], Optional[str]]:
    """Where the environment says that trusted certificates are, as httpx reads it: file, folder."""
    return os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")


def connection_query(token: str) -> str:
    """The query of the voice session's URL."""
    return f"token={quote(token, safe='')}"


def connection_endpoint(url: Optional[str] = None, path: Optional[str] = None) -> str:
    """The WebSocket URL of voice sessions, without a token.

    Args:
        url: base URL, http(s) or ws(s), with or without `/v1`; else as `base_url()`.
        path: path of the endpoint on that base, `/v1/connection` by default.

    Raises:
        ConfigurationError: `url` or `path` cannot be used.
    """
    check_types(str, NONE, path=path)
    parts = _split(base_url(url))
    endpoint = "/" + (path or CONNECTION_PATH).lstrip("/")
    if "?" in endpoint or "#" in endpoint:
        shown = re.split("[?#]", endpoint)[0]  # what follows may be a token
        raise ConfigurationError(f"the path of a session has no query and no fragment: {shown!r}")
    whole = parts.path + endpoint
    if not whole.isascii() or not whole.isprintable() or " " in whole:
        raise ConfigurationError(f"the path of a session is percent-encoded: {whole!r}")
    return f"{_WEBSOCKET_SCHEMES[parts.scheme]}://{parts.netloc}{whole}"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        usable = parts.scheme in _HTTP_SCHEMES and parts.port != 0
        if usable and "@" not in parts.netloc and (":" in host or _HOST.match(host)):
            return parts
    except ValueError:  # a port or an IPv6 address that is none
        pass
    # A URL may hold a password: what stands before the host is not shown.
    shown = re.split("[?#]", url.rpartition("@")[2])[0]
    raise ConfigurationError(f"not a URL of the form https://host[:port]: {shown!r}")
