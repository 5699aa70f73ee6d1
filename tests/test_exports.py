"""The names that users import."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import PAGES

import vatel
import vatel.models
import vatel_rt
from vatel_rt import audio
from vatel_rt.audio.clocked_device import ClockedDevice
from vatel_rt.audio.device import AudioDevice, BaseDevice, BufferedDevice

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


@pytest.mark.parametrize("package", [vatel, vatel_rt])
def test_editors_and_python_know_the_same_names(package) -> None:
    nodes = list(ast.walk(ast.parse(Path(package.__file__).read_text("utf-8"))))
    told = [name for node in nodes if isinstance(node, ast.ImportFrom) for name in node.names]
    homes = [key.value for node in nodes if isinstance(node, ast.Dict) for key in node.keys]
    assert {name.name for name in told if name.asname} == set(homes)


def test_every_audio_device_is_exported_documented_and_whole() -> None:
    bases = {BaseDevice, BufferedDevice, ClockedDevice}
    for module in pkgutil.walk_packages(audio.__path__, "vatel_rt.audio."):
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and issubclass(kind, BaseDevice) and kind not in bases:
                assert getattr(vatel_rt, kind.__name__) is kind
                assert f"`{kind.__name__}(" in PAGES["docs/audio.md"]
                assert {name for name in vars(AudioDevice) if name[0] != "_"} <= set(dir(kind))


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


def printed(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_importing_loads_neither_audio_nor_simulator_nor_http() -> None:
    program = (
        "import sys, vatel\n"
        "heavy = ('httpx', 'websockets', 'starlette', 'yaml', 'vatel_rest', 'vatel_rt.audio')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    assert printed(program) == "[]"


def test_a_synchronous_client_loads_no_more_than_it_needs() -> None:
    program = (
        "import sys, vatel\n"
        "vatel.Client('key')\n"
        "later = ('asyncio', 'anyio', 'attrs', 'msgspec', 'dateutil', 'websockets')\n"
        "print([name for name in later if name in sys.modules])"
    )
    assert printed(program) == "[]"
