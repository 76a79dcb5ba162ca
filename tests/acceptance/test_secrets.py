"""No password is written anywhere, whatever is asked of pytest and whatever breaks."""

from __future__ import annotations

import base64
import html
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from moveready.lab.dump import Dump
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from tests.canaries import leaks_in, leaks_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    LabWith = Callable[..., Lab]
Run = Callable[..., int]

STRANGE = "hunter2 \"q\" <b>&amp; 'x' %41+/\\é€"
KEY = "key-of-the-gate-3f9c1f"
TOKEN = "token-of-the-chat-77ab"
SECRETS = {"refused": STRANGE, "key": KEY, "token": TOKEN}
LOUD = (
    *("-vv", "-s", "-rA", "--showlocals", "--full-trace", "--log-level=DEBUG", "--debug=trace.log"),
    *("-o", "log_cli=true", "-o", "log_file=pytest.log", "-o", "log_file_level=DEBUG"),
    *("--keep-raw", "--junitxml=pytest.xml", "--gate", "--gate-key=env:CANARY_KEY", "--notify=env:CANARY_URL"),
)
CHECKS = ("--pyargs", "moveready.checks")
# Tells the test what the lab's password is; the file is not among those that are searched.
TELLER = """
import os
from pathlib import Path
from moveready.lab.plugin import LAB

def pytest_sessionstart(session):
    lab = session.config.stash.get(LAB, None)
    if lab is not None:
        Path(os.environ["CANARY_FILE"]).write_text(lab.account.password, encoding="utf-8")
"""
OWN = """
from dataclasses import asdict
from moveready.api import Server, control
from moveready.plugin.hooks import SUITE

@control("OWN-1", title="T", severity="low", cause="C", source="https://intranet")
def test_check_that_raises(server: Server, request):
    inventory, handed = request.config.stash[SUITE].inventory, getattr(request.config, "workerinput", None)
    print(f"{inventory} {handed}")
    raise RuntimeError(f"{server.credential!r} {server.credential.password!s:>40} {asdict(server)} {handed}")

@control("OWN-2", title="T", severity="low", cause="C", source="https://intranet")
def test_check_that_compares(server: Server, request):
    assert asdict(server.credential) == {"password": "guess"}, server

def test_plain(server: Server, ews_directory, request):
    suite, handed = request.config.stash[SUITE], getattr(request.config, "workerinput", None)
    inventory, credentials, settings = suite.inventory, suite.inventory.credentials, vars(suite)
    assert server.credential.password == "guess", [server.credential, server.windows_login]
"""
BREAKING = """
def pytest_{hook}:
    known = vars({given})
    raise KeyError("broken", repr(known))
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run pytest in `watched/here`; its temporary files, and what it prints, are in `watched` too."""

    def start(*args: str, **environ: str) -> int:
        watched, here, temporary = (tmp_path / name for name in ("watched", "watched/here", "watched/temporary"))
        for folder in (here, temporary):
            folder.mkdir(parents=True, exist_ok=True)
        (tmp_path / "plugins").mkdir(exist_ok=True)
        (tmp_path / "plugins" / "canary_teller.py").write_text(TELLER, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "canary_teller", *args],
            cwd=here,
            env={
                **os.environ,
                **dict.fromkeys(("TMPDIR", "TEMP", "TMP", "MOVEREADY_LOCK_FOLDER"), str(temporary)),
                "PYTHONPATH": str(tmp_path / "plugins"),
                "CANARY_FILE": str(tmp_path / "told"),
                "CANARY_KEY": KEY,
                "CANARY_URL": f"json://svc:{TOKEN}@127.0.0.1:9/{TOKEN}",
                **environ,
            },
            capture_output=True,
            check=False,
        )
        number = len(list(watched.glob("printed*")))
        (watched / f"printed-{number}").write_bytes(done.stdout + done.stderr)
        return done.returncode

    return start


