"""Operations of the group `agents`."""

from __future__ import annotations

from typing import List, Optional

from ...client import Client
from ...models.agent import Agent
from ...models.agent_create_input import AgentCreateInput
from ...models.agent_update_input import AgentUpdateInput
from ...models.dial_agent_response import DialAgentResponse
from ...models.graph_version import GraphVersion
from ...models.graph_version_detail import GraphVersionDetail
from . import (
    create_agent,
    delete_agent,
    dial_agent,
    get_agent,
    get_agent_graph_version,
    list_agent_graph_versions,
    list_agents,
    patch_agent,
    publish_agent_graph_version,
)


class AgentsResource:
    """Agents, the versions of their conversation graphs, and outbound calls."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self) -> List[Agent]:
        """List the agents.

        Returns the agents of the organization.

        Returns:
            The agents.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return list_agents.sync(client=self._client)

    async def list_async(self) -> List[Agent]:
        """List the agents.

        Returns the agents of the organization.

        Returns:
            The agents.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return await list_agents.asyncio(client=self._client)

    def create(self, body: AgentCreateInput) -> Agent:
        """Create an agent.

        Creates an agent. Only its name is required; the platform fills in the rest.

        Args:
            body: Settings of a new agent. Leave out what the platform should choose.

        Returns:
            The new agent.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return create_agent.sync(client=self._client, body=body)

    async def create_async(self, body: AgentCreateInput) -> Agent:
        """Create an agent.

        Creates an agent. Only its name is required; the platform fills in the rest.

        Args:
            body: Settings of a new agent. Leave out what the platform should choose.

        Returns:
            The new agent.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return await create_agent.asyncio(client=self._client, body=body)

    def get(self, agent_id: str) -> Agent:
        """Get an agent.

        Returns one agent with all its settings.

        Args:
            agent_id: Id of the agent.

        Returns:
            The agent.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed.
        """
        return get_agent.sync(client=self._client, id=agent_id)

    async def get_async(self, agent_id: str) -> Agent:
        """Get an agent.

        Returns one agent with all its settings.

        Args:
            agent_id: Id of the agent.

        Returns:
            The agent.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed.
        """
        return await get_agent.asyncio(client=self._client, id=agent_id)

    def delete(self, agent_id: str) -> None:
        """Delete an agent.

        Deletes the agent. The answer has no body.

        Args:
            agent_id: Id of the agent.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed.
        """
        return delete_agent.sync(client=self._client, id=agent_id)

    async def delete_async(self, agent_id: str) -> None:
        """Delete an agent.

        Deletes the agent. The answer has no body.

        Args:
            agent_id: Id of the agent.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed.
        """
        return await delete_agent.asyncio(client=self._client, id=agent_id)

    def update(self, agent_id: str, body: AgentUpdateInput) -> Agent:
        """Change an agent.

        Changes the settings that the body holds, keeps all others, and returns the agent as it
        is afterwards.

        - `vad_settings` is merged: values that are left out keep what they are.
        - `keyterms` is not: the list in the body takes the place of the old one.
        - `phone_number_id: null` takes the phone number away from the agent.

        Args:
            agent_id: Id of the agent.
            body: The settings to change. What is left out stays as it is.

        Returns:
            The changed agent.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed.
        """
        return patch_agent.sync(client=self._client, id=agent_id, body=body)

    async def update_async(self, agent_id: str, body: AgentUpdateInput) -> Agent:
        """Change an agent.

        Changes the settings that the body holds, keeps all others, and returns the agent as it
        is afterwards.

        - `vad_settings` is merged: values that are left out keep what they are.
        - `keyterms` is not: the list in the body takes the place of the old one.
        - `phone_number_id: null` takes the phone number away from the agent.

        Args:
            agent_id: Id of the agent.
            body: The settings to change. What is left out stays as it is.

        Returns:
            The changed agent.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed.
        """
        return await patch_agent.asyncio(client=self._client, id=agent_id, body=body)

    def list_versions(self, agent_id: str) -> List[GraphVersion]:
        """List the versions of an agent.

        Returns the versions of the agent's conversation graph without their nodes; get a single
        version to see those.

        Args:
            agent_id: Id of the agent.

        Returns:
            The versions.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed.
        """
        return list_agent_graph_versions.sync(client=self._client, id=agent_id)

    async def list_versions_async(self, agent_id: str) -> List[GraphVersion]:
        """List the versions of an agent.

        Returns the versions of the agent's conversation graph without their nodes; get a single
        version to see those.

        Args:
            agent_id: Id of the agent.

        Returns:
            The versions.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed.
        """
        return await list_agent_graph_versions.asyncio(client=self._client, id=agent_id)

    def get_version(self, agent_id: str, version_id: str) -> GraphVersionDetail:
        """Get a version of an agent.

        Returns one version together with the nodes of its conversation graph.

        Args:
            agent_id: Id of the agent.
            version_id: Id of the version.

        Returns:
            The version and its nodes.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent or no such version.
            ServerError: 500: The platform failed.
        """
        return get_agent_graph_version.sync(client=self._client, id=agent_id, version_id=version_id)

    async def get_version_async(self, agent_id: str, version_id: str) -> GraphVersionDetail:
        """Get a version of an agent.

        Returns one version together with the nodes of its conversation graph.

        Args:
            agent_id: Id of the agent.
            version_id: Id of the version.

        Returns:
            The version and its nodes.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent or no such version.
            ServerError: 500: The platform failed.
        """
        return await get_agent_graph_version.asyncio(
            client=self._client, id=agent_id, version_id=version_id
        )

    def publish_version(self, agent_id: str, version_id: str) -> GraphVersion:
        """Publish a version of an agent.

        Makes the version the one that the agent uses in its calls, fills in `published_at`, and
        returns the version. A version can be published once.

        Args:
            agent_id: Id of the agent.
            version_id: Id of the version.

        Returns:
            The version, now published.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent or no such version.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed.
        """
        return publish_agent_graph_version.sync(
            client=self._client, id=agent_id, version_id=version_id
        )

    async def publish_version_async(self, agent_id: str, version_id: str) -> GraphVersion:
        """Publish a version of an agent.

        Makes the version the one that the agent uses in its calls, fills in `published_at`, and
        returns the version. A version can be published once.

        Args:
            agent_id: Id of the agent.
            version_id: Id of the version.

        Returns:
            The version, now published.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such agent or no such version.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed.
        """
        return await publish_agent_graph_version.asyncio(
            client=self._client, id=agent_id, version_id=version_id
        )

    def dial(
        self,
        agent_id: str,
        number: Optional[str] = None,
        *,
        destination: Optional[str] = None,
        sip_trunk_id: Optional[str] = None,
        caller_id: Optional[str] = None,
        first_message: Optional[str] = None,
        prompt: Optional[str] = None,
    ) -> DialAgentResponse:
        """Call a phone number with an agent.

        Places an outbound call in which the agent talks to whoever answers. There is no request
        body: all arguments are query parameters, named in camelCase. Say whom to call with
        `number` or `destination`, which mean the same.

        **Without `sipTrunkId`** the agent's Twilio number places the call. The agent has to be
        active and to have a number.

        **With `sipTrunkId`** the trunk places the call, after the answer has been sent. The
        trunk has to be assigned to the agent.

        Never repeat this request automatically: each one that is accepted rings a phone. After
        a timeout or a lost connection, look at the call history before you try again.

        Args:
            agent_id: Id of the agent.
            number: The number to call. The same as `destination`; if both are given, they have
                to be equal.
            destination: The number to call. The same as `number`; if both are given, they have
                to be equal.
            sip_trunk_id: Id of a trunk assigned to the agent. The call then goes out through
                it, not through Twilio.
            caller_id: User part of the SIP From header on a call through a trunk. The agent's
                id if left out.
            first_message: First message for this call only, in place of the agent's own.
            prompt: Prompt for this call only, in place of the agent's own.

        Returns:
            The call was accepted. That does not mean that it was answered.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid.
            PermissionDeniedError: 403: The API key does not reach this far.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed; 503: This server is not set up for the
                request.
        """
        return dial_agent.sync(
            client=self._client,
            id=agent_id,
            number=number,
            destination=destination,
            sip_trunk_id=sip_trunk_id,
            caller_id=caller_id,
            first_message=first_message,
            prompt=prompt,
        )

    async def dial_async(
        self,
        agent_id: str,
        number: Optional[str] = None,
        *,
        destination: Optional[str] = None,
        sip_trunk_id: Optional[str] = None,
        caller_id: Optional[str] = None,
        first_message: Optional[str] = None,
        prompt: Optional[str] = None,
    ) -> DialAgentResponse:
        """Call a phone number with an agent.

        Places an outbound call in which the agent talks to whoever answers. There is no request
        body: all arguments are query parameters, named in camelCase. Say whom to call with
        `number` or `destination`, which mean the same.

        **Without `sipTrunkId`** the agent's Twilio number places the call. The agent has to be
        active and to have a number.

        **With `sipTrunkId`** the trunk places the call, after the answer has been sent. The
        trunk has to be assigned to the agent.

        Never repeat this request automatically: each one that is accepted rings a phone. After
        a timeout or a lost connection, look at the call history before you try again.

        Args:
            agent_id: Id of the agent.
            number: The number to call. The same as `destination`; if both are given, they have
                to be equal.
            destination: The number to call. The same as `number`; if both are given, they have
                to be equal.
            sip_trunk_id: Id of a trunk assigned to the agent. The call then goes out through
                it, not through Twilio.
            caller_id: User part of the SIP From header on a call through a trunk. The agent's
                id if left out.
            first_message: First message for this call only, in place of the agent's own.
            prompt: Prompt for this call only, in place of the agent's own.

        Returns:
            The call was accepted. That does not mean that it was answered.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid.
            PermissionDeniedError: 403: The API key does not reach this far.
            NotFoundError: 404: There is no such agent.
            ServerError: 500: The platform failed; 503: This server is not set up for the
                request.
        """
        return await dial_agent.asyncio(
            client=self._client,
            id=agent_id,
            number=number,
            destination=destination,
            sip_trunk_id=sip_trunk_id,
            caller_id=caller_id,
            first_message=first_message,
            prompt=prompt,
        )
