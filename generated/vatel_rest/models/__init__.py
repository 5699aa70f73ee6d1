"""The models of the platform's objects, each loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from .agent import Agent as Agent
    from .agent_create_input import AgentCreateInput as AgentCreateInput
    from .agent_status import AgentStatus as AgentStatus
    from .agent_update_input import AgentUpdateInput as AgentUpdateInput
    from .call import Call as Call
    from .call_feedback import CallFeedback as CallFeedback
    from .call_outcome import CallOutcome as CallOutcome
    from .call_source import CallSource as CallSource
    from .call_status import CallStatus as CallStatus
    from .caller_transform_type import CallerTransformType as CallerTransformType
    from .context_variable import ContextVariable as ContextVariable
    from .context_variable_type import ContextVariableType as ContextVariableType
    from .dial_agent_response import DialAgentResponse as DialAgentResponse
    from .error_response import ErrorResponse as ErrorResponse
    from .generate_session_token_request import (
        GenerateSessionTokenRequest as GenerateSessionTokenRequest,
    )
    from .graph_node import GraphNode as GraphNode
    from .graph_version import GraphVersion as GraphVersion
    from .graph_version_detail import GraphVersionDetail as GraphVersionDetail
    from .llm_strings_response import LLMStringsResponse as LLMStringsResponse
    from .noise_cancel_settings import NoiseCancelSettings as NoiseCancelSettings
    from .organization import Organization as Organization
    from .outbound_filter import OutboundFilter as OutboundFilter
    from .paginated_calls_response import PaginatedCallsResponse as PaginatedCallsResponse
    from .pagination_info import PaginationInfo as PaginationInfo
    from .pbx_type import PbxType as PbxType
    from .registration_status import RegistrationStatus as RegistrationStatus
    from .session_token_response import SessionTokenResponse as SessionTokenResponse
    from .session_transport import SessionTransport as SessionTransport
    from .sip_trunk import SipTrunk as SipTrunk
    from .sip_trunk_agent_assignment import SipTrunkAgentAssignment as SipTrunkAgentAssignment
    from .sip_trunk_agent_assignment_create_input import (
        SipTrunkAgentAssignmentCreateInput as SipTrunkAgentAssignmentCreateInput,
    )
    from .sip_trunk_agent_assignment_patch_input import (
        SipTrunkAgentAssignmentPatchInput as SipTrunkAgentAssignmentPatchInput,
    )
    from .sip_trunk_auth_type import SIPTrunkAuthType as SIPTrunkAuthType
    from .sip_trunk_caller_id_transform import (
        SipTrunkCallerIDTransform as SipTrunkCallerIDTransform,
    )
    from .sip_trunk_create_input import SipTrunkCreateInput as SipTrunkCreateInput
    from .sip_trunk_update_input import SipTrunkUpdateInput as SipTrunkUpdateInput
    from .timeout_action import TimeoutAction as TimeoutAction
    from .timeout_settings import TimeoutSettings as TimeoutSettings
    from .transcript import Transcript as Transcript
    from .transcript_entry import TranscriptEntry as TranscriptEntry
    from .transcript_entry_type import TranscriptEntryType as TranscriptEntryType
    from .transcript_tool_call import TranscriptToolCall as TranscriptToolCall
    from .tts_strategy import TTSStrategy as TTSStrategy
    from .twilio_phone_number import TwilioPhoneNumber as TwilioPhoneNumber
    from .twilio_phone_number_import_input import (
        TwilioPhoneNumberImportInput as TwilioPhoneNumberImportInput,
    )
    from .twilio_phone_number_label_patch_input import (
        TwilioPhoneNumberLabelPatchInput as TwilioPhoneNumberLabelPatchInput,
    )
    from .vad_settings import VadSettings as VadSettings
    from .variable_data_type import VariableDataType as VariableDataType
    from .voice_catalog_entry import VoiceCatalogEntry as VoiceCatalogEntry
    from .voice_settings import VoiceSettings as VoiceSettings
    from .voices_list_response import VoicesListResponse as VoicesListResponse

_MODULES = {
    "Agent": "agent",
    "AgentCreateInput": "agent_create_input",
    "AgentStatus": "agent_status",
    "AgentUpdateInput": "agent_update_input",
    "Call": "call",
    "CallerTransformType": "caller_transform_type",
    "CallFeedback": "call_feedback",
    "CallOutcome": "call_outcome",
    "CallSource": "call_source",
    "CallStatus": "call_status",
    "ContextVariable": "context_variable",
    "ContextVariableType": "context_variable_type",
    "DialAgentResponse": "dial_agent_response",
    "ErrorResponse": "error_response",
    "GenerateSessionTokenRequest": "generate_session_token_request",
    "GraphNode": "graph_node",
    "GraphVersion": "graph_version",
    "GraphVersionDetail": "graph_version_detail",
    "LLMStringsResponse": "llm_strings_response",
    "NoiseCancelSettings": "noise_cancel_settings",
    "Organization": "organization",
    "OutboundFilter": "outbound_filter",
    "PaginatedCallsResponse": "paginated_calls_response",
    "PaginationInfo": "pagination_info",
    "PbxType": "pbx_type",
    "RegistrationStatus": "registration_status",
    "SessionTokenResponse": "session_token_response",
    "SessionTransport": "session_transport",
    "SipTrunk": "sip_trunk",
    "SipTrunkAgentAssignment": "sip_trunk_agent_assignment",
    "SipTrunkAgentAssignmentCreateInput": "sip_trunk_agent_assignment_create_input",
    "SipTrunkAgentAssignmentPatchInput": "sip_trunk_agent_assignment_patch_input",
    "SIPTrunkAuthType": "sip_trunk_auth_type",
    "SipTrunkCallerIDTransform": "sip_trunk_caller_id_transform",
    "SipTrunkCreateInput": "sip_trunk_create_input",
    "SipTrunkUpdateInput": "sip_trunk_update_input",
    "TimeoutAction": "timeout_action",
    "TimeoutSettings": "timeout_settings",
    "Transcript": "transcript",
    "TranscriptEntry": "transcript_entry",
    "TranscriptEntryType": "transcript_entry_type",
    "TranscriptToolCall": "transcript_tool_call",
    "TTSStrategy": "tts_strategy",
    "TwilioPhoneNumber": "twilio_phone_number",
    "TwilioPhoneNumberImportInput": "twilio_phone_number_import_input",
    "TwilioPhoneNumberLabelPatchInput": "twilio_phone_number_label_patch_input",
    "VadSettings": "vad_settings",
    "VariableDataType": "variable_data_type",
    "VoiceCatalogEntry": "voice_catalog_entry",
    "VoiceSettings": "voice_settings",
    "VoicesListResponse": "voices_list_response",
}

__all__ = [
    "Agent",
    "AgentCreateInput",
    "AgentStatus",
    "AgentUpdateInput",
    "Call",
    "CallerTransformType",
    "CallFeedback",
    "CallOutcome",
    "CallSource",
    "CallStatus",
    "ContextVariable",
    "ContextVariableType",
    "DialAgentResponse",
    "ErrorResponse",
    "GenerateSessionTokenRequest",
    "GraphNode",
    "GraphVersion",
    "GraphVersionDetail",
    "LLMStringsResponse",
    "NoiseCancelSettings",
    "Organization",
    "OutboundFilter",
    "PaginatedCallsResponse",
    "PaginationInfo",
    "PbxType",
    "RegistrationStatus",
    "SessionTokenResponse",
    "SessionTransport",
    "SipTrunk",
    "SipTrunkAgentAssignment",
    "SipTrunkAgentAssignmentCreateInput",
    "SipTrunkAgentAssignmentPatchInput",
    "SIPTrunkAuthType",
    "SipTrunkCallerIDTransform",
    "SipTrunkCreateInput",
    "SipTrunkUpdateInput",
    "TimeoutAction",
    "TimeoutSettings",
    "Transcript",
    "TranscriptEntry",
    "TranscriptEntryType",
    "TranscriptToolCall",
    "TTSStrategy",
    "TwilioPhoneNumber",
    "TwilioPhoneNumberImportInput",
    "TwilioPhoneNumberLabelPatchInput",
    "VadSettings",
    "VariableDataType",
    "VoiceCatalogEntry",
    "VoiceSettings",
    "VoicesListResponse",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})
