"""The arrows of ARCHITECTURE.md: a module imports only from layers below its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# "| 3 | `messages` | what it does |", or several modules of a layer, or `demo/`.
ROWS = re.findall(r"^\| (\d+) \| (.+?) \|", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.M)
RANKS = {name: int(rank) for rank, names in ROWS for name in re.findall(r"`([\w.]+)/?`", names)}
# Who may import what; everybody else goes through them.
OWNERS = {
    "httpx": {"errors", "exchange", "pools", "rest"},
    "websockets": {"connection", "handshake", "websocket", "simulator"},
    "starlette": {"simulator"},
    "uvicorn": {"simulator"},
    "msgspec": {"binding", "messages", "payloads", "rest", "trace", "simulator"},
    "base64": {"messages", "payloads", "simulator"},
    "json": {"demo", "simulator"},
    "pyaudio": {"audio.portaudio"},
    "soxr": {"audio.conversion"},
    "pywebrtc_audio": {"audio.echo"},
}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / "vatel_rt").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT / "vatel_rt").with_suffix("").parts)
        if not name.endswith("__init__") or path.parent.name in ("simulator", "demo"):
            found[name] = path
    return found


def layer_of(name: str) -> str:
    package = name.split(".")[0]
    return package if package in ("simulator", "demo") else name


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module":
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


def own_imports(path: Path) -> Iterator[str]:
    for name in imports(path):
        layer = layer_of(name[len("vatel_rt.") :]) if name.startswith("vatel_rt.") else ""
        if layer in RANKS:
            yield layer


def test_every_module_has_a_layer() -> None:
    assert {layer_of(name) for name in modules()} == set(RANKS), "the table in ARCHITECTURE.md"
    ranks = [int(rank) for rank, _ in ROWS]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("name", modules())
def test_imports_point_down(name: str) -> None:
    layer = layer_of(name)
    for used in own_imports(modules()[name]):
        assert RANKS[used] < RANKS[layer] or used == layer, f"{name} imports {used}"


@pytest.mark.parametrize("name", modules())
def test_libraries_have_owners(name: str) -> None:
    for used in imports(modules()[name]):
        library = used.split(".")[0]
        assert layer_of(name) in OWNERS.get(library, {layer_of(name)}), f"{name} imports {library}"


@pytest.mark.parametrize("name", modules())
def test_only_config_reads_the_environment(name: str) -> None:
    assert name == "config" or "os.environ" not in modules()[name].read_text(encoding="utf-8")


def test_vatel_rest_knows_nothing_of_the_hand_written_package() -> None:
    for path in (ROOT / "generated" / "vatel_rest").rglob("*.py"):
        assert not any(name.split(".")[0] in ("vatel_rt", "vatel") for name in imports(path))


def test_vatel_only_re_exports() -> None:
    for path in (ROOT / "vatel").rglob("*.py"):
        allowed = {"vatel", "vatel_rt", "vatel_rest", "typing", "importlib", "__future__"}
        assert {name.split(".")[0] for name in imports(path)} <= allowed
