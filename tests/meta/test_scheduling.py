"""docs/scheduling.md is followed word by word, from an empty folder to a mail; each system takes its files."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from moveready.inventory import load_inventory
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from moveready.notify.channel import channels_from
from tests.services import MailService, running_mail

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/scheduling.md").read_text(encoding="utf-8")
LINUX, WITH_CRON, ON_WINDOWS = re.split(r"^## (?:With cron|On Windows)$", PAGE, flags=re.MULTILINE)
BLOCK = re.compile(r"(?:^`(?P<file>/[^`]+)`:\n\n)?^```(?P<language>\w+)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
UNITS = "/etc/systemd/system"
MOVED = ("/etc/moveready", "/var/lib/moveready", "/opt/moveready", UNITS, "/run/moveready", "/usr/bin/kinit")
SMTP = "smtp.contoso.com:25"
NOT_RUN = {
    "sudo apt install": "changes the machine",
    "sudo python3 -m venv": "the tests have one",
    "sudo /opt/moveready/bin/python -m pip install": "the package index",
    "sudo useradd": "changes the machine",
    "sudo chown": "needs root",
    "sudo systemctl daemon-reload": "needs systemd",
    "sudo journalctl -u moveready.service": "needs systemd",
    "systemctl list-timers moveready.timer": "needs systemd",
    "sudo -u moveready k5start": "needs a domain",
}
"""Beginnings of commands that no test runs, and why."""
PROGRAMS = {
    "python": "",
    "moveready": "-c 'from moveready.cli import main; main()'",
    "apprise": "-c 'from apprise.cli import main; main()'",
}
posix = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX follows this part of the page")


class Machine:
    """A machine in a folder: the page's paths lead into it, and services run without systemd."""

    def __init__(self, folder: Path, lab: Lab, mailbox: MailService) -> None:
        """Install what the first step would: the programs, beside a `kinit` that has nothing to do."""
        self.folder, self.lab, self.mailbox = folder, lab, mailbox
        for name, code in PROGRAMS.items():
            self._install(f"/opt/moveready/bin/{name}", f'exec {shlex.quote(sys.executable)} {code} "$@"')
        self._install("/usr/bin/kinit", "exit 0")
        self.path("/run/moveready").mkdir(parents=True)
        self.path(UNITS).mkdir(parents=True)
        (folder / "moveready.keytab").touch()

    def path(self, path: str) -> Path:
        """Where a path of the page is here."""
        return self.folder / path[1:]

    def moved(self, text: str) -> str:
        """The text with the paths of this machine."""
        return re.sub("|".join(MOVED), lambda match: str(self.path(match[0])), text)

    def write(self, path: str, text: str) -> None:
        """Write a file of the page; the servers are those of the lab, and so is the way to the mail server."""
        if path.endswith("prod.yaml"):
            notify = text[text.index("notify:") :]
            text = f"{self.lab.inventory_file.read_text(encoding='utf-8')}{notify}"
        text = text.replace(SMTP, f"127.0.0.1:{self.mailbox.port}")
        self.path(path).write_text(self.moved(text), encoding="utf-8")

    def run(self, command: str) -> None:
        """Do what a command of the page does."""
        if started := re.fullmatch(r"sudo systemctl start (\S+)", command):
            self.start(started[1])
        elif enabled := re.fullmatch(r"sudo systemctl enable --now (\S+)", command):
            assert unit(self.path(f"{UNITS}/{enabled[1]}"))["Install"]["WantedBy"] == "timers.target"
        elif not command.startswith(tuple(NOT_RUN)):
            # Here all files are of whoever runs the tests, and one's own secret must not be open to a group.
            plain = command.replace("chmod 0640", "chmod 0600")
            self.shell(re.sub(r"^sudo (-u \S+ )?|-[og] (root|moveready)\b", "", plain))

    def start(self, name: str) -> None:
        """Start a service as systemd does: its environment, its folder, what comes before, and its command."""
        service = unit(self.path(f"{UNITS}/{name}"))["Service"]
        variable, _, value = service.get("Environment", "").partition("=")
        environment = {**os.environ, variable: value} if variable else dict(os.environ)
        for key in ("ExecStartPre", "ExecStart"):
            if key in service:
                command = shlex.split(service[key].replace("%H", "mgmt01"))
                folder = service.get("WorkingDirectory", str(self.folder))
                subprocess.run(command, check=True, cwd=folder, env=environment, capture_output=True)

    def shell(self, command: str) -> str:
        """Run a command line and return its output; one that fails fails the test."""
        lacks_systemd = command.startswith("systemd-analyze") and not shutil.which("systemd-analyze")
        done = subprocess.run(
            ["/bin/sh", "-c", "true" if lacks_systemd else self.moved(command)],
            check=False,
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def follow(self, part: str) -> None:
        """Write each file and run each command of this part of the page, in its order."""
        for match in BLOCK.finditer(part):
            if match["file"]:
                self.write(match["file"], match["body"])
            for command in match["body"].splitlines() if match["language"] == "console" else ():
                self.run(command)

    def _install(self, path: str, script: str) -> None:
        program = self.path(path)
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)


