"""Operations of the group `voices`."""

from __future__ import annotations

from ...client import Client
from ...models.voices_list_response import VoicesListResponse
from . import list_voices


class VoicesResource:
    """Voices that an agent can speak with."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self) -> VoicesListResponse:
        """List the voices.

        Returns the voices of all speech providers. An entry's `id` and `provider` together are
        what an agent's `voice_settings` need.

        Returns:
            The voices.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return list_voices.sync(client=self._client)

    async def list_async(self) -> VoicesListResponse:
        """List the voices.

        Returns the voices of all speech providers. An entry's `id` and `provider` together are
        what an agent's `voice_settings` need.

        Returns:
            The voices.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return await list_voices.asyncio(client=self._client)
