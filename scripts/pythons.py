"""List the Pythons here that the project supports, the lowest first, one path a line.

They are looked for on the PATH and among pyenv's versions. `--ends` lists only the lowest and
the newest, `--newest` only the newest; `--newest 3.11` fails where that is no 3.11 or later.
Needs nothing but the Python that runs it.
"""

from __future__ import annotations

import argparse
import glob
import os
import shutil
import subprocess
import sys
from typing import Optional

SUPPORTED = [(3, minor) for minor in range(9, 14)]
ASK = "import sys; print(sys.executable) if sys.version_info[:2] == {} else sys.exit(1)"


def candidates(name: str) -> list[str]:
    """Where the Python `name`, such as python3.9, may be."""
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    version = name[len("python") :]
    pyenv = sorted(glob.glob(f"{root}/versions/{version}.*/bin/{name}"))
    return [name, sys.executable, *reversed(pyenv)]


def find(version: tuple[int, int]) -> Optional[str]:
    """The path of a Python of `version` that runs, or None."""
    for candidate in candidates("python{}.{}".format(*version)):
        if shutil.which(candidate):
            ask = [candidate, "-c", ASK.format(version)]
            answer = subprocess.run(ask, capture_output=True, text=True, check=False)
            if answer.returncode == 0:
                return answer.stdout.strip()
    return None


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ends", action="store_true", help="only the lowest and the newest")
    parser.add_argument(
        "--newest", metavar="VERSION", nargs="?", const="3.9", help="only the newest"
    )
    options = parser.parse_args()
    least = tuple(map(int, (options.newest or "0").split(".")))
    found = [path for path in map(find, [v for v in SUPPORTED if v >= least]) if path]
    if not found:
        sys.exit(f"no supported Python is here that is {options.newest or 3.9} or later")
    if options.newest:
        found = found[-1:]
    print("\n".join(dict.fromkeys((found[0], found[-1])) if options.ends else found))


if __name__ == "__main__":
    main()