@pytest.fixture
def shown(tmp_path: Path) -> Callable[[], str]:
    """All that the runs have printed."""
    return lambda: "".join(
        file.read_text(encoding="utf-8", errors="replace") for file in sorted((tmp_path / "watched").glob("printed*"))
    )


@pytest.fixture
def leaks(tmp_path: Path) -> Callable[..., list[str]]:
    """What of all secrets of the test was written anywhere."""

    def search(**others: str) -> list[str]:
        told = tmp_path / "told"
        lab = {"password of the lab": told.read_text(encoding="utf-8")} if told.exists() else {}
        return leaks_in(tmp_path / "watched", SECRETS | lab | others)

    return search


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text,
        lambda text: json.dumps({"a": text}),
        lambda text: html.escape(json.dumps([text])),
        repr,
        lambda text: f"https://svc:{quote(text, safe='')}@somewhere/",
        lambda text: base64.b64encode(f"svc:{text}".encode()).decode(),
        lambda text: base64.b64encode(f"CONTOSO\\svc:{text}!".encode()).decode(),
        lambda text: base64.urlsafe_b64encode(f"{text}x".encode("utf-16-le")).decode(),
        lambda text: base64.b64encode(b"xy" + text.encode("utf-16-le")).decode(),
        lambda text: text.encode("utf-16-le").hex(),
    ],
)
@pytest.mark.parametrize("secret", SECRETS)
def test_every_form_of_a_secret_is_found(form: Callable[[str], str], secret: str, tmp_path: Path) -> None:
    """In a file and in its name: a search that finds nothing proves something only if it could."""
    (tmp_path / "report").write_text(f"before {form(SECRETS[secret])} behind", encoding="utf-8")
    (tmp_path / "utf-16").write_text(SECRETS[secret], encoding="utf-16")
    (tmp_path / f"raw-{KEY}").touch()

    leaks = leaks_in(tmp_path, SECRETS)

    assert [leak for leak in leaks if leak.startswith(f"report: {secret} as ")]
    assert [leak for leak in leaks if leak.startswith(f"utf-16: {secret} as utf-16")]
    assert f"the name raw-{KEY}: key as text" in leaks
    assert leaks_of(b"nothing of it", SECRETS) == []


@pytest.mark.heavy
@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two"])
def test_the_demo_writes_no_password(
    run: Run, leaks: Callable[..., list[str]], shown: Callable[[], str], tmp_path: Path, workers: tuple[str, ...]
) -> None:
    """At every log level, with locals, and with checks and tests of the user's own that raise."""
    (tmp_path / "watched" / "here").mkdir(parents=True)
    (tmp_path / "watched" / "here" / "test_own.py").write_text(OWN, encoding="utf-8")

    run("--lab", *LOUD, *workers, *CHECKS, "test_own.py")

    assert "<a secret, hidden>" in shown()
    assert (tmp_path / "told").exists()
    for file in ("reports/run.json", "reports/history.sqlite", "reports/gate.json", "trace.log", "pytest.xml"):
        assert (tmp_path / "watched" / "here" / file).exists(), file
    assert list((tmp_path / "watched/here/reports/raw").iterdir()) != []
    assert leaks() == []


@pytest.mark.heavy
@pytest.mark.long
@pytest.mark.parametrize(
    "hook",
    [
        "configure_node(node)",
        "collection_finish(session)",
        "runtest_protocol(item)",
        "runtest_logreport(report)",
        "sessionfinish(session)",
        "unconfigure(config)",
    ],
)
def test_a_fault_of_our_own_writes_no_password(
    run: Run, leaks: Callable[..., list[str]], shown: Callable[[], str], tmp_path: Path, hook: str
) -> None:
    """On the controller and on a worker: pytest shows the locals of all frames of such a fault."""
    (tmp_path / "watched" / "here").mkdir(parents=True)
    broken = BREAKING.format(hook=hook, given=hook.partition("(")[2].removesuffix(")"))
    (tmp_path / "watched" / "here" / "conftest.py").write_text(broken, encoding="utf-8")

    small = ("--control=KB3063913-1", "--limit=ex0*")
    code = run("--lab", *LOUD, "-n", "2", *CHECKS, *small, "--confcutdir=.", "-p", "conftest")

    assert code != 0
    assert "KeyError: ('broken', " in shown()
    assert (tmp_path / "told").exists()
    assert leaks() == []


