"""`/v1/twilio/numbers`: phone numbers imported from Twilio. Nothing is asked of Twilio."""

from __future__ import annotations

from vatel_rt.simulator.operations import Asked, Handler, Json, RefusedError
from vatel_rt.simulator.records import new_id, now, stamp

TWILIO_FAILS = "FAIL"
"""An `account_sid` with this end makes Twilio fail: the import is a 502."""


async def list_numbers(asked: Asked) -> list[Json]:
    """The organization's numbers."""
    return asked.platform.owned_by(asked.owner, asked.platform.numbers)


async def import_number(asked: Asked) -> Json:
    """A number from a Twilio account."""
    wanted, platform = asked.body, asked.platform
    if wanted["account_sid"].endswith(TWILIO_FAILS):
        raise RefusedError(502, "Twilio does not know this account")
    if wanted["phone_number"] in (n["phone_number"] for n in platform.numbers.values()):
        raise RefusedError(409, "phone_number: it is imported already")
    number = {
        "id": new_id(),
        "phone_number": wanted["phone_number"],
        "phone_sid": "PN" + new_id().replace("-", ""),
        "label": wanted.get("label", ""),
        "account_sid": wanted["account_sid"],
        "created_at": stamp(now()),
        "updated_at": stamp(now()),
    }
    return platform.keep(platform.numbers, number, asked.owner)


async def patch_label(asked: Asked) -> Json:
    """Another label for a number."""
    number = asked.own(asked.platform.numbers, "number", asked.ids["id"])
    number.update(label=asked.body["label"], updated_at=stamp(now()))
    return number


OPERATIONS: dict[str, Handler] = {
    "listTwilioNumbers": list_numbers,
    "importTwilioNumber": import_number,
    "patchTwilioNumberLabel": patch_label,
}
