"""Makes constraints.txt anew: the exact versions and hashes of everything that CI installs.

    python -m pip install uv
    python .ci/pin.py                              what pyproject.toml needs and the file lacks
    python .ci/pin.py --upgrade                    the newest versions of all
    python .ci/pin.py --upgrade-package requests   the newest version of one

One file is for every platform and every Python from 3.11. Packages that only the extra `kerberos` needs stand below a
line of their own: on Linux they are built where they are installed, and need the headers of MIT Kerberos.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINS = ROOT / "constraints.txt"
COMPILE = (
    *("uv", "pip", "compile", "pyproject.toml", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url"),
)
ABOUT = "# Made by .ci/pin.py, see CONTRIBUTING.md; not to be edited by hand.\n"
KERBEROS = "# For the extra `kerberos` only; on Linux they are built where they are installed.\n"


def compiled(extras: list[str], more: list[str]) -> str:
    """The pins of these extras; versions that the file has already stay, unless `more` says otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / PINS.name
        if PINS.exists():
            shutil.copy(PINS, draft)
        chosen = [f"--extra={extra}" for extra in extras]
        subprocess.run([*COMPILE, *chosen, *more, "--output-file", str(draft)], cwd=ROOT, check=True)  # noqa: S603 - uv, with options of ours
        return draft.read_text(encoding="utf-8")


def blocks(text: str) -> list[str]:
    """Each requirement with its hashes."""
    return re.findall(r"^\S[^\n]*\\\n(?:    --hash=[^\n]+\n)+", text, re.MULTILINE)


def main() -> None:
    """Write the file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = list(project["optional-dependencies"])
    most = blocks(compiled([extra for extra in extras if extra != "kerberos"], sys.argv[1:]))
    names = {block.partition("==")[0] for block in most}
    kerberos = [block for block in blocks(compiled(extras, sys.argv[1:])) if block.partition("==")[0] not in names]
    PINS.write_text("".join([ABOUT, *most, KERBEROS, *kerberos]), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
