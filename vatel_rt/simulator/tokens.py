"""Session tokens: signed, short-lived, good for one call."""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import dataclass
from typing import Optional

import jwt

_ALGORITHM = "HS256"


@dataclass(frozen=True)
class Grant:
    """What a token allows, and the settings for its one session."""

    agent_id: str
    organization_id: str
    version_id: Optional[str] = None
    first_message: Optional[str] = None
    prompt: Optional[str] = None
    chat: bool = False


class TokenError(Exception):
    """A token opens nothing. `status` is the HTTP status to refuse with."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class Tokens:
    """Issues tokens that are valid for `ttl` seconds, and takes each of them once."""

    def __init__(self, ttl: float = 60) -> None:
        self._ttl = ttl
        self._secret = secrets.token_bytes(32)
        self._open: dict[str, tuple[float, Grant]] = {}

    def issue(self, grant: Grant) -> str:
        """A token for `grant`: a JWT with the agent, its version and the scopes."""
        now = time.time()
        self._forget(now)
        token_id = uuid.uuid4().hex
        self._open[token_id] = (now + self._ttl, grant)
        claims = {
            "sub": grant.agent_id,
            "org": grant.organization_id,
            "version": grant.version_id,
            "scopes": ["voice", "chat"] if grant.chat else ["voice"],
            "iat": int(now),
            "exp": int(now + self._ttl),
            "jti": token_id,
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def redeem(self, token: str) -> Grant:
        """What `token` grants; the second time it grants nothing.

        Raises:
            TokenError: it is none of ours, expired, or used.
        """
        try:
            claims = jwt.decode(token, self._secret, [_ALGORITHM], {"require": ["exp", "jti"]})
        except jwt.ExpiredSignatureError as error:
            raise TokenError(401, "the session token has expired") from error
        except jwt.InvalidSignatureError as error:
            raise TokenError(401, "invalid session token") from error
        except jwt.InvalidTokenError as error:
            raise TokenError(400, "malformed session token") from error
        known = self._open.pop(str(claims["jti"]), None)
        if known is None:
            raise TokenError(401, "the session token was already used")
        return known[1]

    def _forget(self, now: float) -> None:
        for token_id in [key for key, (expiry, _) in self._open.items() if expiry < now]:
            del self._open[token_id]
