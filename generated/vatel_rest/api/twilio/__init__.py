"""Operations of the group `twilio_numbers`."""

from __future__ import annotations

from typing import List

from ...client import Client
from ...models.twilio_phone_number import TwilioPhoneNumber
from ...models.twilio_phone_number_import_input import TwilioPhoneNumberImportInput
from ...models.twilio_phone_number_label_patch_input import TwilioPhoneNumberLabelPatchInput
from . import import_twilio_number, list_twilio_numbers, patch_twilio_number_label


class TwilioNumbersResource:
    """Phone numbers imported from Twilio."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self) -> List[TwilioPhoneNumber]:
        """List the imported Twilio numbers.

        Returns the phone numbers that the organization has imported from Twilio.

        Returns:
            The numbers.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return list_twilio_numbers.sync(client=self._client)

    async def list_async(self) -> List[TwilioPhoneNumber]:
        """List the imported Twilio numbers.

        Returns the phone numbers that the organization has imported from Twilio.

        Returns:
            The numbers.

        Raises:
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return await list_twilio_numbers.asyncio(client=self._client)

    def import_number(self, body: TwilioPhoneNumberImportInput) -> TwilioPhoneNumber:
        """Import a Twilio number.

        Imports a number from a Twilio account, so that agents can use it. Assign it to an agent
        with the agent's `phone_number_id`.

        Args:
            body: A number to import, and access to the Twilio account that it belongs to.

        Returns:
            The imported number.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed; 502: A service behind the platform failed.
        """
        return import_twilio_number.sync(client=self._client, body=body)

    async def import_number_async(self, body: TwilioPhoneNumberImportInput) -> TwilioPhoneNumber:
        """Import a Twilio number.

        Imports a number from a Twilio account, so that agents can use it. Assign it to an agent
        with the agent's `phone_number_id`.

        Args:
            body: A number to import, and access to the Twilio account that it belongs to.

        Returns:
            The imported number.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ConflictError: 409: The request is at odds with what exists already.
            ServerError: 500: The platform failed; 502: A service behind the platform failed.
        """
        return await import_twilio_number.asyncio(client=self._client, body=body)

    def update_label(self, id: str, body: TwilioPhoneNumberLabelPatchInput) -> TwilioPhoneNumber:
        """Change the label of a Twilio number.

        Changes the label, the only thing about an imported number that can be changed.

        Args:
            id: Id of the imported number (not Twilio's SID).
            body: A new label for an imported number.

        Returns:
            The changed number.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such number.
            ServerError: 500: The platform failed.
        """
        return patch_twilio_number_label.sync(client=self._client, id=id, body=body)

    async def update_label_async(
        self, id: str, body: TwilioPhoneNumberLabelPatchInput
    ) -> TwilioPhoneNumber:
        """Change the label of a Twilio number.

        Changes the label, the only thing about an imported number that can be changed.

        Args:
            id: Id of the imported number (not Twilio's SID).
            body: A new label for an imported number.

        Returns:
            The changed number.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such number.
            ServerError: 500: The platform failed.
        """
        return await patch_twilio_number_label.asyncio(client=self._client, id=id, body=body)
