"""docs/adding-a-kb.md from its first line to its last: its files are written, its commands are run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = Path(__file__).parents[2] / "docs/adding-a-kb.md"
STEP = re.compile(r"^## (?P<number>\d)\. ", re.MULTILINE)
BLOCK = re.compile(
    r"(?:^`(?P<file>[\w./]+)`(?:, once more)?:\n\n)?^```(?P<language>\w+)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL
)
OFFLINE = ("--no-build-isolation", "--no-deps", "--target=installed")
"""The page's `pip install .`, without a network and without a change to this environment."""


@dataclass
class Reader:
    """Somebody who does what the page says, in a folder of their own."""

    folder: Path
    ends: list[int] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    def do(self, number: int) -> None:
        """Write the files of a step, then run its commands."""
        for block in blocks_of(number):
            if block["file"]:
                self._write(block["file"], block["body"])
            else:
                self._run_all(block["body"])

    def _write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def _run_all(self, commands: str) -> None:
        for command in commands.splitlines():
            words = shlex.split(command)
            extra = OFFLINE if "pip" in words else ("-p", "no:cacheprovider")
            done = self.run(*words[1:], *extra)
            self.ends.append(done.returncode)
            self.printed.append(done.stdout)
            if "pip" in words:
                (self.folder / "host_service").rename(self.folder / "source")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the folder; what was installed is found."""
        path = {"PYTHONPATH": str(self.folder / "installed"), "COLUMNS": "200"}
        command = [sys.executable, *words]
        return subprocess.run(
            command, cwd=self.folder, env={**os.environ, **path}, capture_output=True, encoding="utf-8", check=False
        )

    def words(self) -> dict[str, str]:
        """How the control ended on each server of the last run."""
        run = self._last_run()
        return {
            found["server"].partition(".")[0]: "fixed" if found["story"] else found["result"]
            for found in run["outcomes"]
            if found["control"] == "HOST-SVC-1"
        }

    def verdicts(self) -> dict[str, list[str]]:
        """The verdicts of the KB on each server."""
        return {
            server["name"].partition(".")[0]: [v["verdict"] for v in server["verdicts"] if v["kb"] == "HOST-SVC"]
            for server in self._last_run()["servers"]
        }

    def _last_run(self) -> dict[str, Any]:
        run: dict[str, Any] = json.loads((self.folder / "reports/run.json").read_text(encoding="utf-8"))
        return run


def blocks_of(number: int) -> Iterator[re.Match[str]]:
    """The blocks of one step of the page."""
    text = PAGE.read_text(encoding="utf-8").split("\n## A KB of moveready itself")[0]
    parts = STEP.split(text)
    return BLOCK.finditer(parts[2 * number])


@pytest.fixture
def reader_after(tmp_path: Path) -> Callable[[int], Reader]:
    """A reader who has done so many steps."""

    def read(steps: int) -> Reader:
        reader = Reader(tmp_path)
        for number in range(1, steps + 1):
            reader.do(number)
        return reader

    return read


@pytest.mark.heavy
def test_a_check_and_its_verdict_grow(reader_after: Callable[[int], Reader]) -> None:
    """First a check that fails, then a KB that says why, with two workers."""
    reader = reader_after(3)

    assert reader.ends == [1, 1]
    assert "not diagnosed" in reader.printed[0]
    assert reader.words() == {"ex01": "passed", "ex02": "failed", "ex03": "error"}
    assert reader.verdicts() == {
        "ex01": ["ready"],
        "ex02": ["Service Host is stopped"],
        "ex03": ["Service Host is unknown"],
    }


@pytest.mark.heavy
def test_a_remedy_repairs_it(reader_after: Callable[[int], Reader]) -> None:
    """The plan names the command; applying it ends as fixed, and the server that is down keeps the run red."""
    reader = reader_after(4)

    assert reader.ends[2:] == [1, 10]
    assert "Start-Service -Name MSExchangeServiceHost" in reader.printed[2]
    assert reader.words() == {"ex01": "passed", "ex02": "fixed", "ex03": "error"}
    assert reader.verdicts()["ex02"] == ["ready"]


@pytest.mark.heavy
def test_a_package_is_asked_with_ours(reader_after: Callable[[int], Reader]) -> None:
    """It is not in the folder any more: the installed one is found by its entry point."""
    reader = reader_after(5)

    assert reader.ends[4:] == [0, 1, 1]
    assert reader.words() == {"ex01": "passed", "ex02": "failed", "ex03": "error"}
