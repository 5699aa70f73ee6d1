"""Operations of the group `session`."""

from __future__ import annotations

from typing import Optional, Union

from ...client import Client
from ...models.generate_session_token_request import GenerateSessionTokenRequest
from ...models.session_token_response import SessionTokenResponse
from ...models.session_transport import SessionTransport
from ...types import unset_if_none
from . import generate_session_token


class SessionResource:
    """Session tokens and the voice session that they open."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def generate_token(
        self,
        agent_id: str,
        *,
        version_id: Optional[str] = None,
        chat_id: Optional[str] = None,
        transport: Optional[Union[SessionTransport, str]] = None,
        first_message: Optional[str] = None,
        prompt: Optional[str] = None,
        chat: Optional[bool] = None,
    ) -> SessionTokenResponse:
        """Get a token for a voice session.

        Returns a short-lived token (a JWT) for one call with one agent. The token names the
        agent and the version, and grants the scope `voice`, plus `chat` on request. It opens a
        single call; get a new one for every call.

        Fields that the schema does not know are refused. For the sake of older clients the
        platform also takes `null` for an option that is not set, and a request without a body
        that names the agent in the query (`?agentId=<uuid>`). Do neither in new code: leave out
        what you do not set.

        Args:
            agent_id: Id of the agent.
            version_id: Id of a published version to use. The agent's active version if left
                out.
            chat_id: Id of a chat to continue.
            transport: How the audio of a session travels: over the voice WebSocket, which is
                the default, or over WebRTC.
            first_message: First message for this session only, in place of the agent's own.
            prompt: Prompt for this session only, in place of the agent's own.
            chat: Whether the token also gets the scope `chat`.

        Returns:
            The token; for `webrtc` also what is needed to join the room.

        Raises:
            BadRequestError: 400: The body is not valid: a field is unknown, missing or of the
                wrong type. The body of the answer is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            PermissionDeniedError: 403: The API key does not reach this far.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed; 503: This server is not set up for the
                request.
        """
        return generate_session_token.sync(
            client=self._client,
            body=GenerateSessionTokenRequest(
                agent_id=agent_id,
                version_id=unset_if_none(version_id),
                chat_id=unset_if_none(chat_id),
                transport=unset_if_none(transport),
                first_message=unset_if_none(first_message),
                prompt=unset_if_none(prompt),
                chat=unset_if_none(chat),
            ),
        )

    async def generate_token_async(
        self,
        agent_id: str,
        *,
        version_id: Optional[str] = None,
        chat_id: Optional[str] = None,
        transport: Optional[Union[SessionTransport, str]] = None,
        first_message: Optional[str] = None,
        prompt: Optional[str] = None,
        chat: Optional[bool] = None,
    ) -> SessionTokenResponse:
        """Get a token for a voice session.

        Returns a short-lived token (a JWT) for one call with one agent. The token names the
        agent and the version, and grants the scope `voice`, plus `chat` on request. It opens a
        single call; get a new one for every call.

        Fields that the schema does not know are refused. For the sake of older clients the
        platform also takes `null` for an option that is not set, and a request without a body
        that names the agent in the query (`?agentId=<uuid>`). Do neither in new code: leave out
        what you do not set.

        Args:
            agent_id: Id of the agent.
            version_id: Id of a published version to use. The agent's active version if left
                out.
            chat_id: Id of a chat to continue.
            transport: How the audio of a session travels: over the voice WebSocket, which is
                the default, or over WebRTC.
            first_message: First message for this session only, in place of the agent's own.
            prompt: Prompt for this session only, in place of the agent's own.
            chat: Whether the token also gets the scope `chat`.

        Returns:
            The token; for `webrtc` also what is needed to join the room.

        Raises:
            BadRequestError: 400: The body is not valid: a field is unknown, missing or of the
                wrong type. The body of the answer is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            PermissionDeniedError: 403: The API key does not reach this far.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed; 503: This server is not set up for the
                request.
        """
        return await generate_session_token.asyncio(
            client=self._client,
            body=GenerateSessionTokenRequest(
                agent_id=agent_id,
                version_id=unset_if_none(version_id),
                chat_id=unset_if_none(chat_id),
                transport=unset_if_none(transport),
                first_message=unset_if_none(first_message),
                prompt=unset_if_none(prompt),
                chat=unset_if_none(chat),
            ),
        )
