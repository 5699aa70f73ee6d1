"""The client: REST groups, voice sessions, calls."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Optional

from vatel_rest.resources import Resources

from vatel_rt.rest import RestClient

if TYPE_CHECKING:
    from vatel_rt.audio.device import AudioDevice
    from vatel_rt.audio.wav import Path
    from vatel_rt.call import Call
    from vatel_rt.calls import Calls
    from vatel_rt.connection import Connection, connect
    from vatel_rt.tools import Tools


class Client(RestClient, Resources):
    """The platform, with the key of an organization.

    The groups `agents`, `calls`, `llms`, `organization`, `session`, `sip_trunks`,
    `twilio_numbers` and `voices` hold the REST operations, each with an `_async` twin.
    Arguments are those of `RestClient`.
    """

    @cached_property
    def calls(self) -> Calls:
        """The history of calls, with transcripts and recordings."""
        from vatel_rt.calls import Calls

        return Calls(self)

    def connect(self, token: str, url: Optional[str] = None, path: Optional[str] = None) -> connect:
        """Open a voice session: `await client.connect(token=...)`, or `async with`.

        Args:
            token: session token, from `session.generate_token`; it opens one session.
            url: another base URL than this client's.
            path: another path than `/v1/connection`.

        Raises:
            APIError: the handshake was refused.
            APIConnectionError: the platform could not be reached.
        """
        from vatel_rt.connection import connect

        return connect(token, url or self.base_url, path)

    def call(
        self,
        agent_id: Optional[str] = None,
        *,
        token: Optional[str] = None,
        audio: Optional[AudioDevice] = None,
        tools: Optional[Tools] = None,
        record: Optional[Path] = None,
        version_id: Optional[str] = None,
        first_message: Optional[str] = None,
        prompt: Optional[str] = None,
    ) -> Call:
        """A call to an agent, for `async with`.

        Args:
            agent_id: the agent; a session token is made for it.
            token: a session token, instead of an agent.
            audio: microphone and speaker, silence by default.
            tools: what the agent may call.
            record: stereo WAV file of the call: caller left, agent right as played.
            version_id: a published version of the agent, instead of the active one.
            first_message: what the agent says first, instead of its own.
            prompt: what the agent is told, instead of its own prompt.

        Raises:
            ConfigurationError: neither `agent_id` nor `token` is given.
            APIError: the platform refused the token or the session.
            APIConnectionError: the platform could not be reached.
            AudioError: the device does not open.
        """
        from vatel_rt.call import Call
        from vatel_rt.errors import ConfigurationError

        if not agent_id and not token:
            raise ConfigurationError("no agent to call: give agent_id or a session token")

        async def connect() -> Connection:
            if token:
                return await self.connect(token)
            made = await self.session.generate_token_async(
                agent_id or "", version_id=version_id, first_message=first_message, prompt=prompt
            )
            return await self.connect(made.token)

        return Call(connect, audio=audio, tools=tools, record=record)
