"""Explain why a server cannot be reached, and what to do about it."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Optional

from vatel_rt import trust

_NUMBER = re.compile(r"\[Errno (\d+)\]")
_TRUST = (
    "trusted are {}; if you trust it, set SSL_CERT_FILE to a PEM file with its certificate or "
    "its CA's"
)
_CERTIFICATE_HINTS = {  # by OpenSSL's codes: expired, another host name, another address
    10: "check the clock of this machine as well",
    **dict.fromkeys((62, 64), "use the host name in its certificate"),
}


def why(url: str, error: BaseException, *, proxy: str = "") -> str:
    """Return cause and advice; `proxy` says which proxy is used, and who named it."""
    cause = next(_system_errors(error), error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        advice = _CERTIFICATE_HINTS.get(cause.verify_code) or _TRUST.format(trust.description())
        return f"its certificate was rejected: {cause.verify_message.rstrip('.')} ({advice})"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {cause.reason or cause} (check scheme and port of the base URL)"
    text, advice = str(cause).rstrip(".") or type(cause).__name__, check_url(url)
    if isinstance(cause, socket.gaierror):
        text, advice = str(cause.strerror), "check the host name in the base URL and the network"
    elif isinstance(cause, ConnectionRefusedError):
        text, advice = "connection refused", "nothing is listening there: check the base URL"
    elif getattr(cause, "errno", None) in (errno.EMFILE, errno.ENFILE):
        advice = "close files and connections, or raise the limit: ulimit -n"
    return f"{text} ({check_proxy(proxy) if proxy else advice})"


def check_proxy(proxy: str) -> str:
    """Return advice for a proxy that does not work."""
    return f"the proxy of {proxy} is used: check it, or add this host to NO_PROXY"


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
