"""Refuses requests under foreign names.

A web page can have its own name resolve to this machine (DNS rebinding), and then talk to the
simulator as if it were the page's server. Its requests name the page's host in `Host`.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from vatel.simulator.server.responses import error_response

MISDIRECTED = 421
ANY = "*"


class AllowedHosts:
    """ASGI middleware that answers requests to other names than these with 421.

    IP addresses, `localhost` and the names below it are always allowed.

    Args:
        names: further names, in any case; `*` allows all.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        answer = self._app
        host = dict(scope.get("headers", ())).get(b"host", b"").decode("latin-1")
        if scope["type"] in ("http", "websocket") and not self._allows(host):
            problem = f"{host[:100]!a} is not a name of this simulator"
            answer = error_response(MISDIRECTED, f"{problem}: see allowed_hosts")
        await answer(scope, receive, send)

    def _allows(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if ANY in self._names or name in self._names or name.endswith(".localhost"):
            return True
        return _is_address(name)


def _is_address(name: str) -> bool:
    try:
        return bool(ip_address(name))
    except ValueError:
        return False