def unit(file: Path) -> ConfigParser:
    """A unit of systemd, as far as ours go: no key stands in it twice."""
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # systemd's keys have capitals
    parser.read(file, encoding="utf-8")
    return parser


def files() -> dict[str, str]:
    """The files of the page by their paths."""
    return {match["file"]: match["body"] for match in BLOCK.finditer(PAGE) if match["file"]}


def options_in(command: str) -> dict[str, str]:
    """The options of a pytest command line; of paths the names alone, since each system has its own folders."""
    options = re.findall(r"(--[\w-]+)=(\S+)", command.partition("-m pytest ")[2].partition(";")[0])
    return {name: PurePosixPath(PureWindowsPath(value).as_posix()).name for name, value in options}


def exec_start() -> str:
    """The command of the service."""
    (command,) = re.findall(r"^ExecStart=(.*)$", files()[f"{UNITS}/moveready.service"], re.MULTILINE)
    return str(command)


def cron_lines() -> list[str]:
    """The lines of the crontab."""
    (text,) = [match["body"] for match in BLOCK.finditer(WITH_CRON) if match["language"] == "crontab"]
    return text.splitlines()


@pytest.fixture
def mailbox() -> Iterator[MailService]:
    """A mail server on a free port of this machine; it keeps every mail."""
    with running_mail() as service:
        yield service


@pytest.fixture
def machine(tmp_path: Path, mailbox: MailService) -> Iterator[Machine]:
    """A machine, with two servers to check, of which ex02 is not ready."""
    folder = tmp_path / "lab"
    folder.mkdir()
    with Lab(
        fleet_from(servers=[{"name": "ex01.contoso.com"}, {"name": "ex02.contoso.com", "flag": False}]), folder=folder
    ) as lab:
        yield Machine(tmp_path, lab, mailbox)


@posix
@pytest.mark.heavy
def test_page_leads_to_a_mail(machine: Machine) -> None:
    """The first run sends one, with the state and the report; a run without a change sends none."""
    machine.follow(LINUX)
    mails = machine.mailbox.received
    machine.start("moveready.service")

    assert [mail["Subject"] for mail in mails] == ["moveready contoso.com: NOT READY - 2 findings on 1 server"]
    assert mails[0]["To"] == "exchange-team@contoso.com"
    body = mails[0].get_body(("plain",))
    assert body is not None
    assert "ex02.contoso.com" in body.get_content()
    assert [part.get_filename() for part in mails[0].iter_attachments()] == ["fleet.html"]
    assert machine.path("/var/lib/moveready/reports/fleet.html").is_file()


@posix
def test_broken_run_is_told_by_mail(machine: Machine) -> None:
    """The service fails for an inventory with a mistake, and the service that it names sends the mail."""
    machine.path("/etc/moveready").mkdir(parents=True)
    machine.path("/var/lib/moveready").mkdir(parents=True)
    for path, text in files().items():
        machine.write(path, text)
    machine.path("/etc/moveready/prod.yaml").write_text("servers: 5\n", encoding="utf-8")

    with pytest.raises(subprocess.CalledProcessError) as failed:
        machine.start("moveready.service")
    machine.start(unit(machine.path(f"{UNITS}/moveready.service"))["Unit"]["OnFailure"])

    assert failed.value.returncode == pytest.ExitCode.USAGE_ERROR
    assert [mail["Subject"] for mail in machine.mailbox.received] == ["moveready failed on mgmt01"]


