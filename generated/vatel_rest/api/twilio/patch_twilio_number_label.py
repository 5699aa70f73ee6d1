"""Change the label of a Twilio number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.twilio_phone_number import TwilioPhoneNumber
from ...models.twilio_phone_number_label_patch_input import TwilioPhoneNumberLabelPatchInput
from ...types import Response, segment, to_json

if TYPE_CHECKING:
    import httpx


def _get_kwargs(id: str, *, body: TwilioPhoneNumberLabelPatchInput) -> Dict[str, Any]:
    return {"method": "PATCH", "url": f"/v1/twilio/numbers/{segment(id)}", "json": to_json(body)}


def _build_response(client: Client, response: httpx.Response) -> Response[TwilioPhoneNumber]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, TwilioPhoneNumber.from_dict),
    )


def sync_detailed(
    id: str, *, client: Client, body: TwilioPhoneNumberLabelPatchInput
) -> Response[TwilioPhoneNumber]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(id, body=body))
    return _build_response(client, response)


def sync(id: str, *, client: Client, body: TwilioPhoneNumberLabelPatchInput) -> TwilioPhoneNumber:
    """Change the label of a Twilio number."""
    return sync_detailed(id, client=client, body=body).parsed


async def asyncio_detailed(
    id: str, *, client: Client, body: TwilioPhoneNumberLabelPatchInput
) -> Response[TwilioPhoneNumber]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(id, body=body))
    return _build_response(client, response)


async def asyncio(
    id: str, *, client: Client, body: TwilioPhoneNumberLabelPatchInput
) -> TwilioPhoneNumber:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(id, client=client, body=body)).parsed
