"""The client: REST groups, voice sessions and calls."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property, partial
from threading import RLock
from typing import TYPE_CHECKING, Optional

from vatel_rest.resources import Resources

from vatel_rt.errors import ConfigurationError
from vatel_rt.rest.transport import RestClient
from vatel_rt.validation import NONE, check_types

if TYPE_CHECKING:
    from vatel_rt.audio.device import AudioDevice
    from vatel_rt.call.call import LiveCall
    from vatel_rt.call.tools import Tools
    from vatel_rt.realtime.connection import connect
    from vatel_rt.realtime.handshake import Token
    from vatel_rt.realtime.options import ConnectionOptions
    from vatel_rt.rest.calls import Calls
    from vatel_rt.validation import Path


def _renew_locks() -> None:
    """Give a new process new locks: another thread may have held one at the fork."""
    for value in [value for kind in Client.__mro__ for value in vars(kind).values()]:
        if isinstance(value, cached_property) and hasattr(value, "lock"):  # before Python 3.12
            setattr(value, "lock", RLock())  # noqa: B010  (unknown to type checkers)


class Client(RestClient, Resources):
    """Client of the platform, with the API key of an organization; arguments as `RestClient`.

    The groups `agents`, `calls`, `llms`, `organization`, `session`, `sip_trunks`,
    `twilio_numbers` and `voices` contain the REST operations, each with an `_async` twin.
    """

    @cached_property
    def calls(self) -> Calls:
        """The history of calls, with transcripts and recordings."""
        from vatel_rt.rest.calls import Calls

        return Calls(self)

    def connect(
        self,
        token: Token,
        url: Optional[str] = None,
        path: Optional[str] = None,
        *,
        options: Optional[ConnectionOptions] = None,
    ) -> connect:
        """Open a voice session: `await client.connect(token=...)`, or `async with`.

        Arguments and errors are those of `vatel.connect`; `url` defaults to this client's base URL.
        """
        from vatel_rt.realtime.connection import connect

        return connect(token, url or self.base_url, path, options=options)

    def call(
        self,
        agent_id: Optional[str] = None,
        *,
        token: Optional[Token] = None,
        audio: Optional[AudioDevice] = None,
        tools: Optional[Tools] = None,
        record: Optional[Path] = None,
        version_id: Optional[str] = None,
        first_message: Optional[str] = None,
        prompt: Optional[str] = None,
        options: Optional[ConnectionOptions] = None,
        start_timeout: float = 30.0,
    ) -> LiveCall:
        """Return a call to an agent, for `async with`.

        Args:
            agent_id: id of the agent; a new session token is generated for each attempt.
            token: a session token or a function that returns one, instead of `agent_id`.
            audio: microphone and speaker; silence by default.
            tools: functions that the agent may call.
            record: path of a stereo WAV file of the call: caller left, agent right as played.
            version_id: published version of the agent; defaults to the active one.
            first_message: replaces the first message of the agent.
            prompt: replaces the prompt of the agent.
            options: timeouts, limits, proxy, headers and TLS of the voice session.
            start_timeout: seconds after the opening within which the call must begin.

        Raises:
            ConfigurationError: neither or both of `agent_id` and `token` are given, or `token`
                is combined with an option of a new token.
            APIError, APIConnectionError: as `connect`, also for a new token.
            AudioError: the device does not open.
        """
        from vatel_rt.call.call import LiveCall
        from vatel_rt.realtime.options import ConnectionOptions

        if not agent_id and not token:
            hint = "pass agent_id (client.agents.list() lists agents) or token"
            raise ConfigurationError(f"no agent to call: {hint}")
        if agent_id and token:
            hint = "a session token already names its agent"
            raise ConfigurationError(f"pass agent_id or token, not both: {hint}")
        if token and (version_id or first_message or prompt):
            text = "token cannot be combined with version_id, first_message or prompt"
            raise ConfigurationError(f"{text}: pass them to session.generate_token")
        check_types(str, NONE, agent_id=agent_id)
        check_types(str, Callable, NONE, token=token)
        check_types(ConnectionOptions, NONE, options=options)

        async def new_token() -> str:
            made = await self.session.generate_token_async(
                agent_id or "", version_id=version_id, first_message=first_message, prompt=prompt
            )
            return made.token

        opening = partial(self.connect, token or new_token, options=options)
        return LiveCall(
            opening, audio=audio, tools=tools, record=record, start_timeout=start_timeout
        )


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_renew_locks)
