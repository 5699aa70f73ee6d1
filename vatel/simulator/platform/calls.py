"""`/v1/calls`: the history of calls."""

from __future__ import annotations

from typing import Any, Callable

from dateutil.parser import isoparse
from starlette.exceptions import HTTPException

from vatel.simulator.openapi.document import Asked, Download, Handler, Json
from vatel.simulator.platform.call_record import OUTCOMES, CallRecord

_FILTERS: dict[str, Callable[[CallRecord, Any], bool]] = {
    "agent_ids": lambda call, ids: call.agent_id in ids.lower().split(","),
    "status": lambda call, status: call.status == status,
    "source": lambda call, source: call.source == source,
    "date_from": lambda call, time: call.created >= time,
    "date_to": lambda call, time: call.created <= time,
    "outbound": lambda call, text: call.outbound == (text == "true"),
    "search": lambda call, text: text in call.party_number,
    "tag": lambda call, tag: tag in call.tags,
    "outcome": lambda call, outcome: OUTCOMES.get(call.reason) == outcome,
}
"""`organization_id` is none of them: it matters to internal keys only, and here are none."""


def _calls(asked: Asked) -> Json:
    """The calls that pass the filters, newest first, a page of them."""
    page, size = asked.query.get("page", 1), asked.query.get("page_size", 20)
    passes = _filter(asked.query)
    own = (c for c in asked.platform.calls.values() if c.organization_id == asked.owner)
    calls = [call for call in own if passes(call)][::-1]  # of one instant, the last one first
    calls.sort(key=lambda call: call.created, reverse=True)
    pages = -(-len(calls) // size)
    shown = [call.to_json() for call in calls[(page - 1) * size : page * size]]
    pagination = {"page": page, "page_size": size, "total": len(calls), "total_pages": pages}
    return {
        "calls": shown,
        "pagination": {**pagination, "has_next": page < pages, "has_prev": page > 1},
    }


def _recording(asked: Asked) -> Download:
    """The recording of a call that is over."""
    call = _call(asked)
    if call.recording is None or call.ended is None:
        raise HTTPException(404, "the call has no recording")
    headers = {
        "content-type": "audio/wav",
        "content-length": str(call.recording.size),
        "content-disposition": f'attachment; filename="{call.id}.wav"',
    }
    return Download(call.recording.wav(), headers)


def _call(asked: Asked) -> CallRecord:
    call = asked.platform.calls.get(asked.ids["id"])
    if call is None or call.organization_id != asked.owner:
        raise HTTPException(404, "call not found")
    return call


def _filter(query: Json) -> Callable[[CallRecord], bool]:
    """What lets a call through that satisfies every filter in a query."""
    wanted = {name: query[name] for name in query.keys() & _FILTERS.keys()}
    for name in wanted.keys() & {"date_from", "date_to"}:
        try:
            wanted[name] = isoparse(wanted[name])
        except (ValueError, OverflowError) as error:
            raise HTTPException(400, f"{name}: {wanted[name]!r} is no time") from error
    return lambda call: all(_FILTERS[name](call, value) for name, value in wanted.items())


OPERATIONS: dict[str, Handler] = {
    "listCalls": _calls,
    "getCall": lambda asked: _call(asked).to_json(),
    "downloadCallRecording": _recording,
}
