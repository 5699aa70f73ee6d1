"""Write `generated/vatel_rest`, the REST package, from `openapi/vatel.yaml`.

`python scripts/generate.py` writes it; `--check` only compares, and exits 1 on any difference.
The work is openapi-python-client's, with our templates in `openapi/templates`; `repairs` makes the
document ready for it. The same document gives the same bytes, whatever Python runs this and from
whatever folder.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any, Optional

from repairs import Json, UnsupportedError, facts, inlined, repaired

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ROOT / "openapi" / "generator.yaml"
TEMPLATES = ROOT / "openapi" / "templates"

# The output's bytes depend on both; the group `generate` of pyproject.toml pins the same.
PINS = {"openapi-python-client": "0.26.2", "ruff": "0.13.3"}

RUFF = {
    "check": "--fix-only --unsafe-fixes --select F401,I --target-version py39"
    " --config lint.ignore-init-module-imports=false"
    " --config lint.isort.split-on-trailing-comma=false",
    "format": "--line-length 100 --target-version py39"
    " --config format.skip-magic-trailing-comma=true --config format.line-ending='lf'",
}


class GenerateError(Exception):
    """The package cannot be generated, or is not what it should be; the text says why."""


def generate(source: Path, package: Path) -> None:
    """Write the package of a document into a folder that does not exist yet."""
    check_versions()
    document = load(source)
    try:
        view = repaired(inlined(document))
    except UnsupportedError as error:
        raise GenerateError(f"our templates do not know {error}") from error
    render(view, facts(inlined(document), load(SETTINGS)["names"]), package)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    (package / "openapi.json").write_bytes(text.encode())
    (package / "py.typed").write_bytes(b"")
    tidy(package)


def check_versions() -> None:
    """Raise unless the generator and ruff are the pinned ones."""
    for name, wanted in PINS.items():
        found: Optional[str] = None
        with contextlib.suppress(metadata.PackageNotFoundError):
            found = metadata.version(name)
        if found != wanted:
            raise GenerateError(
                f"{name} must be version {wanted}, and {found or 'none'} is installed here: "
                "pip install --group generate"
            )


def load(source: Path) -> Any:
    """Load a YAML or JSON file, as JSON has it: keys are strings."""
    from ruamel.yaml import YAML

    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(source)))


def render(view: Json, globals_: Json, package: Path) -> None:
    """Let openapi-python-client write the package; its warnings are errors here."""
    from openapi_python_client import Project
    from openapi_python_client.config import Config, ConfigFile, MetaType
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.errors import GeneratorError

    settings = ConfigFile.load_from_path(SETTINGS)
    config = Config.from_sources(settings, MetaType.NONE, package, "utf-8", False, package)
    data = GeneratorData.from_dict(view, config=config)
    if isinstance(data, GeneratorError):
        raise GenerateError(f"{data.header}: {data.detail}")
    project = Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    project.env.globals.update(globals_)
    with contextlib.redirect_stdout(io.StringIO()):
        errors = project.build()
    if errors:
        raise GenerateError("\n".join(f"{error.header}: {error.detail}" for error in errors))
    resources = project.env.get_template("resources.py.jinja").render()
    (package / "resources.py").write_text(resources, encoding="utf-8")
    (package / "errors.py").unlink()  # the generator's own, which nothing raises


def tidy(package: Path) -> None:
    """Sort imports, drop unused ones and format, by no settings but ours."""
    # Files by name, for in a folder ruff skips what a .gitignore above it says. And not from
    # inside of the package, where its types.py would be taken for Python's.
    files = sorted(str(path.relative_to(package.parent)) for path in package.rglob("*.py"))
    for command, options in RUFF.items():
        line = [sys.executable, "-m", "ruff", command, "--isolated", "--no-cache", *options.split()]
        done = subprocess.run(
            [*line, *files], cwd=package.parent, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise GenerateError(f"ruff {command} failed:\n{done.stdout}{done.stderr}")


def write(source: Path, package: Path) -> str:
    """Generate the package and put it in the place of the old one, whole or not at all."""
    package.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=package.parent, prefix=".generate-") as folder:
        fresh, old = Path(folder, "fresh"), Path(folder, "old")
        generate(source, fresh)
        if package.exists():
            package.rename(old)
        fresh.rename(package)
    return f"{package} is written"


def check(source: Path, package: Path) -> str:
    """Raise unless the package is, byte for byte, what the document gives."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder, "fresh")
        generate(source, fresh)
        wanted, found = contents(fresh), contents(package)
    wrong = [f"missing: {name}" for name in sorted(wanted.keys() - found.keys())]
    wrong += [f"stray: {name}" for name in sorted(found.keys() - wanted.keys())]
    both = sorted(wanted.keys() & found.keys())
    wrong += [f"differs: {name}" for name in both if wanted[name] != found[name]]
    if wrong:
        lines = "\n  ".join([f"{package} is not what {source} gives:", *wrong])
        raise GenerateError(f"{lines}\nrun: python scripts/generate.py")
    return f"{package} is what {source.name} gives: {len(found)} files"


def contents(package: Path) -> dict[str, bytes]:
    """Map paths within the package to bytes, without what Python puts there by itself."""
    files = [path for path in package.rglob("*") if path.is_file()]
    return {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in files
        if path.parent.name != "__pycache__"
    }


def main(arguments: Optional[list[str]] = None) -> int:
    """Run the command line; returns its exit code."""
    parser = argparse.ArgumentParser(description="Generate the REST package.")
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 on a difference")
    parser.add_argument("--document", type=Path, default=ROOT / "openapi" / "vatel.yaml")
    parser.add_argument("--package", type=Path, default=ROOT / "generated" / "vatel_rest")
    options = parser.parse_args(arguments)
    try:
        print((check if options.check else write)(options.document, options.package))
    except GenerateError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
