"""The recipes for pipelines, docs/running-in-ci.md: their files can be parsed, and their commands run on the lab."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from moveready.cli import app
from moveready.gate.exit_code import NOT_EVALUATED, WAIVER_IS_DUE
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from moveready.plugin.report_folder import REPORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    RunCommand = Callable[[str], tuple[int, str]]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/running-in-ci.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
POOL = "mail.contoso.com"
KEY = "python -c "
STATE = "/var/lib/moveready"
COMMAND_KEYS = {"run", "script", "bash"}
NOT_RUN = {
    "python -m pip install -e .": "the package index",
    "rm -rf reports": "of no consequence here",
    "pwsh ./New-MoveBatch.ps1": "the reader's own script",
}
"""Commands that no test runs, and what each would need."""


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [match["body"] for match in BLOCK.finditer(PAGE) if match["language"] == language]


def yaml_files() -> list[object]:
    """The YAML files of the page, parsed."""
    return [YAML(typ="safe", pure=True).load(text) for text in blocks("yaml")]


def commands_in(data: object, key: str = "") -> Iterator[str]:
    """The commands in a file of a pipeline."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from commands_in(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from commands_in(value, key)
    elif key in COMMAND_KEYS and isinstance(data, str):
        yield from data.splitlines()


def commands() -> list[str]:
    """Every command of the page, once."""
    of_yaml = [command for data in yaml_files() for command in commands_in(data)]
    of_jenkins = [match for text in blocks("groovy") for match in re.findall(r"\bsh '([^']+)'", text)]
    typed = [line for text in blocks("console") for line in text.splitlines()]
    return list(dict.fromkeys([*of_yaml, *of_jenkins, *typed]))


def having(start: str) -> list[str]:
    """The commands that begin so."""
    return [command for command in commands() if command.startswith(start)]


def values_of(data: object, key: str) -> list[object]:
    """The values of a key, wherever it is."""
    if isinstance(data, list):
        return [found for value in data for found in values_of(value, key)]
    if not isinstance(data, dict):
        return []
    own = [data[key]] if key in data else []
    return own + [found for value in data.values() for found in values_of(value, key)]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A pool of a server that is ready, and of one that is not."""
    servers = [{"name": "ex01.contoso.com", "pool": POOL}, {"name": "ex02.contoso.com", "pool": POOL, "flag": False}]
    with Lab(fleet_from(servers=servers), folder=tmp_path_factory.mktemp("pool")) as lab:
        yield lab


@pytest.fixture
def run_command(pytester: pytest.Pytester, pool: Lab, tmp_path_factory: pytest.TempPathFactory) -> RunCommand:
    """Run a command of the page as an agent does, in a checkout with the inventory: exit code and output."""
    inventory = pytester.mkdir("inventory") / "prod.yaml"
    inventory.write_text(pool.inventory_file.read_text(encoding="utf-8"), encoding="utf-8")
    state = tmp_path_factory.mktemp("state").as_posix()

    def run(command: str) -> tuple[int, str]:
        program, *args = shlex.split(command.replace(STATE, state))
        if program == "moveready":
            result = CliRunner().invoke(app, args)
            return result.exit_code, result.output
        done = subprocess.run([sys.executable, *args], capture_output=True, text=True, check=False, encoding="utf-8")
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture
def gate_made(run_command: RunCommand, monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """The first job of the gate has run, with the key that the page makes."""
    (make_key,) = having(KEY)
    code, key = run_command(make_key)
    assert code == 0
    monkeypatch.setenv("MOVEREADY_GATE_KEY", key.strip())
    (check,) = [command for command in commands() if "--gate " in command]
    assert run_command(check)[0] == 0
    return run_command


def test_every_command_is_run_or_known_not_to_be() -> None:
    """So that no new command of the page stays without a test."""
    run = {*having("python -m pytest"), *having("moveready "), *having(KEY)}

    assert set(commands()) == run | set(NOT_RUN)


@pytest.mark.parametrize("command", [command for command in having("python -m pytest") if "--gate" not in command])
def test_run_ends_as_the_page_says(run_command: RunCommand, command: str) -> None:
    """With 1 for the finding on ex02, or idle on ex01; the files that a pipeline keeps are there."""
    code, output = run_command(command)

    assert code == 1, output
    assert {name for name in REPORTS if Path("reports", name).is_file()} == set(REPORTS) - {"gate.json"}


def test_gate_lets_a_move_use_what_is_ready(gate_made: RunCommand) -> None:
    """The command of the second job, to the letter, and the same for the server that is not ready."""
    (verify,) = having("moveready gate")

    assert gate_made(verify)[0] == 0
    assert gate_made(verify.replace("ex01", "ex02"))[0] == 1
    assert gate_made(verify.replace("gate.json", "none.json"))[0] == 4


def test_gate_is_refused_after_a_change(gate_made: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the inventory, and of the key."""
    (verify,) = having("moveready gate")
    Path("inventory/waivers.yaml").write_text("waivers: []\n", encoding="utf-8")
    assert gate_made(verify)[0] == 1

    Path("inventory/waivers.yaml").unlink()
    assert gate_made(verify)[0] == 0
    monkeypatch.setenv("MOVEREADY_GATE_KEY", "another key of enough bytes")
    assert gate_made(verify)[0] == 1


def test_recipes_keep_files_that_a_run_writes() -> None:
    """A name that no run writes would be an empty artifact."""
    named = re.findall(r"reports/([\w.]+\.\w+)", "".join(blocks("yaml") + blocks("groovy")))

    assert {"junit.xml", "gate.json"} <= set(named) <= set(REPORTS)


def test_gitlab_warns_for_the_codes_that_are_no_findings() -> None:
    """Those that the table above calls warnings."""
    (codes,) = [found for data in yaml_files() for found in values_of(data, "exit_codes")]

    assert codes == [NOT_EVALUATED, WAIVER_IS_DUE]


def test_schedules_have_five_fields() -> None:
    """Of GitHub and Azure in YAML, of Jenkins in its own words."""
    of_yaml = [str(found) for data in yaml_files() for found in values_of(data, "cron")]
    of_jenkins = re.findall(r"cron\('([^']+)'\)", "".join(blocks("groovy")))

    assert [len(schedule.split()) for schedule in [*of_yaml, *of_jenkins]] == [5, 5, 5]


def test_every_file_is_of_its_system() -> None:
    """What each system needs at least; a block that lost its indentation would have it elsewhere."""
    kinds = [sorted(map(str, data)) for data in yaml_files() if isinstance(data, dict)]

    assert kinds == [
        ["jobs", "name", "on"],
        ["pool", "schedules", "steps", "trigger"],
        ["moveready"],
        ["jobs", "name", "on"],
    ]


@pytest.mark.parametrize("opening", ["{", "(", "["])
def test_jenkinsfile_is_balanced(opening: str) -> None:
    """Each bracket is closed; nothing else can parse it here."""
    closing = {"{": "}", "(": ")", "[": "]"}[opening]
    (text,) = blocks("groovy")

    assert text.count(opening) == text.count(closing)


def test_secrets_are_named_alike_everywhere() -> None:
    """The variable of each recipe is the one that its commands and the inventory name."""
    names: Sequence[str] = re.findall(
        r"\bMOVEREADY_\w+", "".join(blocks("yaml") + blocks("groovy") + blocks("console"))
    )

    assert set(names) == {"MOVEREADY_PASSWORD", "MOVEREADY_GATE_KEY"}