@posix
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_accepts_every_unit(machine: Machine) -> None:
    """With no remark about any of them."""
    names = [path for path in files() if path.startswith(UNITS)]
    for name in names:
        machine.write(name, files()[name])
    done = subprocess.run(
        [str(shutil.which("systemd-analyze")), "verify", *(str(machine.path(name)) for name in names)],
        check=False,
        capture_output=True,
        text=True,
    )

    assert len(names) == 5
    assert (done.returncode, [line for line in done.stderr.splitlines() if "moveready" in line]) == (0, [])


@posix
@pytest.mark.heavy
def test_cron_line_checks_the_servers(machine: Machine) -> None:
    """With cron's small environment; and its output is mailed by cron where the run is broken, not otherwise."""
    machine.follow(LINUX.split("## 4. The timer")[0])
    line = cron_lines()[-1].split(maxsplit=5)[5]

    assert machine.shell(f"export PATH=/usr/bin:/bin; {line}") == ""
    assert machine.path("/var/lib/moveready/reports/fleet.html").is_file()
    machine.path("/usr/bin/kinit").write_text("#!/bin/sh\necho 'no ticket'; exit 1\n", encoding="utf-8")
    assert machine.shell(line) == "no ticket\n"


def test_crontab_is_one() -> None:
    """Variables, then five fields and a command; a `%` would end the command."""
    *variables, line = cron_lines()

    assert [variable for variable in variables if not re.fullmatch(r"[A-Z0-9]+=\S+", variable)] == []
    assert [field for field in line.split()[:5] if not re.fullmatch(r"\d+|\*", field)] == []
    assert line.split()[5] == "{"
    assert "%" not in line


def test_inventory_of_the_page_is_one(tmp_path: Path) -> None:
    """It needs no password, and its message goes where the page says."""
    for name in ("prod.yaml", "mail.url"):
        (tmp_path / name).write_text(files()[f"/etc/moveready/{name}"], encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    inventory = load_inventory(tmp_path / "prod.yaml", {})
    (channel,) = channels_from(inventory.notify, tmp_path, {})

    assert [server.name for server in inventory.servers] == ["ex01.contoso.com", "ex02.contoso.com"]
    assert channel.name == "mailto (smtp.contoso.com)"


def test_yaml_of_the_page_can_be_parsed() -> None:
    """Each block of it."""
    texts = [match["body"] for match in BLOCK.finditer(PAGE) if match["language"] == "yaml"]

    assert [type(YAML(typ="safe", pure=True).load(text)) for text in texts] == [dict]


@pytest.mark.parametrize("part", [WITH_CRON, ON_WINDOWS], ids=["cron", "windows"])
def test_every_system_runs_the_same_command(pytester: pytest.Pytester, part: str) -> None:
    """Same options, same names of files; and pytest takes them."""
    (command,) = re.findall(r"^.*-m pytest .*$", part, re.MULTILINE)
    config = pytester.parseconfig(*re.findall(r"--[\w-]+=[^\s;']+", command))

    assert options_in(command.replace("'", "")) == options_in(exec_start())
    assert config.getoption("fail_on") == "never"


def test_task_of_windows_is_complete() -> None:
    """Every variable that is registered is set before; the account is a gMSA, whose password Windows fetches."""
    (script,) = [match["body"] for match in BLOCK.finditer(ON_WINDOWS) if "Register-ScheduledTask" in match["body"]]
    made = re.findall(r"^\$(\w+) = ", script, re.MULTILINE)
    used = [line for line in script.splitlines() if not line.startswith("$")]

    assert [name for name in made if name != "arguments" and f"${name}" not in used[-1]] == []
    assert "-Argument $arguments" in script
    assert re.search(r"-UserId 'CONTOSO\\gmsa-moveready\$' -LogonType Password$", script, re.MULTILINE)
    assert "-StartWhenAvailable" in script


def test_extras_that_the_page_installs_exist() -> None:
    """For an unknown one, pip only warns."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {name for extras in re.findall(r'"\.\[([\w,]+)\]"', PAGE) for name in extras.split(",")}

    assert named <= set(project["optional-dependencies"])


def test_list_of_commands_that_are_not_run_is_up_to_date() -> None:
    """Each of them is still on the page."""
    lines = [
        line for match in BLOCK.finditer(PAGE) if match["language"] == "console" for line in match["body"].splitlines()
    ]

    assert [start for start in NOT_RUN if not any(line.startswith(start) for line in lines)] == []
