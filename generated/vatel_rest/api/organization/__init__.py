"""Operations of the group `organization`."""

from __future__ import annotations

from ...client import Client
from ...models.organization import Organization
from . import get_organization


class OrganizationResource:
    """The organization behind the API key."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self) -> Organization:
        """Get the organization of the API key.

        Returns the organization that the request's API key belongs to. A cheap way to test a key.

        Returns:
            The organization.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return get_organization.sync(client=self._client)

    async def get_async(self) -> Organization:
        """Get the organization of the API key.

        Returns the organization that the request's API key belongs to. A cheap way to test a key.

        Returns:
            The organization.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return await get_organization.asyncio(client=self._client)
