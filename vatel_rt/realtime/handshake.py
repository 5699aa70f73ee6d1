"""The handshake of a voice session: attempts, and the errors of those that fail."""

from __future__ import annotations

import asyncio
import inspect
import logging
import ssl
import time
from collections.abc import Awaitable
from functools import partial
from http import HTTPStatus
from typing import Any, Callable, Optional, Union, cast
from urllib.parse import quote, urlsplit

import websockets
from websockets.asyncio.client import connect as library_connect

from vatel_rt.config import connection_query
from vatel_rt.connect_hints import check_proxy, check_url, why
from vatel_rt.errors import APIConnectionError, APIError, APITimeoutError, ConfigurationError
from vatel_rt.proxies import Proxy, is_address, proxy_for
from vatel_rt.realtime.options import ConnectionOptions
from vatel_rt.realtime.websocket import UNSENT_LIMIT, WAITING_FRAMES, WebSocket, wire_log
from vatel_rt.retry import LONGEST_HANDSHAKE_WAIT, Failure, may_repeat_handshake, wait_before
from vatel_rt.trust import tls_context
from vatel_rt.version import __version__

log = logging.getLogger("vatel.connection")

Token = Union[str, Callable[[], Union[str, Awaitable[str]]]]
"""A session token, or a function, asynchronous or not, that returns a new one each time."""
_AFTER_SENDING = (asyncio.TimeoutError, ssl.SSLError)
_SHORT = 200
STAGGER = 0.25
"""Seconds after which the next address of a host is tried as well (RFC 8305)."""
_SECRET = 8  # minimum length of a token that is removed from texts of the platform


async def open_session(token: Token, endpoint: str, options: ConnectionOptions) -> WebSocket:
    """Open the WebSocket of a session at `endpoint`; retry where that is safe."""
    attempt = 0
    while True:
        attempt += 1
        secret = await _result(token) if callable(token) else token
        if not isinstance(secret, str) or not secret:
            raise ConfigurationError("no session token: the token function must return a str")
        proxy = _proxy(endpoint, options)
        settings = await _settings(endpoint, options, proxy)
        started = time.monotonic()
        try:
            opened = await _Handshake(f"{endpoint}?{connection_query(secret)}", **settings)
        except Exception as error:
            refusal = _refusal(error, secret, endpoint, options, proxy)
            cause = _cause(error, refusal, secret)
            wait = _wait(error, attempt) if attempt < options.attempts else None
        else:
            passed_ms = (time.monotonic() - started) * 1000
            log.info("opened %s in %.0f ms, attempt %d", endpoint, passed_ms, attempt)
            websocket = cast(WebSocket, opened)
            websocket.without_token = partial(_without, secret)
            return websocket
        if wait is None:
            raise refusal from cause  # outside `except`: `error` may show a secret
        log.warning("attempt %d failed, retrying in %.1f s: %s", attempt, wait, refusal)
        await asyncio.sleep(wait)


async def _result(function: Callable[[], Any]) -> Any:
    result = function()
    return await result if inspect.isawaitable(result) else result


def _proxy(endpoint: str, options: ConnectionOptions) -> Optional[Proxy]:
    if options.proxy is True and options.socket_factory is None:
        return proxy_for(endpoint)
    return Proxy(options.proxy, "ConnectionOptions") if isinstance(options.proxy, str) else None


async def _settings(
    endpoint: str, options: ConnectionOptions, proxy: Optional[Proxy]
) -> dict[str, Any]:
    factory = options.socket_factory
    encrypted = {"ssl": options.ssl or tls_context()} if endpoint.startswith("wss:") else {}
    return {
        **encrypted,
        **({"happy_eyeballs_delay": STAGGER} if _has_addresses(endpoint, proxy) else {}),
        **({} if factory is None else {"sock": await _result(factory)}),
        "additional_headers": dict(options.headers),
        "user_agent_header": f"vatel-python/{__version__}",
        "proxy": proxy and proxy.url,
        "compression": "deflate" if options.compression else None,
        "open_timeout": options.open_timeout,
        "close_timeout": options.close_timeout,
        "ping_interval": options.ping_interval,
        "ping_timeout": options.ping_timeout,
        "max_size": options.max_frame,
        "max_queue": WAITING_FRAMES,
        "write_limit": UNSENT_LIMIT,
        "logger": wire_log,
        "create_connection": WebSocket,
    }


