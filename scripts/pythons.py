"""Run a make command on the supported Pythons of this machine.

`python scripts/pythons.py all make test` runs `make test PYTHON=/usr/bin/python3.9 VENV=.venv-3.9`,
then the same for the other versions. Finds Pythons on the PATH and among pyenv's versions.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Optional

SUPPORTED = [(3, minor) for minor in range(9, 14)]
ASK = "import sys; sys.version_info[:2] == {} and print(sys.executable)"
CHOICES = {
    "all": lambda found: found,
    "newest": lambda found: found[-1:],
    "older": lambda found: found[:-1][:1],  # the lowest, unless it is also the newest
}


def find(version: tuple[int, int]) -> Optional[str]:
    """Return the path of a working Python of `version`, or None."""
    name = "python{}.{}".format(*version)
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    pyenv = sorted(map(str, root.glob(f"versions/{name[6:]}.*/bin/{name}")), reverse=True)
    for candidate in filter(shutil.which, [name, sys.executable, *pyenv]):
        ask = [candidate, "-c", ASK.format(version)]
        answer = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
        if answer:
            return answer
    return None


def main(choice: str, *command: str) -> int:
    """Run `command` on the chosen Pythons; return the first exit code that is not 0."""
    found = [(version, path) for version in SUPPORTED if (path := find(version))]
    if not found:
        sys.exit("No supported Python found: 3.9 to 3.13.")
    for version, path in CHOICES[choice](found):
        variables = [f"PYTHON={path}", "VENV=.venv-{}.{}".format(*version)]
        code = subprocess.run([*command, *variables], check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
