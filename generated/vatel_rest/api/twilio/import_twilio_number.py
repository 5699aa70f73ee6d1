"""Import a Twilio number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.twilio_phone_number import TwilioPhoneNumber
from ...models.twilio_phone_number_import_input import TwilioPhoneNumberImportInput
from ...types import Response, to_json

if TYPE_CHECKING:
    import httpx


def _get_kwargs(*, body: TwilioPhoneNumberImportInput) -> Dict[str, Any]:
    return {"method": "POST", "url": "/v1/twilio/numbers", "json": to_json(body)}


def _build_response(client: Client, response: httpx.Response) -> Response[TwilioPhoneNumber]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, TwilioPhoneNumber.from_dict),
    )


def sync_detailed(
    *, client: Client, body: TwilioPhoneNumberImportInput
) -> Response[TwilioPhoneNumber]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(body=body))
    return _build_response(client, response)


def sync(*, client: Client, body: TwilioPhoneNumberImportInput) -> TwilioPhoneNumber:
    """Import a Twilio number."""
    return sync_detailed(client=client, body=body).parsed


async def asyncio_detailed(
    *, client: Client, body: TwilioPhoneNumberImportInput
) -> Response[TwilioPhoneNumber]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(body=body))
    return _build_response(client, response)


async def asyncio(*, client: Client, body: TwilioPhoneNumberImportInput) -> TwilioPhoneNumber:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(client=client, body=body)).parsed
