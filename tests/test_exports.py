"""The names that users import."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import vatel
import vatel.models
import vatel_rt

# What programs written for earlier versions import, apart from Client.
REST = """
    Agent AgentCreateInput AgentStatus AgentUpdateInput Call CallFeedback CallOutcome CallSource
    CallStatus CallerTransformType ContextVariable DialAgentResponse ErrorResponse
    GenerateSessionTokenRequest GraphNode GraphVersion GraphVersionDetail LLMStringsResponse
    NoiseCancelSettings Organization PaginatedCallsResponse PaginationInfo PbxType
    RegistrationStatus SIPTrunkAuthType SessionTokenResponse SipTrunk SipTrunkAgentAssignment
    SipTrunkAgentAssignmentCreateInput SipTrunkAgentAssignmentPatchInput
    SipTrunkCallerIDTransform SipTrunkCreateInput SipTrunkUpdateInput TTSStrategy TimeoutAction
    TimeoutSettings Transcript TranscriptEntry TranscriptToolCall TwilioPhoneNumber
    TwilioPhoneNumberImportInput TwilioPhoneNumberLabelPatchInput VadSettings VoiceCatalogEntry
    VoiceSettings VoicesListResponse
""".split()
REALTIME = """
    InputAudio InputAudioData InputAudioTranscript InputAudioTranscriptData Interruption
    ResponseAudio ResponseAudioData ResponseText ResponseTextData ServerMessage SessionEnded
    SessionStarted SessionStartedData SpeechStarted SpeechStartedData SpeechStopped ToolCall
    ToolCallArgument ToolCallData ToolCallOutput ToolCallOutputData VoiceSessionEmptyData
    parse_server_message
""".split()


@pytest.mark.parametrize("name", REST)
def test_models_under_each_of_their_names(name: str) -> None:
    home = importlib.import_module("vatel.models.rest")
    assert getattr(vatel, name) is getattr(vatel.models, name) is getattr(home, name)


@pytest.mark.parametrize("name", REALTIME)
def test_messages_under_each_of_their_names(name: str) -> None:
    home = importlib.import_module("vatel.models.ws")
    assert getattr(vatel, name) is getattr(vatel.models, name) is getattr(home, name)


def test_the_connection_under_its_name() -> None:
    connection = importlib.import_module("vatel.connection")
    assert {"Connection", "connect", "connection_query"} <= set(connection.__all__)
    assert vatel.connect is connection.connect
    assert connection.connection_query("a b") == "token=a%20b"


@pytest.mark.parametrize("package", [vatel, vatel_rt, vatel.models])
def test_every_listed_name_is_there(package) -> None:
    for name in dir(package):
        assert getattr(package, name) is not None or name.startswith("__")
    with pytest.raises(AttributeError):
        _ = package.no_such_name


@pytest.mark.parametrize("name", ["Client", "Tools", "connect", "connection_query", "Agent"])
def test_names_of_the_first_hour(name: str) -> None:
    assert name in dir(vatel)


def test_importing_loads_neither_audio_nor_simulator_nor_http() -> None:
    program = (
        "import sys, vatel\n"
        "heavy = ('httpx', 'websockets', 'starlette', 'yaml', 'vatel_rest', 'vatel_rt.audio')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
