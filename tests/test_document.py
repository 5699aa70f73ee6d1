"""The OpenAPI document is valid, complete, true to its own examples and true to the platform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_facts import facts_of
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PATH = ROOT / "openapi" / "vatel.yaml"
FACTS = ROOT / "tests" / "fixtures" / "platform_facts.txt"

DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
URI = "urn:vatel:openapi"
REGISTRY: Registry[Any] = Registry().with_resource(URI, DRAFT202012.create_resource(DOCUMENT))
METHODS = {"get", "put", "post", "patch", "delete"}


class Example(NamedTuple):
    where: str
    schema: str
    value: Any


def resolve(node: Any) -> Any:
    """Follow a reference within the document."""
    while "$ref" in node:
        node = REGISTRY.resolver(URI).lookup(node["$ref"]).contents
    return node


def walk(node: Any, where: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of the document with its JSON pointer, but nothing inside of examples."""
    if isinstance(node, dict):
        yield where, node
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in children:
        if key not in ("example", "examples") and isinstance(child, (dict, list)):
            token = str(key).replace("~", "~0").replace("/", "~1")
            yield from walk(child, f"{where}/{quote(token, safe='~')}")


def find_examples() -> Iterator[Example]:
    """Yield what media types, parameters, headers and schemas give as examples."""
    for where, node in walk(DOCUMENT):
        owner = "schema" in node  # of a schema; otherwise the node is one itself
        schema = f"{where}/schema" if owner else where
        if "example" in node:
            yield Example(f"{where}/example", schema, node["example"])
        if owner:
            for name, example in node.get("examples", {}).items():
                yield Example(f"{where}/examples/{name}", schema, resolve(example)["value"])
        elif where != "#/components":
            for index, value in enumerate(node.get("examples", ())):
                yield Example(f"{where}/examples/{index}", schema, value)


def operations() -> dict[str, dict[str, Any]]:
    """Return the operations by id, each with the parameters of its path."""
    found = {}
    for item in DOCUMENT["paths"].values():
        for method, operation in item.items():
            if method in METHODS:
                parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
                found[operation["operationId"]] = {**operation, "parameters": parameters}
    return found


def test_is_valid_openapi_31() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(DOCUMENT).validate()


@pytest.mark.parametrize("example", list(find_examples()), ids=lambda example: example.where)
def test_example_fits_its_schema(example: Example) -> None:
    validator = Draft202012Validator(
        {"$ref": URI + example.schema},
        registry=REGISTRY,
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    assert [error.message for error in validator.iter_errors(example.value)] == []


@pytest.mark.parametrize("name", operations())
def test_operation_is_described(name: str) -> None:
    operation = operations()[name]
    assert operation["summary"]
    assert "\n" not in operation["summary"]
    assert operation["description"]


@pytest.mark.parametrize("name", operations())
def test_parameters_are_described_for_every_reader(name: str) -> None:
    """Viewers show a parameter's description, the generator that of its schema: they are one."""
    for parameter in map(resolve, operations()[name]["parameters"]):
        assert parameter["description"]
        assert parameter["schema"]["description"] == parameter["description"]


def test_schemas_and_fields_are_described() -> None:
    described = dict(DOCUMENT["components"]["schemas"])
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field, content in schema.get("properties", {}).items():
            described[f"{name}.{field}"] = resolve(content)
    assert [name for name in described if not described[name].get("description")] == []


def test_enums_are_components() -> None:
    enums = [where for where, node in walk(DOCUMENT) if isinstance(node.get("enum"), list)]
    assert enums
    assert [where for where in enums if Path(where).parent != Path("#/components/schemas")] == []


def test_states_the_facts_of_the_platform() -> None:
    assert sorted(facts_of(DOCUMENT)) == FACTS.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"required": []}, "ErrorResponse.error?: string"),
        ({"properties": {"error": {"type": ["string", "null"]}}},
         "ErrorResponse.error: string or null"),
        ({"properties": {"error": {"$ref": "#/x/Agent"}}}, "ErrorResponse.error: Agent"),
        ({"additionalProperties": False}, "ErrorResponse has no other fields"),
    ],
)  # fmt: skip
def test_a_change_of_a_schema_is_a_change_of_facts(change: dict[str, Any], fact: str) -> None:
    schemas = DOCUMENT["components"]["schemas"]
    schemas = {**schemas, "ErrorResponse": {**schemas["ErrorResponse"], **change}}
    changed = {**DOCUMENT, "components": {**DOCUMENT["components"], "schemas": schemas}}
    assert facts_of(changed) - facts_of(DOCUMENT) == {fact}
