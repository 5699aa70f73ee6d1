"""What is said where a server cannot be reached: why, and what to do about it."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Optional

from vatel_rt.config import PROXIES, is_proxied

CHECK_PROXY = f"a proxy is used: check {PROXIES}, or name this host in NO_PROXY"
_NUMBER = re.compile(r"\[Errno (\d+)\]")
_EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 10, 62, 64
_TRUST = "if you trust it: SSL_CERT_FILE=file.pem, with its certificate or that of its authority"
_OF_CERTIFICATES = {
    _EXPIRED: "or is the clock of this machine wrong?",
    _OTHER_NAME: "give the name that its certificate has",
    _OTHER_ADDRESS: "give the name that its certificate has",
}


def why(url: str, error: BaseException, *, proxied: Optional[bool] = None) -> str:
    """The cause of `error`, and in brackets what to do.

    Args:
        url: what was to be reached.
        error: of the library, with those of the system in its chain.
        proxied: whether a proxy is used; None: if the environment has one.
    """
    cause = next(_of_the_system(error), error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        advice = _OF_CERTIFICATES.get(cause.verify_code, _TRUST)
        return f"its certificate is refused: {cause.verify_message.rstrip('.')} ({advice})"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {cause.reason or cause} (is it http, or another port?)"
    said = str(cause).rstrip(".") or type(cause).__name__
    advice = check_url(url)
    if isinstance(cause, socket.gaierror):
        said, advice = str(cause.strerror), "check the name in the base URL, and the network"
    elif isinstance(cause, ConnectionRefusedError):
        said, advice = "connection refused", "nothing listens there: check the base URL"
    is_by_proxy = is_proxied(url) if proxied is None else proxied
    return f"{said} ({CHECK_PROXY if is_by_proxy else advice})"


def check_url(url: str) -> str:
    """What to do where something else answers at `url`, or nothing."""
    is_plain = url.startswith(("http:", "ws:"))
    return f"check the base URL{'; is it https instead of http?' if is_plain else ''}"


def _of_the_system(error: Optional[BaseException]) -> Iterator[OSError]:
    """The errors of the system in a chain, the first cause first."""
    if error is None:
        return
    yield from _of_the_system(error.__cause__ or error.__context__)
    for one in getattr(error, "exceptions", ()):  # one for each address of a host
        yield from _of_the_system(one)
    if isinstance(error, OSError):
        # asyncio makes one text of the errors of several addresses.
        numbers = map(int, _NUMBER.findall(str(error)))
        yield from [error] if error.errno else [OSError(n, os.strerror(n)) for n in numbers]
