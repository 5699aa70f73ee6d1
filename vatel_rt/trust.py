"""The certificate authorities that are trusted: the same for REST and voice sessions.

`SSL_CERT_FILE` and `SSL_CERT_DIR` name them. Without either, those of the system and those of
certifi are trusted.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from vatel_rt import config
from vatel_rt.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl


def tls_context() -> ssl.SSLContext:
    """Return the TLS settings of all connections; they are made anew if the variables change.

    Raises:
        ConfigurationError: what a variable names cannot be used; the text has both.
    """
    return _context(config.setting("SSL_CERT_FILE"), config.setting("SSL_CERT_DIR"))


def description() -> str:
    """Return which authorities are trusted, as a part of a sentence."""
    found = [config.variable(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")]
    named = " and ".join(f"{name}={value}" for name, value in filter(None, found))
    return named or "the authorities of the system and of certifi"


@cache  # loading takes 15 ms and a megabyte: too much for every client and event loop
def _context(file: Optional[str], folder: Optional[str]) -> ssl.SSLContext:
    import ssl

    import certifi

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if file:
        _load(context, "SSL_CERT_FILE", file)
    if folder:
        _load(context, "SSL_CERT_DIR", folder)
    if not file and not folder:
        context.load_default_certs()
        context.load_verify_locations(certifi.where())
    return context


def _load(context: ssl.SSLContext, variable: str, path: str) -> None:
    try:
        if variable == "SSL_CERT_FILE":
            if not Path(path).is_file():  # reading a FIFO would wait
                os.stat(path)
                raise ConfigurationError(f"{variable}: {path} is not a file")
            context.load_verify_locations(path)
        elif not os.listdir(path):
            raise ConfigurationError(f"{variable}: {path} has no certificates")
        else:
            context.load_verify_locations(capath=path)
    except OSError as error:  # among them ssl.SSLError
        reason = "has no certificates" if not error.strerror or error.errno is None else None
        text = reason or f"cannot be read: {error.strerror}"
        if getattr(error, "library", None):
            text = "has no certificates in PEM format"
        raise ConfigurationError(f"{variable}: {path} {text}") from error
