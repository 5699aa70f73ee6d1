"""The client: REST groups, voice sessions, calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Optional

from vatel_rest.resources import Resources

from vatel_rt.errors import ConfigurationError
from vatel_rt.rest.transport import RestClient
from vatel_rt.validation import NONE, check_types

if TYPE_CHECKING:
    from vatel_rt.audio.device import AudioDevice
    from vatel_rt.audio.wav import Path
    from vatel_rt.call.call import Call
    from vatel_rt.call.tools import Tools
    from vatel_rt.realtime.connection import Connection, connect
    from vatel_rt.realtime.handshake import Token
    from vatel_rt.realtime.options import ConnectionOptions
    from vatel_rt.rest.calls import Calls


class Client(RestClient, Resources):
    """The platform, with the key of an organization.

    The groups `agents`, `calls`, `llms`, `organization`, `session`, `sip_trunks`,
    `twilio_numbers` and `voices` hold the REST operations, each with an `_async` twin.
    Arguments are those of `RestClient`.
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

        Args:
            token: session token, from `session.generate_token`, which opens one session; or a
                function, asynchronous or not, that gives a fresh one for each attempt.
            url: another base URL than this client's.
            path: another path than `/v1/connection`.
            options: timeouts, limits, proxy, headers, TLS.

        Raises:
            APIError: the handshake was refused.
            APIConnectionError: the platform could not be reached.
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
    ) -> Call:
        """A call to an agent, for `async with`.

        Args:
            agent_id: the agent; a session token is made for it, a new one for each attempt.
            token: a session token or a function that gives one, instead of an agent.
            audio: microphone and speaker, silence by default.
            tools: what the agent may call.
            record: stereo WAV file of the call: caller left, agent right as played.
            version_id: a published version of the agent, instead of the active one.
            first_message: what the agent says first, instead of its own.
            prompt: what the agent is told, instead of its own prompt.
            options: timeouts, limits, proxy, headers, TLS of the voice session.

        Raises:
            ConfigurationError: neither `agent_id` nor `token` is given, or both, or with a token
                what only a new one can take.
            APIError: the platform refused the token or the session.
            APIConnectionError: the platform could not be reached.
            AudioError: the device does not open.
        """
        from vatel_rt.call.call import Call
        from vatel_rt.realtime.options import ConnectionOptions

        if not agent_id and not token:
            raise ConfigurationError(
                "no agent to call: give agent_id (client.agents.list() has them) or a session token"
            )
        if agent_id and token:
            raise ConfigurationError("a session token names its agent: give agent_id or token")
        if token and (version_id or first_message or prompt):
            raise ConfigurationError(
                "a session token has its version, first message and prompt: generate it with them"
            )
        check_types(str, NONE, agent_id=agent_id)
        check_types(str, Callable, NONE, token=token)
        check_types(ConnectionOptions, NONE, options=options)

        async def new_token() -> str:
            made = await self.session.generate_token_async(
                agent_id or "", version_id=version_id, first_message=first_message, prompt=prompt
            )
            return made.token

        async def connect() -> Connection:
            return await self.connect(token or new_token, options=options)

        return Call(connect, audio=audio, tools=tools, record=record)
