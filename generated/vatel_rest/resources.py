"""The groups of operations of a client."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api.agents import AgentsResource
    from .api.calls import CallsResource
    from .api.llms import LlmsResource
    from .api.organization import OrganizationResource
    from .api.session import SessionResource
    from .api.sip_trunks import SipTrunksResource
    from .api.twilio import TwilioNumbersResource
    from .api.voices import VoicesResource
    from .client import Client


class Resources:
    """Base class of a `Client`: the groups of operations, each loaded when it is first used."""

    @cached_property
    def organization(self: Client) -> OrganizationResource:
        """The organization behind the API key."""
        from .api.organization import OrganizationResource

        return OrganizationResource(self)

    @cached_property
    def llms(self: Client) -> LlmsResource:
        """Language models that an agent can use."""
        from .api.llms import LlmsResource

        return LlmsResource(self)

    @cached_property
    def voices(self: Client) -> VoicesResource:
        """Voices that an agent can speak with."""
        from .api.voices import VoicesResource

        return VoicesResource(self)

    @cached_property
    def agents(self: Client) -> AgentsResource:
        """Agents, the versions of their conversation graphs, and outbound calls."""
        from .api.agents import AgentsResource

        return AgentsResource(self)

    @cached_property
    def calls(self: Client) -> CallsResource:
        """The history of calls, with transcripts and recordings."""
        from .api.calls import CallsResource

        return CallsResource(self)

    @cached_property
    def twilio_numbers(self: Client) -> TwilioNumbersResource:
        """Phone numbers imported from Twilio."""
        from .api.twilio import TwilioNumbersResource

        return TwilioNumbersResource(self)

    @cached_property
    def sip_trunks(self: Client) -> SipTrunksResource:
        """SIP trunks and the assignments that route their calls to agents."""
        from .api.sip_trunks import SipTrunksResource

        return SipTrunksResource(self)

    @cached_property
    def session(self: Client) -> SessionResource:
        """Session tokens and the voice session that they open."""
        from .api.session import SessionResource

        return SessionResource(self)