@pytest.mark.heavy
@pytest.mark.long
def test_a_worker_that_is_killed_writes_no_password(run: Run, leaks: Callable[..., list[str]], tmp_path: Path) -> None:
    """Nor leaves any in a file that the controller would have removed."""
    (tmp_path / "watched" / "here").mkdir(parents=True)
    (tmp_path / "watched" / "here" / "test_own.py").write_text(
        "import os\nfrom moveready.api import Server\ndef test_dies(server: Server):\n    os._exit(9)\n",
        encoding="utf-8",
    )

    run("--lab", *LOUD, "-n", "2", "--limit=ex01,ex02", "test_own.py")

    assert (tmp_path / "told").exists()
    assert leaks() == []


@pytest.fixture
def basic_lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab that takes Basic over TLS, and writes all that goes over its wire; its own files are not searched."""
    (tmp_path / "lab").mkdir()
    dump = Dump(tmp_path / "watched" / "dump")
    fleet = fleet_from(servers=[{"name": "ex01.contoso.com", "ews": {"offers": ['Basic realm="x"']}}])
    with Lab(fleet, folder=tmp_path / "lab", windows_tls=True, dump=dump) as lab:
        yield lab


@pytest.mark.heavy
@pytest.mark.long
@pytest.mark.parametrize("is_right", [True, False], ids=["right", "refused"])
def test_basic_writes_no_password(run: Run, leaks: Callable[..., list[str]], basic_lab: Lab, is_right: bool) -> None:
    """Here the password itself travels: it is in no dump and no raw answer, and none that was refused in a message."""
    name = json.dumps(basic_lab.account.username)
    text = basic_lab.inventory_file.read_text(encoding="utf-8")
    text = text.replace("defaults: {credential: lab,", "defaults: {credential: basic,")
    basic = f"credentials:\n  basic: {{auth: basic, username: {name}, password: env:CANARY}}\n"
    basic_lab.inventory_file.write_text(text.replace("credentials:\n", basic), encoding="utf-8")
    password = basic_lab.account.password

    run(f"--inventory={basic_lab.inventory_file}", *LOUD, *CHECKS, CANARY=password if is_right else STRANGE)

    users = {entry.user for entry in basic_lab.log.entries() if entry.channel != "exchange"}
    assert (basic_lab.account.username in users) is is_right
    assert basic_lab.log.credentials != ()
    assert "Basic (not shown)" in "".join(
        file.read_text(encoding="utf-8") for file in basic_lab.inventory_file.parent.parent.glob("watched/dump/*")
    )
    assert leaks(right=password) == []


@pytest.mark.heavy
@pytest.mark.long
def test_the_fixer_writes_no_password(
    run: Run, leaks: Callable[..., list[str]], shown: Callable[[], str], tmp_path: Path
) -> None:
    """In its plan, its journal and its reports, while it changes servers."""
    (tmp_path / "lab").mkdir()
    fleet = fleet_from(fix={"wait": "0s"}, servers=[{"name": "ex01.contoso.com", "fix": "allowed", "flag": "off"}])
    with Lab(fleet, folder=tmp_path / "lab") as lab:
        fixer = ("-p", "moveready.fixer", f"--inventory={lab.inventory_file}", *LOUD, *CHECKS, "--control=KB3063913")
        run(*fixer, "--fix=plan")
        run(*fixer, "--fix=apply")
        changed = [command for command in lab.log.commands() if command.startswith("Set-")]

    assert changed != []
    assert "ex01.contoso.com" in shown()
    assert [file.name for file in (tmp_path / "watched").rglob("*journal*")] != []
    assert leaks(password=lab.account.password) == []
