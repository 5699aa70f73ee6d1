"""Session tokens: signed, short-lived, valid for one call."""

from __future__ import annotations

import math
import secrets
import time
import uuid
from dataclasses import dataclass
from typing import Any, Optional

import jwt

from vatel.simulator.openapi.errors import HttpError
from vatel.simulator.platform.fault_control import FaultControl

_ALGORITHM = "HS256"


@dataclass(frozen=True)
class Grant:
    """What a token permits, and the settings of its session."""

    agent_id: str
    organization_id: str
    version_id: Optional[str] = None
    first_message: Optional[str] = None
    prompt: Optional[str] = None
    chat: bool = False
    chat_id: Optional[str] = None


class Tokens:
    """Issues tokens that are valid for `ttl` seconds, and accepts each of them once."""

    def __init__(self, ttl: float = 60, faults: Optional[FaultControl] = None) -> None:
        self._ttl = ttl
        self._faults = faults or FaultControl()
        self._secret = secrets.token_bytes(32)
        self._open: dict[str, tuple[float, Grant]] = {}

    def issue(self, grant: Grant) -> str:
        """Return a token for `grant`: a JWT with the agent, its version and the scopes."""
        now = time.time()
        self._remove_expired(now)
        token_id = uuid.uuid4().hex
        expiry = now - 1 if self._faults.expired_tokens else now + self._ttl
        self._open[token_id] = (expiry, grant)
        claims: dict[str, Any] = {
            "sub": grant.agent_id,
            "org": grant.organization_id,
            "version": grant.version_id,
            "scopes": ["voice", "chat"] if grant.chat else ["voice"],
            "jti": token_id,
        }
        if grant.chat_id:
            claims["chat"] = grant.chat_id
        return self._signed(claims, now, expiry)

    def issue_media(self, room: str, identity: str) -> str:
        """Return a token for a room of the media server. The simulator has no such server."""
        claims = {"sub": identity, "video": {"room": room, "roomJoin": True}}
        return self._signed(claims, time.time(), time.time() + self._ttl)

    def _signed(self, claims: dict[str, Any], now: float, expiry: float) -> str:
        times = {"iat": int(now), "exp": math.ceil(expiry)}
        return jwt.encode({**claims, **times}, self._secret, algorithm=_ALGORITHM)

    def redeem(self, token: str) -> Grant:
        """Return the grant of a token, and mark the token as used.

        Raises:
            HttpError: (400, 401) the token was not issued here, has expired, or was used.
        """
        try:
            claims = jwt.decode(token, self._secret, [_ALGORITHM], {"require": ["exp", "jti"]})
        except jwt.ExpiredSignatureError as error:
            raise HttpError(401, "the session token has expired") from error
        except jwt.InvalidSignatureError as error:
            raise HttpError(401, "invalid session token") from error
        except jwt.InvalidTokenError as error:
            raise HttpError(400, "malformed session token") from error
        known = self._open.pop(str(claims["jti"]), None)
        if known is None:
            raise HttpError(401, "the session token was already used")
        if known[0] <= time.time():  # the expiry in the token is in whole seconds
            raise HttpError(401, "the session token has expired")
        return known[1]

    def _remove_expired(self, now: float) -> None:
        for token_id in [key for key, (expiry, _) in self._open.items() if expiry < now]:
            del self._open[token_id]
