"""The names that users import."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pages import PAGES

import vatel
import vatel.models
import vatel.simulator
import vatel.testing
import vatel_rt
from vatel_rt import audio
from vatel_rt.audio.clocked_device import ClockedDevice
from vatel_rt.audio.device import AudioDevice, BaseDevice, BufferedDevice

# What programs written for earlier versions import, apart from Client.
SIMULATOR = """
    AgentProfile Answer Argument CallerLine Delivery Dialled Faults Line Pause Quirks RawMessage
    Scenario SeenCall SeenMessage SeenRequest Simulator TimeoutSettings Tool ToolOutput Turn
    VadSettings Voice caller_clip
""".split()
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
    models = vatel.models.__all__ if package is vatel else []
    names = set(package.__dir__()) - set(models)
    assert {name.name for name in told if name.asname} == names


def test_every_audio_device_is_exported_documented_and_whole() -> None:
    bases = {BaseDevice, BufferedDevice, ClockedDevice}
    for module in pkgutil.walk_packages(audio.__path__, "vatel_rt.audio."):
        for kind in vars(importlib.import_module(module.name)).values():
            if BaseDevice in getattr(kind, "__mro__", ()) and kind not in bases:
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


@pytest.mark.parametrize("name", SIMULATOR)
def test_the_simulator_under_its_name_of_version_0_1(name: str) -> None:
    old = importlib.import_module("vatel_rt.simulator")
    assert getattr(old, name) is getattr(vatel.simulator, name)
    assert name in old.__all__


def test_the_simulator_of_version_0_1_has_no_other_names() -> None:
    old = importlib.import_module("vatel_rt.simulator")
    assert sorted(old.__all__) == sorted(vatel.simulator.__all__) == sorted(SIMULATOR)
    with pytest.raises(AttributeError):
        _ = old.no_such_name


def test_testing_and_tracing_under_their_names_of_version_0_1() -> None:
    from vatel_rt.testing import pytest_configure, vatel_simulator
    from vatel_rt.tracing import record_messages

    assert vatel_simulator is vatel.testing.vatel_simulator
    assert pytest_configure is vatel.testing.pytest_configure
    assert record_messages.__module__.startswith("vatel_rt.")


@pytest.mark.parametrize("program", ["demo", "simulator"])
def test_programs_under_their_names_of_version_0_1(program: str) -> None:
    command = [sys.executable, "-m", f"vatel_rt.{program}", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    version = f"vatel {vatel_rt.__version__}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, version, "")


INTERRUPTED_IMPORT = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == {module!r}:
            loaded = [name for name in ("asyncio", "httpx", "starlette") if name in sys.modules]
            if loaded:
                print("loaded already:", loaded, file=sys.stderr)
            os.kill(os.getpid(), {number})

sys.meta_path.insert(0, Interrupt())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("program", "module", "code"),
    [
        ("demo", "vatel.cli.demo.run", 130),
        ("demo", "asyncio", 130),
        ("simulator", "vatel.simulator.server.cli", 0),
        ("simulator", "asyncio", 0),
    ],
)
def test_signals_end_them_while_they_load(
    program: str, module: str, code: int, number: int, tmp_path: Path
) -> None:
    """Signals are handled before anything heavy is loaded."""
    text = INTERRUPTED_IMPORT.format(module=module, number=int(number))
    (tmp_path / "sitecustomize.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", f"vatel_rt.{program}"],
        capture_output=True, text=True, check=False, timeout=100,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_the_simulator_of_version_0_1_without_its_extra(tmp_path: Path) -> None:
    text = "import sys; sys.modules['uvicorn'] = None"
    (tmp_path / "sitecustomize.py").write_text(text, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    missing = "the simulator needs uvicorn: pip install 'vatel[simulator]'\n"
    for program in (["-m", "vatel_rt.simulator"], ["-c", IMPORTING]):
        command = [sys.executable, *program]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=env, timeout=100
        )
        assert (done.returncode, done.stdout, done.stderr) == (2, "", missing)


IMPORTING = """
import sys
import vatel_rt.simulator
from vatel_rt.errors import SimulatorError
try:
    vatel_rt.simulator.Simulator
except SimulatorError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


def printed(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_importing_loads_neither_audio_nor_simulator_nor_http() -> None:
    program = (
        "import sys, vatel\n"
        "import vatel.simulator, vatel_rt.simulator\n"
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
