"""Explain why a server cannot be reached, and what to do about it."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Optional

from vatel_rt.config import PROXIES, is_proxied

CHECK_PROXY = f"a proxy is used: check {PROXIES}, or add this host to NO_PROXY"
_NUMBER = re.compile(r"\[Errno (\d+)\]")
_TRUST = "if you trust it: set SSL_CERT_FILE to a PEM file with its certificate or its CA's"
_CERTIFICATE_HINTS = {  # by OpenSSL's codes: expired, another host name, another address
    10: "check the clock of this machine as well",
    **dict.fromkeys((62, 64), "use the host name in its certificate"),
}


def why(url: str, error: BaseException, *, proxied: Optional[bool] = None) -> str:
    """Return cause and advice; if `proxied` is None, the environment says whether it is."""
    cause = next(_system_errors(error), error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        advice = _CERTIFICATE_HINTS.get(cause.verify_code, _TRUST)
        return f"its certificate was rejected: {cause.verify_message.rstrip('.')} ({advice})"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {cause.reason or cause} (check scheme and port of the base URL)"
    text, advice = str(cause).rstrip(".") or type(cause).__name__, check_url(url)
    if isinstance(cause, socket.gaierror):
        text, advice = str(cause.strerror), "check the host name in the base URL and the network"
    elif isinstance(cause, ConnectionRefusedError):
        text, advice = "connection refused", "nothing is listening there: check the base URL"
    is_by_proxy = is_proxied(url) if proxied is None else proxied
    return f"{text} ({CHECK_PROXY if is_by_proxy else advice})"


def check_url(url: str) -> str:
    """Return advice for a URL at which no server, or a different one, answers."""
    is_plain = url.startswith(("http:", "ws:"))
    return f"check the base URL{'; does the server use https?' if is_plain else ''}"


def _system_errors(error: Optional[BaseException]) -> Iterator[OSError]:
    """Yield the system errors in the chain of `error`, root cause first."""
    if error is None:
        return
    yield from _system_errors(error.__cause__ or error.__context__)
    for one in getattr(error, "exceptions", ()):  # one per address of the host
        yield from _system_errors(one)
    if isinstance(error, OSError):
        # asyncio joins the errors of several addresses into one text.
        numbers = map(int, _NUMBER.findall(str(error)))
        yield from [error] if error.errno else [OSError(n, os.strerror(n)) for n in numbers]
