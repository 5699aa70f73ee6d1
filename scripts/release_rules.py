"""What a release has to be: the files in wheel and sdist, the metadata, the changelog.

Each function gives the problems that it finds, as lines to print; none where all is well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from email import message_from_string

from pythons import SUPPORTED

# Packages of the wheel, by their folder in git.
PACKAGES = {"generated/vatel_rest": "vatel_rest", "vatel": "vatel", "vatel_rt": "vatel_rt"}
ABOUT = ["METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"]
# What else than modules the packages may hold, and must.
DATA = re.compile(r"vatel_rest/openapi\.json|vatel/simulator/data/\w+\.(wav|yaml)")
NEEDED = [
    *(f"{package}/{name}" for package in PACKAGES.values() for name in ("__init__.py", "py.typed")),
    "vatel_rest/openapi.json",
    "vatel/simulator/data/default.yaml",
    *(f"vatel/simulator/data/{clip}.wav" for clip in ("greeting", "caller_hours", "no_voice")),
]
MODULE = re.compile(r"(vatel|vatel_rt|vatel_rest)/(\w+/)*(?!test_|conftest)\w+\.py")

METADATA = {
    "Name": ["vatel"],
    "Requires-Python": [">=3.9"],
    "License-Expression": ["MIT"],
    "License-File": ["LICENSE"],
    "Description-Content-Type": ["text/markdown"],
    "Provides-Extra": ["aec", "audio", "demo", "simulator"],
}
CLASSIFIERS = [
    "Typing :: Typed",
    "Framework :: AsyncIO",
    *("Programming Language :: Python :: {}.{}".format(*version) for version in SUPPORTED),
]


def wheel_problems(names: Iterable[str], tracked: Iterable[str], version: str) -> Iterator[str]:
    """Compare the files of a wheel with those in git, and with what belongs into one at all."""
    names = list(names)
    packaged = {
        package + path[len(folder) :]
        for path in tracked
        for folder, package in PACKAGES.items()
        if path.startswith(f"{folder}/")
    }
    about = {f"vatel-{version}.dist-info/{name}" for name in ABOUT}
    yield from _differences("wheel", names, packaged | about | set(NEEDED))
    for name in sorted(set(names) - about):
        if not (MODULE.fullmatch(name) or DATA.fullmatch(name) or name.endswith("/py.typed")):
            yield f"wheel: {name} does not belong there"


def sdist_problems(names: Iterable[str], tracked: Iterable[str], version: str) -> Iterator[str]:
    """Compare the files of an sdist with those in git."""
    wanted = {f"vatel-{version}/{path}" for path in [*tracked, "PKG-INFO"]}
    yield from _differences("sdist", list(names), wanted)


def _differences(what: str, names: list[str], wanted: set[str]) -> Iterator[str]:
    yield from (f"{what}: {name} is missing" for name in sorted(wanted - set(names)))
    yield from (f"{what}: {name} is not in git" for name in sorted(set(names) - wanted))
    yield from (f"{what}: {name} is there twice" for name, n in Counter(names).items() if n > 1)


def metadata_problems(text: str, version: str) -> Iterator[str]:
    """Check what a package index reads: METADATA of the wheel, PKG-INFO of the sdist."""
    metadata = message_from_string(text)
    for field, wanted in {**METADATA, "Version": [version]}.items():
        found = sorted(map(str, metadata.get_all(field, [])))
        if found != wanted:
            yield f"metadata: {field} is {found}, not {wanted}"
    found = metadata.get_all("Classifier", [])
    yield from (f"metadata: no classifier {name}" for name in CLASSIFIERS if name not in found)
    readme = re.sub(r"```.*?```", "", str(metadata.get_payload()), flags=re.DOTALL)
    if not readme.lstrip().startswith("# vatel"):
        yield "metadata: the README is missing"
    for target in re.findall(r"\]\((?!https?:|mailto:)(.*?)\)", readme):
        yield f"metadata: the README links to {target}, which a package index does not have"


def changelog_problems(text: str, version: str) -> Iterator[str]:
    """Compare the changelog with the version: the newest heading has it, or none has it yet."""
    headings = re.findall(r"^## \[(.+?)\](.*)", text, re.MULTILINE)
    if not headings:
        yield "changelog: no heading of a version"
        return
    newest, released = headings[0][0], [name for name, _ in headings if name != "Unreleased"]
    if newest == "Unreleased" and version in released:
        yield f"changelog: something is unreleased, and {version} is released: raise the version"
    elif newest not in ("Unreleased", version):
        yield f"changelog: its newest version is {newest}, and vatel_rt/version.py has {version}"
    for name, rest in headings:
        if name != "Unreleased" and not re.fullmatch(r" - \d{4}-\d\d-\d\d", rest):
            yield f"changelog: {name} has no date"
