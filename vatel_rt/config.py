"""Settings from arguments and environment variables, and the URLs built from them.

Only this module reads `os.environ`. An argument overrides it; an empty value counts as unset.

- `VATEL_API_KEY`: organization API key
- `VATEL_AGENT_ID`: the agent that the demo calls
- `VATEL_BASE_URL`: URL of the platform, `https://api.vatel.ai` by default
- `VATEL_SESSION_TOKEN`: session token for the demo, instead of a key and an agent
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from ipaddress import ip_address
from typing import Optional
from urllib.parse import SplitResult, quote, urlsplit

from vatel_rt.errors import ConfigurationError
from vatel_rt.validation import NONE, check_types

DEFAULT_BASE_URL = "https://api.vatel.ai"
CONNECTION_PATH = "/v1/connection"
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$")
HTTP_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


def setting(name: str, given: Optional[str] = None) -> Optional[str]:
    """Return `given`, or else the environment variable `name`, or else None."""
    return given or os.environ.get(name) or None


def variable(name: str) -> Optional[tuple[str, str]]:
    """Return name and value of an environment variable in lower or upper case, if it is set."""
    for each in (name.lower(), name.upper()):
        if value := os.environ.get(each):
            return each, value
    return None


def api_key(given: Optional[str] = None) -> str:
    """Return the API key, or raise ConfigurationError without one that is valid in a header."""
    check_types(str, NONE, api_key=given)
    if not (key := (setting("VATEL_API_KEY", given) or "").strip()):
        text = "no API key: pass api_key=... or set VATEL_API_KEY"
        raise ConfigurationError(f"{text} (python -m vatel.simulator prints one to try)")
    if not key.isascii() or not key.isprintable():
        text = "the API key contains characters that are not allowed in an HTTP header"
        raise ConfigurationError(text)
    return key


def base_url(given: Optional[str] = None) -> str:
    """Return the platform's base URL: scheme, host and path prefix, without a trailing `/v1`."""
    check_types(str, NONE, base_url=given)
    parts = _split(setting("VATEL_BASE_URL", given) or DEFAULT_BASE_URL)
    path = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return f"{HTTP_SCHEMES[parts.scheme]}://{parts.netloc}{path}"


def refuse_plain_http(url: str) -> None:
    """Raise ConfigurationError if `url` would send the API key unencrypted to another machine."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        text = f"{url} would receive the API key unencrypted: use https, or allow_http"
        raise ConfigurationError(text)


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine, by its name or address."""
    try:
        address = ip_address(host)
    except ValueError:
        name = host.lower().rstrip(".")
        return name == "localhost" or name.endswith(".localhost")
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def connection_query(token: str) -> str:
    """Return the query of the URL of a voice session."""
    return f"token={quote(token, safe='')}"


def connection_endpoint(url: Optional[str] = None, path: Optional[str] = None) -> str:
    """Return the WebSocket URL of voice sessions without a token; arguments as `connect`."""
    check_types(str, NONE, path=path)
    parts = _split(base_url(url))
    endpoint = "/" + (path or CONNECTION_PATH).lstrip("/")
    if "?" in endpoint or "#" in endpoint:
        shown = re.split("[?#]", endpoint)[0]  # the rest may be a token
        raise ConfigurationError(f"the session path must not have a query or fragment: {shown!r}")
    whole = parts.path + endpoint
    if not whole.isascii() or not whole.isprintable() or " " in whole:
        raise ConfigurationError(f"the session path must be percent-encoded: {whole!r}")
    return f"{parts.scheme.replace('http', 'ws')}://{parts.netloc}{whole}"


def _split(url: str) -> SplitResult:
    with suppress(ValueError):  # an invalid port or IPv6 address
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        usable = parts.scheme in HTTP_SCHEMES and parts.port != 0
        if usable and "@" not in parts.netloc and (":" in host or _HOST.match(host)):
            return parts
    shown = re.split("[?#]", url.rpartition("@")[2])[0]  # before the host may be a password
    raise ConfigurationError(f"not a URL of the form https://host[:port]: {shown!r}")
