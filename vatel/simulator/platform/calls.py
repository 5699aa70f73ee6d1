"""Handlers for `/v1/calls`: the history of calls."""

from __future__ import annotations

from typing import Any, Callable

from dateutil.parser import isoparse

from vatel.simulator.openapi.document import Json
from vatel.simulator.openapi.errors import HttpError
from vatel.simulator.platform.api_request import ApiRequest, Download, Handler
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
"""`organization_id` is ignored: it affects only internal keys, which do not exist here."""


def _calls(request: ApiRequest) -> Json:
    """Return a page of the calls that pass the filters, newest first."""
    page, size = request.query.get("page", 1), request.query.get("page_size", 20)
    passes = _filter(request.query)
    own = (c for c in request.platform.calls.values() if c.organization_id == request.owner)
    calls = [call for call in own if passes(call)][::-1]  # at the same time: the last one first
    calls.sort(key=lambda call: call.created, reverse=True)
    pages = -(-len(calls) // size)
    shown = [call.to_json() for call in calls[(page - 1) * size : page * size]]
    pagination = {"page": page, "page_size": size, "total": len(calls), "total_pages": pages}
    return {
        "calls": shown,
        "pagination": {**pagination, "has_next": page < pages, "has_prev": page > 1},
    }


def _recording(request: ApiRequest) -> Download:
    """Return the recording of a call that has ended."""
    call = _call(request)
    if call.recording is None or call.ended is None:
        raise HttpError(404, "the call has no recording")
    headers = {
        "content-type": "audio/wav",
        "content-length": str(call.recording.size),
        "content-disposition": f'attachment; filename="{call.id}.wav"',
    }
    return Download(call.recording.wav(), headers)


def _call(request: ApiRequest) -> CallRecord:
    call = request.platform.calls.get(request.ids["id"])
    if call is None or call.organization_id != request.owner:
        raise HttpError(404, "call not found")
    return call


def _filter(query: Json) -> Callable[[CallRecord], bool]:
    """Return a predicate for calls that pass every filter of a query."""
    wanted = {name: query[name] for name in query.keys() & _FILTERS.keys()}
    for name in wanted.keys() & {"date_from", "date_to"}:
        try:
            wanted[name] = isoparse(wanted[name])
        except (ValueError, OverflowError) as error:
            raise HttpError(400, f"{name}: {wanted[name]!r} is not a time") from error
    return lambda call: all(_FILTERS[name](call, value) for name, value in wanted.items())


OPERATIONS: dict[str, Handler] = {
    "listCalls": _calls,
    "getCall": lambda request: _call(request).to_json(),
    "downloadCallRecording": _recording,
}
