"""What several tests build: servers and answers as values, and a living lab with pytest run against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from moveready.errors import Place
from moveready.evidence import EWS_DIRECTORY, Facts
from moveready.evidence.questions import CmdletAnswer, HttpAnswer, RemoteError
from moveready.findings.controls import Control, Severity
from moveready.findings.judging import CheckResult, outcome_of
from moveready.findings.run_file import read_run
from moveready.inventory import Auth, Credential, Phase, Secret, Server
from moveready.lab.fleet import DEMO_FLEET, fleet_from, read_fleet
from moveready.lab.server import Lab
from tests.builders import NOON, ews_directory, facts_of

if TYPE_CHECKING:
    from datetime import datetime

    from moveready.findings.outcomes import Outcome, Run

WITHOUT_DEVELOPERS_PLUGINS = "-p no:hypothesispytest -p no:pytest_cov"
"""As users run the checks; it takes half as long."""
PATIENTLY = "--first-answer-timeout=30 --server-timeout=180"
"""A lab on a busy machine is slower than any server; a test of the bounds themselves gives its own."""
DNS_OF_KERBEROS = ("lookup_kdc", "lookup_realm", "canonicalize_hostname")
"""What MIT Kerberos asks the DNS about, unless its configuration says no."""
ServerNamed = Callable[..., Server]
CmdletAnswered = Callable[..., CmdletAnswer]
HttpAnswered = Callable[..., HttpAnswer]
RunChecks = Callable[..., pytest.RunResult]
LabWith = Callable[..., Lab]

pytest_plugins = ["pytester"]
# How long an example takes is said by how busy the machine is, and by nothing else.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def _own_lock_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The fixer's lock is the machine's: ours must not meet that of another run of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOVEREADY_LOCK_FOLDER", str(tmp_path_factory.mktemp("lock")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _runs_as_users_run() -> Iterator[None]:
    """Runs in processes of their own are patient, and have neither coverage nor our plugins: each doubles the time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
            patch.delenv(name, raising=False)
        patch.setenv("PYTEST_ADDOPTS", f"{WITHOUT_DEVELOPERS_PLUGINS} {PATIENTLY}")
        yield


@pytest.fixture(scope="session", autouse=True)
def _asks_no_kdc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where the extra `kerberos` is installed, Negotiate must look for no KDC of this machine, and use no ticket."""
    folder = tmp_path_factory.mktemp("no-kdc")
    lines = "default_realm = NOWHERE.TEST", *(f"dns_{what} = false" for what in DNS_OF_KERBEROS)
    (folder / "krb5.conf").write_text("\n".join(("[libdefaults]", *lines, "")), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KRB5_CONFIG", str(folder / "krb5.conf"))
        patch.setenv("KRB5CCNAME", f"FILE:{folder}/none")
        yield


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """The one of pytest, which takes the variable away that `_runs_as_users_run` has set."""
    monkeypatch.setenv("PYTEST_ADDOPTS", f"{WITHOUT_DEVELOPERS_PLUGINS} {PATIENTLY}")
    return pytester


@pytest.fixture
def noon() -> datetime:
    """The time at which the questions of these tests were asked."""
    return NOON


@pytest.fixture
def server_named() -> ServerNamed:
    """Build a server of the inventory."""

    def build(name: str = "ex01.contoso.com", **changes: object) -> Server:
        credential = Credential("admin", Auth.NTLM, "CONTOSO\\svc", Secret("secret"))
        return Server(name=name, credential=credential, place=Place(Path("prod.yaml"), 7), **changes)  # type: ignore[arg-type] # the caller names fields

    return build


@pytest.fixture
def cmdlet_answer() -> CmdletAnswered:
    """Build what a pipeline gave."""

    def build(*objects: str, errors: tuple[RemoteError, ...] = (), asked_at: datetime = NOON) -> CmdletAnswer:
        return CmdletAnswer("ex01.contoso.com", "Get-Something", objects, errors, asked_at)

    return build


@pytest.fixture
def http_answer() -> HttpAnswered:
    """Build what an HTTPS request gave."""

    def build(
        status: int, body: str = "", *, of: str = "ex01.contoso.com", logged_in: bool = False, **headers: str
    ) -> HttpAnswer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return HttpAnswer(of, f"GET https://{of}/", status, named, body, NOON, logged_in)

    return build


@pytest.fixture
def lab_with(tmp_path: Path) -> Iterator[LabWith]:
    """Start a lab of the servers given as facts of a fleet file, else of ex01 alone with these facts."""
    with ExitStack() as opened:

        def start(*servers: dict[str, object], windows_tls: bool = False, **facts: object) -> Lab:
            fleet = fleet_from(servers=list(servers) or [{"name": "ex01.contoso.com", **facts}])
            return opened.enter_context(Lab(fleet, folder=tmp_path, windows_tls=windows_tls))

        yield start


@pytest.fixture
def six(lab_with: LabWith) -> Lab:
    """A lab of six servers, ex01 to ex06."""
    return lab_with(*({"name": f"ex{number:02d}.contoso.com"} for number in range(1, 7)))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The demo fleet, alive for all tests of a file."""
    with Lab(read_fleet(DEMO_FLEET), folder=tmp_path_factory.mktemp("demo")) as lab:
        yield lab


@pytest.fixture(params=[pytest.param((), id="alone"), pytest.param(("-n", "2"), id="two", marks=pytest.mark.heavy)])
def workers(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Options of a run by one process, and by two workers."""
    given: tuple[str, ...] = request.param
    return given


@pytest.fixture
def run_checks(pytester: pytest.Pytester, demo: Lab) -> RunChecks:
    """Run the checks on the demo fleet, from an empty folder."""
    return lambda *args: pytester.runpytest_subprocess(f"--inventory={demo.inventory_file}", *args)


@pytest.fixture
def last_run(pytester: pytest.Pytester) -> Callable[[], Run]:
    """The `run.json` that a run has left."""
    return lambda: read_run(Path(pytester.path) / "reports" / "run.json")


def control_with(resolution: str = "", id: str = "KB3063913-1") -> Control:  # noqa: A002 - the field's own word
    """A control of this KB, or of another."""
    return Control(id, "Title", Severity.HIGH, "Cause", resolution, None, "https://kb", tuple(Phase))


@pytest.fixture
def facts() -> Facts:
    """The flag is off; nothing else was asked."""
    return facts_of(ews_directory(enabled=False))


@pytest.fixture
def judge(server_named: Callable[..., Any], facts: Facts) -> Callable[..., Outcome]:
    """The outcome of a control whose test ended with this error."""

    def build(
        error: BaseException | None,
        resolution: str = "",
        known: Facts = facts,
        control: str = "KB3063913-1",
        **changes: Any,
    ) -> Outcome:
        judged = CheckResult(
            control_with(resolution, control), server_named(**changes), error, 0.12345, "/somewhere/test_own.py"
        )
        return outcome_of(judged, known, [EWS_DIRECTORY])

    return build
