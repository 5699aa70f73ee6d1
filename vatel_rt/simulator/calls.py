"""`/v1/calls`: the history of calls."""

from __future__ import annotations

from datetime import datetime, timezone

from dateutil.parser import isoparse

from vatel_rt.simulator.operations import Asked, Download, Handler, Json, RefusedError
from vatel_rt.simulator.records import OUTCOMES, CallRecord

_BEGINNING = datetime.min.replace(tzinfo=timezone.utc)
_END = datetime.max.replace(tzinfo=timezone.utc)


async def list_calls(asked: Asked) -> Json:
    """The calls that pass the filters, newest first, a page of them."""
    page, size = asked.query.get("page", 1), asked.query.get("page_size", 20)
    calls = [c for c in asked.platform.calls.values() if c.organization_id == asked.owner]
    since = _instant(asked.query, "date_from", _BEGINNING)
    until = _instant(asked.query, "date_to", _END)
    calls = [c for c in reversed(calls) if since <= c.created <= until and matches(c, asked.query)]
    pages = -(-len(calls) // size)
    pagination = {
        "page": page,
        "page_size": size,
        "total": len(calls),
        "total_pages": pages,
        "has_next": page < pages,
        "has_prev": page > 1,
    }
    shown = [call.to_json() for call in calls[(page - 1) * size : page * size]]
    return {"calls": shown, "pagination": pagination}


async def get_call(asked: Asked) -> Json:
    """A call, with its transcript so far."""
    return _call(asked).to_json()


async def download_recording(asked: Asked) -> Download:
    """The recording of a call that is over."""
    call = _call(asked)
    if call.recording is None or call.ended is None:
        raise RefusedError(404, "the call has no recording")
    headers = {
        "content-type": "audio/wav",
        "content-length": str(call.recording.size),
        "content-disposition": f'attachment; filename="{call.id}.wav"',
    }
    return Download(call.recording.wav(), headers)


OPERATIONS: dict[str, Handler] = {
    "listCalls": list_calls,
    "getCall": get_call,
    "downloadCallRecording": download_recording,
}


def matches(call: CallRecord, filters: Json) -> bool:
    """Whether the query parameters of `GET /v1/calls`, other than dates, let a call through."""
    shown = call.to_json()
    return (
        all(shown[key] == filters[key] for key in ("status", "source") if key in filters)
        and call.agent_id in filters.get("agent_ids", call.agent_id).lower().split(",")
        and filters.get("organization_id", call.organization_id) == call.organization_id
        and filters.get("outcome") in {None, OUTCOMES.get(call.reason)}
        and filters.get("outbound") in {None, "true" if call.outbound else "false"}
        and filters.get("search", "") in call.party_number
        and ("tag" not in filters or filters["tag"] in call.tags)
    )


def _call(asked: Asked) -> CallRecord:
    call = asked.platform.calls.get(asked.ids["id"])
    if call is None or call.organization_id != asked.owner:
        raise RefusedError(404, "call not found")
    return call


def _instant(filters: Json, name: str, default: datetime) -> datetime:
    if name not in filters:
        return default
    try:
        time = isoparse(filters[name])
    except (ValueError, OverflowError) as error:
        raise RefusedError(400, f"{name}: {filters[name]!r} is no time") from error
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)
