"""The REST package is what the document gives, under the names that existing code uses."""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from vatel_rest import models
from vatel_rest.resources import Resources

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "generated" / "vatel_rest"

# What existing code calls: method -> parameters, `=` after those that may be left out.
METHODS = {
    "organization.get": "",
    "llms.list": "",
    "voices.list": "",
    "agents.list": "",
    "agents.create": "body",
    "agents.get": "agent_id",
    "agents.update": "agent_id body",
    "agents.delete": "agent_id",
    "agents.list_versions": "agent_id",
    "agents.get_version": "agent_id version_id",
    "agents.publish_version": "agent_id version_id",
    "agents.dial": "agent_id number= * destination= sip_trunk_id= caller_id= first_message= "
    "prompt=",
    "calls.list": "* organization_id= page= page_size= agent_ids= status= source= date_from= "
    "date_to= outbound= search= tag= outcome=",
    "calls.get": "call_id",
    "calls.download_recording": "call_id",
    "session.generate_token": "agent_id * version_id= chat_id= transport= first_message= prompt= "
    "chat=",
    "sip_trunks.list": "",
    "sip_trunks.create": "body",
    "sip_trunks.get": "trunk_id",
    "sip_trunks.update": "trunk_id body",
    "sip_trunks.delete": "trunk_id",
    "sip_trunks.list_assignments": "trunk_id",
    "sip_trunks.create_assignment": "trunk_id body",
    "sip_trunks.get_assignment": "assignment_id",
    "sip_trunks.update_assignment": "assignment_id body",
    "sip_trunks.delete_assignment": "assignment_id",
    "twilio_numbers.list": "",
    "twilio_numbers.import_number": "body",
    "twilio_numbers.update_label": "id body",
}


def generate(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("openapi_python_client")
    line = [sys.executable, str(ROOT / "scripts" / "generate.py"), *map(str, arguments)]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False)


def test_package_is_what_the_document_gives(tmp_path: Path) -> None:
    done = generate("--check", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_check_names_every_difference(tmp_path: Path) -> None:
    package = shutil.copytree(PACKAGE, tmp_path / "vatel_rest")
    with (package / "types.py").open("a") as file:
        file.write("\n")
    (package / "models" / "stray.txt").touch()
    (package / "py.typed").unlink()
    done = generate("--check", "--package", package)
    assert done.returncode == 1
    found = [line.strip() for line in done.stderr.splitlines()[1:-1]]
    assert found == ["missing: py.typed", "stray: models/stray.txt", "differs: types.py"]


def test_wrong_version_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    pytest.importorskip("openapi_python_client")
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    script = importlib.import_module("generate")
    monkeypatch.setitem(script.PINS, "ruff", "0.0.1")
    assert script.main(["--check"]) == 1
    assert "ruff must be version 0.0.1" in capsys.readouterr().err


def test_new_operation_appears_typed_and_documented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: dict[str, Any]
) -> None:
    operation = copy.deepcopy(document["paths"]["/v1/agents/{id}"]["get"])
    schema = {"type": "integer", "default": 7}
    shelf = {"name": "shelfNo", "in": "query", "schema": schema, "description": "Where to put it."}
    operation.update(operationId="archiveAgent", summary="Put an agent away")
    operation["parameters"] = [*operation.get("parameters", []), shelf]
    path = {**document["paths"]["/v1/agents/{id}"], "post": operation}
    paths = {"/v1/agents/{id}/archive": {k: path[k] for k in path if k in ("parameters", "post")}}
    source = tmp_path / "changed.json"
    source.write_text(json.dumps({**document, "paths": {**document["paths"], **paths}}))
    done = generate("--document", source, "--package", tmp_path / "fresh_rest")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changed.json", "fresh_rest"]

    monkeypatch.syspath_prepend(str(tmp_path))
    method = importlib.import_module("fresh_rest.api.agents").AgentsResource.archive
    assert str(inspect.signature(method)) == (
        "(self, agent_id: 'str', *, shelf_no: 'Optional[int]' = None) -> 'Agent'"
    )
    assert method.__doc__.startswith("Put an agent away.\n")
    assert "shelf_no: Where to put it. Default: 7.\n" in method.__doc__


def test_models_may_hold_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: dict[str, Any]
) -> None:
    changed = copy.deepcopy(document)
    schemas = changed["components"]["schemas"]
    schemas["Agent"]["properties"]["last_call"] = {"$ref": "#/components/schemas/Call"}
    schemas["Call"]["properties"]["agent"] = {"$ref": "#/components/schemas/Agent"}
    source = tmp_path / "changed.json"
    source.write_text(json.dumps(changed))
    done = generate("--document", source, "--package", tmp_path / "circular_rest")
    assert done.returncode == 0, done.stderr

    monkeypatch.syspath_prepend(str(tmp_path))
    agent = importlib.import_module("circular_rest.models").Agent
    data = {"name": "outer", "last_call": {"id": "1", "agent": {"name": "inner"}}}
    assert agent.from_dict(data).last_call.agent == agent(name="inner")
    assert agent.from_dict(data).to_dict() == data


def test_unions_become_what_the_readers_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    repaired = importlib.import_module("repairs").repaired
    text, null, color = {"type": "string"}, {"type": "null"}, {"$ref": "#/components/schemas/Color"}
    fields = {
        "nullable": {"type": ["string", "null"]},
        "reference": {"oneOf": [color, null], "description": "Kept."},
        "open": {"anyOf": [color, text, null]},
        "mixed": {"anyOf": [text, {"type": "integer"}]},
    }
    schemas = {"Color": {**text, "enum": ["red"]}, "Paint": {"properties": fields}}
    view = repaired({"paths": {}, "components": {"schemas": schemas}})
    assert view["components"]["schemas"]["Paint"]["properties"] == {
        "nullable": text,
        "reference": {**color, "description": "Kept."},
        "open": color,
        "mixed": {},
    }


def shown(method: Any) -> str:
    words: list[str] = []
    for name, parameter in list(inspect.signature(method).parameters.items()):
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        words.append(name + ("" if parameter.default is parameter.empty else "="))
    return " ".join(words)


def test_methods_are_those_of_existing_code() -> None:
    client = Resources()
    found = {}
    for group in [name for name in vars(Resources) if not name.startswith("_")]:
        resource = getattr(client, group)
        for name, method in inspect.getmembers(resource, inspect.ismethod):
            if not name.startswith("_"):
                assert method.__doc__
                assert "->" in str(inspect.signature(method))
                found[f"{group}.{name}"] = shown(method)
    twins = {f"{name}_async": parameters for name, parameters in METHODS.items()}
    assert found == {**METHODS, **twins}


def test_models_are_loaded_when_they_are_used() -> None:
    code = "import sys, vatel_rest.models as m; m.Agent; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert [name for name in loaded if name in ("vatel_rest.models.call", "httpx")] == []
    assert set(dir(models)) >= set(models.__all__)
    with pytest.raises(AttributeError, match="Nothing"):
        _ = models.Nothing
