"""Operations of the group `llms`."""

from __future__ import annotations

from ...client import Client
from ...models.llm_strings_response import LLMStringsResponse
from . import list_llms


class LlmsResource:
    """Language models that an agent can use."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self) -> LLMStringsResponse:
        """List the language models.

        Returns the names that an agent's `llm` and `fallback_llm` can be set to, as
        `provider/model`.

        Returns:
            The names of the models.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return list_llms.sync(client=self._client)

    async def list_async(self) -> LLMStringsResponse:
        """List the language models.

        Returns the names that an agent's `llm` and `fallback_llm` can be set to, as
        `provider/model`.

        Returns:
            The names of the models.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return await list_llms.asyncio(client=self._client)
