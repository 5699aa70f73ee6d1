"""Operations of the group `sip_trunks`."""

from __future__ import annotations

from typing import List

from ...client import Client
from ...models.sip_trunk import SipTrunk
from ...models.sip_trunk_agent_assignment import SipTrunkAgentAssignment
from ...models.sip_trunk_agent_assignment_create_input import SipTrunkAgentAssignmentCreateInput
from ...models.sip_trunk_agent_assignment_patch_input import SipTrunkAgentAssignmentPatchInput
from ...models.sip_trunk_create_input import SipTrunkCreateInput
from ...models.sip_trunk_update_input import SipTrunkUpdateInput
from . import (
    create_sip_trunk,
    create_sip_trunk_agent_assignment,
    delete_sip_trunk,
    delete_sip_trunk_agent_assignment,
    get_sip_trunk,
    get_sip_trunk_agent_assignment,
    list_sip_trunk_agent_assignments,
    list_sip_trunks,
    patch_sip_trunk,
    patch_sip_trunk_agent_assignment,
)


class SipTrunksResource:
    """SIP trunks and the assignments that route their calls to agents."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self) -> List[SipTrunk]:
        """List the SIP trunks.

        Returns the SIP trunks of the organization, without their passwords.

        Returns:
            The trunks.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return list_sip_trunks.sync(client=self._client)

    async def list_async(self) -> List[SipTrunk]:
        """List the SIP trunks.

        Returns the SIP trunks of the organization, without their passwords.

        Returns:
            The trunks.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return await list_sip_trunks.asyncio(client=self._client)

    def create(self, body: SipTrunkCreateInput) -> SipTrunk:
        """Create a SIP trunk.

        Creates a trunk. The presets `3cx`, `yeastar` and `webex` fill in what suits that
        telephone system; `generic` assumes nothing, so give every setting. Afterwards, assign
        agents to the trunk.

        Args:
            body: Settings of a new trunk. Leave out what does not apply; `null` is taken as
                left out.

        Returns:
            The new trunk.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed; 503: This server is not set up for the
                request.
        """
        return create_sip_trunk.sync(client=self._client, body=body)

    async def create_async(self, body: SipTrunkCreateInput) -> SipTrunk:
        """Create a SIP trunk.

        Creates a trunk. The presets `3cx`, `yeastar` and `webex` fill in what suits that
        telephone system; `generic` assumes nothing, so give every setting. Afterwards, assign
        agents to the trunk.

        Args:
            body: Settings of a new trunk. Leave out what does not apply; `null` is taken as
                left out.

        Returns:
            The new trunk.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed; 503: This server is not set up for the
                request.
        """
        return await create_sip_trunk.asyncio(client=self._client, body=body)

    def get(self, trunk_id: str) -> SipTrunk:
        """Get a SIP trunk.

        Returns one trunk, without its passwords.

        Args:
            trunk_id: Id of the trunk.

        Returns:
            The trunk.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such trunk.
        """
        return get_sip_trunk.sync(client=self._client, id=trunk_id)

    async def get_async(self, trunk_id: str) -> SipTrunk:
        """Get a SIP trunk.

        Returns one trunk, without its passwords.

        Args:
            trunk_id: Id of the trunk.

        Returns:
            The trunk.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such trunk.
        """
        return await get_sip_trunk.asyncio(client=self._client, id=trunk_id)

    def delete(self, trunk_id: str) -> None:
        """Delete a SIP trunk.

        Deletes the trunk. The answer has no body.

        Args:
            trunk_id: Id of the trunk.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such trunk.
            ServerError: 500: The platform failed.
        """
        return delete_sip_trunk.sync(client=self._client, id=trunk_id)

    async def delete_async(self, trunk_id: str) -> None:
        """Delete a SIP trunk.

        Deletes the trunk. The answer has no body.

        Args:
            trunk_id: Id of the trunk.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such trunk.
            ServerError: 500: The platform failed.
        """
        return await delete_sip_trunk.asyncio(client=self._client, id=trunk_id)

    def update(self, trunk_id: str, body: SipTrunkUpdateInput) -> SipTrunk:
        """Change a SIP trunk.

        Changes the settings that the body holds, keeps all others, and returns the trunk as it
        is afterwards. The body needs at least one field.

        - An empty string clears a text field.
        - An empty list and `null` both remove all `caller_id_transforms`.

        Args:
            trunk_id: Id of the trunk.
            body: The settings to change, at least one. What is left out stays as it is, and an
                empty string clears a text field. The effect of `null` is specified for
                `caller_id_transforms` only.

        Returns:
            The changed trunk.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such trunk.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed.
        """
        return patch_sip_trunk.sync(client=self._client, id=trunk_id, body=body)

    async def update_async(self, trunk_id: str, body: SipTrunkUpdateInput) -> SipTrunk:
        """Change a SIP trunk.

        Changes the settings that the body holds, keeps all others, and returns the trunk as it
        is afterwards. The body needs at least one field.

        - An empty string clears a text field.
        - An empty list and `null` both remove all `caller_id_transforms`.

        Args:
            trunk_id: Id of the trunk.
            body: The settings to change, at least one. What is left out stays as it is, and an
                empty string clears a text field. The effect of `null` is specified for
                `caller_id_transforms` only.

        Returns:
            The changed trunk.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such trunk.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed.
        """
        return await patch_sip_trunk.asyncio(client=self._client, id=trunk_id, body=body)

    def list_assignments(self, trunk_id: str) -> List[SipTrunkAgentAssignment]:
        """List the agents assigned to a SIP trunk.

        Returns the assignments of the trunk.

        Args:
            trunk_id: Id of the trunk.

        Returns:
            The assignments.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such trunk.
            ServerError: 500: The platform failed.
        """
        return list_sip_trunk_agent_assignments.sync(client=self._client, id=trunk_id)

    async def list_assignments_async(self, trunk_id: str) -> List[SipTrunkAgentAssignment]:
        """List the agents assigned to a SIP trunk.

        Returns the assignments of the trunk.

        Args:
            trunk_id: Id of the trunk.

        Returns:
            The assignments.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such trunk.
            ServerError: 500: The platform failed.
        """
        return await list_sip_trunk_agent_assignments.asyncio(client=self._client, id=trunk_id)

    def create_assignment(
        self, trunk_id: str, body: SipTrunkAgentAssignmentCreateInput
    ) -> SipTrunkAgentAssignment:
        """Assign an agent to a SIP trunk.

        Binds an agent to the trunk: the agent answers calls to its numbers, and may dial out
        through the trunk.

        - `number` routes the calls of trunks with `digest` authentication. It is unique on its
          trunk.
        - `alternate_number` routes the calls of trunks with `acl` authentication. It is unique
          across all trunks.

        Both may be given.

        Args:
            trunk_id: Id of the trunk.
            body: An agent for a trunk, and the numbers that lead to it. Either number may be
                given, or both.

        Returns:
            The new assignment.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such trunk.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed.
        """
        return create_sip_trunk_agent_assignment.sync(client=self._client, id=trunk_id, body=body)

    async def create_assignment_async(
        self, trunk_id: str, body: SipTrunkAgentAssignmentCreateInput
    ) -> SipTrunkAgentAssignment:
        """Assign an agent to a SIP trunk.

        Binds an agent to the trunk: the agent answers calls to its numbers, and may dial out
        through the trunk.

        - `number` routes the calls of trunks with `digest` authentication. It is unique on its
          trunk.
        - `alternate_number` routes the calls of trunks with `acl` authentication. It is unique
          across all trunks.

        Both may be given.

        Args:
            trunk_id: Id of the trunk.
            body: An agent for a trunk, and the numbers that lead to it. Either number may be
                given, or both.

        Returns:
            The new assignment.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such trunk.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed.
        """
        return await create_sip_trunk_agent_assignment.asyncio(
            client=self._client, id=trunk_id, body=body
        )

    def get_assignment(self, assignment_id: str) -> SipTrunkAgentAssignment:
        """Get the assignment of an agent to a SIP trunk.

        Returns one assignment.

        Args:
            assignment_id: Id of the assignment.

        Returns:
            The assignment.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such assignment.
            ServerError: 500: The platform failed.
        """
        return get_sip_trunk_agent_assignment.sync(client=self._client, assignment_id=assignment_id)

    async def get_assignment_async(self, assignment_id: str) -> SipTrunkAgentAssignment:
        """Get the assignment of an agent to a SIP trunk.

        Returns one assignment.

        Args:
            assignment_id: Id of the assignment.

        Returns:
            The assignment.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such assignment.
            ServerError: 500: The platform failed.
        """
        return await get_sip_trunk_agent_assignment.asyncio(
            client=self._client, assignment_id=assignment_id
        )

    def delete_assignment(self, assignment_id: str) -> None:
        """Delete the assignment of an agent to a SIP trunk.

        Releases the agent from the trunk. The answer has no body; trunk and agent stay.

        Args:
            assignment_id: Id of the assignment.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such assignment.
            ServerError: 500: The platform failed.
        """
        return delete_sip_trunk_agent_assignment.sync(
            client=self._client, assignment_id=assignment_id
        )

    async def delete_assignment_async(self, assignment_id: str) -> None:
        """Delete the assignment of an agent to a SIP trunk.

        Releases the agent from the trunk. The answer has no body; trunk and agent stay.

        Args:
            assignment_id: Id of the assignment.

        Raises:
            BadRequestError: 400: An id in the path is not a UUID. The body is not specified.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such assignment.
            ServerError: 500: The platform failed.
        """
        return await delete_sip_trunk_agent_assignment.asyncio(
            client=self._client, assignment_id=assignment_id
        )

    def update_assignment(
        self, assignment_id: str, body: SipTrunkAgentAssignmentPatchInput
    ) -> SipTrunkAgentAssignment:
        """Change the assignment of an agent to a SIP trunk.

        Changes the numbers of the assignment. A number that is left out stays, one that is `null`
        is cleared. To move an agent to another trunk, create a new assignment there.

        Args:
            assignment_id: Id of the assignment.
            body: The numbers to change. What is left out stays as it is, and `null` clears.

        Returns:
            The changed assignment.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such assignment.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed.
        """
        return patch_sip_trunk_agent_assignment.sync(
            client=self._client, assignment_id=assignment_id, body=body
        )

    async def update_assignment_async(
        self, assignment_id: str, body: SipTrunkAgentAssignmentPatchInput
    ) -> SipTrunkAgentAssignment:
        """Change the assignment of an agent to a SIP trunk.

        Changes the numbers of the assignment. A number that is left out stays, one that is `null`
        is cleared. To move an agent to another trunk, create a new assignment there.

        Args:
            assignment_id: Id of the assignment.
            body: The numbers to change. What is left out stays as it is, and `null` clears.

        Returns:
            The changed assignment.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such assignment.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed.
        """
        return await patch_sip_trunk_agent_assignment.asyncio(
            client=self._client, assignment_id=assignment_id, body=body
        )
