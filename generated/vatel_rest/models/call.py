from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List, Optional, Union

from attrs import define, field

from ..models.call_source import CallSource
from ..models.call_status import CallStatus
from ..types import items_of, list_of, one_of, optional, written


@define(kw_only=True)
class Call:
    """A call and what is known about it. Timestamps are RFC 3339 and may be empty strings.

    Attributes:
        id: Id of the call. In a voice session, `session_started` names it.
        agent_id: Id of the agent.
        graph_version_id: Id of the version that the agent used.
        organization_id: Id of the organization.
        party_number: Phone number of the party that the agent talked to.
        status: How far a call has come. `ended` is a call that is over, `auth_failed` one
            that was turned away.
        source: How a call came about: through a Twilio number, through a SIP trunk, as a
            simulation, or through the API.
        termination_reason: Why the call ended. The filter `outcome` groups these reasons.
        extracted_variables: What was learned from the conversation. Absent when there is
            nothing.
        outbound: Whether the platform placed the call.
        outbound_contact_id: Id of the contact that was called, on calls made from a contact
            list.
        outbound_list_run_id: Id of the run through a contact list that the call was part
            of.
        created_at: When the call was created. `date_from` and `date_to` filter by it.
        connected_at: When the call was connected. May be empty.
        started_at: When the conversation started. May be empty.
        ended_at: When the call ended. Empty while it lasts.
        summary: Summary of the conversation, for agents with `summarize_calls`.
        transcript: Absent when there is none.
        cost: What the customer pays for the call.
        tags: Tags of the call.
        duration_seconds: Duration in seconds.
        feedback: Absent when nobody has rated the call.
    """

    id: Optional[str] = None
    agent_id: Optional[str] = None
    graph_version_id: Optional[str] = None
    organization_id: Optional[str] = None
    party_number: Optional[str] = None
    status: Optional[Union[CallStatus, str]] = None
    source: Optional[Union[CallSource, str]] = None
    termination_reason: Optional[str] = None
    extracted_variables: Optional[List[ContextVariable]] = None
    outbound: Optional[bool] = None
    outbound_contact_id: Optional[str] = None
    outbound_list_run_id: Optional[str] = None
    created_at: Optional[str] = None
    connected_at: Optional[str] = None
    started_at: Optional[str] = None
    ended_at: Optional[str] = None
    summary: Optional[str] = None
    transcript: Optional[Transcript] = None
    cost: Optional[float] = None
    tags: Optional[List[str]] = None
    duration_seconds: Optional[int] = None
    feedback: Optional[CallFeedback] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "id": self.id,
            "agent_id": self.agent_id,
            "graph_version_id": self.graph_version_id,
            "organization_id": self.organization_id,
            "party_number": self.party_number,
            "status": self.status,
            "source": self.source,
            "termination_reason": self.termination_reason,
            "extracted_variables": self.extracted_variables,
            "outbound": self.outbound,
            "outbound_contact_id": self.outbound_contact_id,
            "outbound_list_run_id": self.outbound_list_run_id,
            "created_at": self.created_at,
            "connected_at": self.connected_at,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "summary": self.summary,
            "transcript": self.transcript,
            "cost": self.cost,
            "tags": self.tags,
            "duration_seconds": self.duration_seconds,
            "feedback": self.feedback,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Call:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            id=take("id", None),
            agent_id=take("agent_id", None),
            graph_version_id=take("graph_version_id", None),
            organization_id=take("organization_id", None),
            party_number=take("party_number", None),
            status=optional(take("status", None), one_of(CallStatus)),
            source=optional(take("source", None), one_of(CallSource)),
            termination_reason=take("termination_reason", None),
            extracted_variables=optional(
                take("extracted_variables", None), list_of(ContextVariable.from_dict)
            ),
            outbound=take("outbound", None),
            outbound_contact_id=take("outbound_contact_id", None),
            outbound_list_run_id=take("outbound_list_run_id", None),
            created_at=take("created_at", None),
            connected_at=take("connected_at", None),
            started_at=take("started_at", None),
            ended_at=take("ended_at", None),
            summary=take("summary", None),
            transcript=optional(take("transcript", None), Transcript.from_dict),
            cost=take("cost", None),
            tags=optional(take("tags", None), items_of),
            duration_seconds=take("duration_seconds", None),
            feedback=optional(take("feedback", None), CallFeedback.from_dict),
            additional_properties=fields or {},
        )


from ..models.call_feedback import CallFeedback
from ..models.context_variable import ContextVariable
from ..models.transcript import Transcript