def _has_addresses(endpoint: str, proxy: Optional[Proxy]) -> bool:
    """Return whether several addresses may have to be tried, and the event loop can do that."""
    host = urlsplit(proxy.url if proxy else endpoint).hostname or ""
    return not is_address(host) and isinstance(
        asyncio.get_running_loop(), asyncio.BaseEventLoop
    )  # uvloop cannot


class _Handshake(library_connect):
    # A redirect would send the token and the application's headers to another address.
    def process_redirect(self, exc: Exception) -> Exception:
        return exc


def _wait(error: Exception, attempt: int) -> Optional[float]:
    if isinstance(error, websockets.InvalidStatus):
        asked = error.response.headers.get_all("Retry-After")
        failure = Failure(error.response.status_code, asked[0] if asked else None)
    else:  # an OSError is raised only before the request is sent, except for these two
        sent = not isinstance(error, OSError) or isinstance(error, _AFTER_SENDING)
        failure = Failure(was_sent=sent)
    repeat = may_repeat_handshake(failure)
    return wait_before(attempt, failure, longest=LONGEST_HANDSHAKE_WAIT) if repeat else None


def _refusal(
    error: Exception, secret: str, url: str, options: ConnectionOptions, proxy: Optional[Proxy]
) -> Exception:
    """Return the SDK's error for one of `websockets`, whose text may show the token."""
    if isinstance(error, websockets.InvalidStatus):
        return _refused(error.response, secret, url)
    if isinstance(error, asyncio.TimeoutError):  # the builtin one from 3.11 on
        more = "to wait longer: ConnectionOptions(open_timeout=...)"
        return APITimeoutError(f"{url} did not answer in {options.open_timeout:g} s ({more})")
    if isinstance(error, OSError):
        because = why(url, error, proxy=proxy.shown if proxy else "")
        return APIConnectionError(f"cannot reach {url}: {because}")
    # Checked after OSError, because certificate errors are also ValueErrors.
    if proxy and isinstance(error, (websockets.InvalidProxy, ImportError, ValueError)):
        return ConfigurationError(
            f"cannot reach {url}: the proxy URL of {proxy.variable} cannot be used; "
            "a SOCKS proxy needs: pip install python-socks"
        )
    said = _without(secret, str(error) or type(error).__name__)[:_SHORT]
    is_proxy = proxy and isinstance(error, websockets.ProxyError)
    advice = check_proxy(proxy.shown) if proxy and is_proxy else check_url(url)
    return APIConnectionError(f"{url} did not open a voice session: {said} ({advice})")


def _cause(error: Exception, refusal: Exception, secret: str) -> Optional[Exception]:
    """Return `error`, or None if its chain shows the token or could show a proxy's password."""
    if isinstance(refusal, ConfigurationError):
        return None
    shown, each = "", cast(Optional[BaseException], error)
    while each is not None:
        shown += f"{each} {each!r}"
        each = each.__cause__ or each.__context__
    return None if secret in shown or quote(secret, safe="") in shown else error


def _refused(answer: Any, secret: str, endpoint: str) -> Exception:
    status = answer.status_code
    if status >= HTTPStatus.BAD_REQUEST:
        headers = [(name, _without(secret, text)) for name, text in answer.headers.raw_items()]
        body = _without(secret, bytes(answer.body or b"").decode("utf-8", "replace"))
        return APIError.of_handshake(endpoint, status, headers, body.encode())
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        said = f"redirects ({status}), and redirects are not followed: use the final URL"
    else:
        said = f"answered {status} instead of opening a voice session: check the base URL"
    return APIConnectionError(f"{endpoint} {said}")


def _without(secret: str, text: str) -> str:
    if len(secret) < _SECRET:
        return text
    return text.replace(secret, "[token]").replace(quote(secret, safe=""), "[token]")
