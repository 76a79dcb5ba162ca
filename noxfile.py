"""The project's routines: the same on a desk, in CI, on Linux and on Windows.

`nox` runs all of them, `nox -s tests` one, `nox -R -s tests` one in the environment of last time. `--no-venv` runs them
where nox itself is installed.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "types", "layers", "tests", "package", "demo"]

SOURCES = ("src", "checks", "tests", "docs", "benchmarks", ".ci/pin.py", "noxfile.py", "conftest.py")


# Every warning is an error, but one: a TLS handshake that a test gives up leaves asyncio's transport to the garbage
# collector, which tells it in whatever test runs then.
WARNINGS = ("-W", "error", "-W", "default::pytest.PytestUnraisableExceptionWarning")


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def pythons(session: nox.Session) -> None:
    """Run our own tests on every Python that is installed; only where it is named."""
    _install_pins(session)
    session.run("python", "-m", "pytest", "tests", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run our own tests, the heavy ones too, with warnings as errors, and hold coverage to its gates."""
    _install_pins(session)
    session.run("python", "-m", "coverage", "erase")
    session.run("python", "-m", "coverage", "run", "-m", "pytest", *WARNINGS, "-m", "", "tests", *session.posargs)
    session.run("python", "-m", "coverage", "combine", "--quiet")
    session.run("python", "-m", "coverage", "report", "--fail-under=90")
    session.run("python", "-m", "coverage", "report", f"--include={PURE}", "--fail-under=100")


@nox.session
def long(session: nox.Session) -> None:
    """Run the tests that take minutes: the fault matrix, fleets of 1,000 servers, every change of one character."""
    _install_pins(session)
    session.run("python", "-m", "pytest", *WARNINGS, "-m", "long", "tests", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    _install_pins(session)
    session.run("ruff", "check", *SOURCES)
    session.run("ruff", "format", "--check", *SOURCES)


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly, tests included."""
    _install_pins(session)
    session.run("mypy", *SOURCES)


@nox.session
def layers(session: nox.Session) -> None:
    """Check who imports whom."""
    _install_pins(session)
    session.run("lint-imports")


@nox.session
def package(session: nox.Session) -> None:
    """Build the wheel, and run its checks on the lab from an empty folder, with nothing else installed."""
    _install(session, "build>=1.2")
    wheels = Path(session.create_tmp()) / "dist"
    shutil.rmtree(wheels, ignore_errors=True)
    session.run("python", "-m", "build", "--wheel", "--outdir", str(wheels), silent=True)
    wheel = next(wheels.glob("*.whl"))
    _hold_contents(session, wheel)
    session.run("python", "-m", "pip", "install", "--quiet", "--force-reinstall", f"{wheel}[lab]")
    with tempfile.TemporaryDirectory() as empty, session.chdir(empty):
        session.run("python", "-m", "pytest", "--pyargs", "moveready.checks", "--lab", "-q", success_codes=[1])


@nox.session
def demo(session: nox.Session) -> None:
    """Run the README's first command: it shows findings, so exit code 1 is its right answer."""
    _install(session, "-e", ".[lab]")
    session.run("python", "-m", "pytest", "--lab", success_codes=[1])


@nox.session
def kerberos(session: nox.Session) -> None:
    """Test Kerberos with a real KDC, and run the demo where its libraries are installed; only where it is named.

    Needs Debian's krb5-kdc, krb5-admin-server, krb5-user and libkrb5-dev, and fails without them.
    """
    _install(session, "-e", ".[dev,kerberos]")
    needed = {"MOVEREADY_KERBEROS": "required"}
    session.run("python", "-m", "pytest", *WARNINGS, "-m", "", "tests/kerberos", *session.posargs, env=needed)
    session.run("python", "-m", "pytest", "--lab", success_codes=[1])


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the suite beside other ways of asking: a quarter of an hour; `-- --small` shows only that it works."""
    _install(session, "-e", ".[lab]")
    session.run("python", "-m", "benchmarks", *session.posargs)


def _install(session: nox.Session, *what: str) -> None:
    """Install into the session's own environment; with `--no-venv` there is none, and all is there already."""
    if session.venv_backend != "none":
        session.install(*what)


def _install_pins(session: nox.Session) -> None:
    """Install exactly what constraints.txt names, by its hashes, without what only the extra `kerberos` needs."""
    pins = Path(session.create_tmp()) / "pins.txt"
    text = Path("constraints.txt").read_text(encoding="utf-8")
    pins.write_text(text.partition("# For the extra `kerberos`")[0], encoding="utf-8")
    _install(session, "--require-hashes", "-r", str(pins))
    _install(session, "--no-deps", "--no-build-isolation", "-e", ".")


def _hold_contents(session: nox.Session, wheel: Path) -> None:
    """The wheel holds every module of the tree, and nothing beside the package."""
    packed = set(zipfile.ZipFile(wheel).namelist())
    sources = {file.relative_to("src").as_posix() for file in Path("src/moveready").rglob("*.py")}
    checks = {f"moveready/checks/{file.name}" for file in Path("checks").glob("*.py")}
    missing = (sources | checks) - packed
    strange = {name for name in packed if not name.startswith(("moveready/", "moveready-"))}
    if missing or strange:
        session.error(f"the wheel lacks {sorted(missing)} and holds {sorted(strange)}")


PURE = ",".join(
    f"*/moveready/{name}"
    for name in (
        "crashes.py",
        "errors.py",
        "explain/*",
        "findings/*",
        "kb/*",
        "plugin/recording.py",
        "evidence/*",
        "inventory/*",
        "lab/cmdlets/*",
        "lab/ews.py",
        "lab/fleet.py",
        "lab/state.py",
        "reporting/*",
    )
)
