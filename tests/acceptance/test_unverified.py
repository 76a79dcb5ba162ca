"""`tls.verify: false` is loud: every report says that nobody knows who has answered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run
    from moveready.lab.server import Lab

KB3063913_1 = ("--pyargs", "moveready.checks.test_kb3063913_mrsproxy_disabled", "--control=KB3063913-1")
LOUD = {
    "fleet.html": "Certificates were NOT verified",
    "gate.json": None,
    "history.sqlite": None,
    "junit.xml": '<property name="certificate" value="NOT verified"',
    "mail.html": "Certificates were NOT verified: nobody knows who answered",
    "metrics.prom": 'moveready_server_certificate_verified{server="ex01.contoso.com"} 0.0',
    "report.html": "Certificates were NOT verified: ex01.contoso.com",
    "results.csv": ",true,false\r\n",
    "run.json": '"certificates_verified": false',
    "summary.md": "**Certificates were NOT verified: nobody knows who answered in the name of 1 server.**",
}


@pytest.fixture
def run_with(pytester: pytest.Pytester, lab_with: Callable[..., Lab]) -> Callable[[bool], pytest.RunResult]:
    """Check a lab of one server, with or without verification."""

    def check(verify: bool) -> pytest.RunResult:
        lab = lab_with()
        text = lab.inventory_file.read_text(encoding="utf-8")
        settings = f"tls: {{verify: {str(verify).lower()}, "
        lab.inventory_file.write_text(text.replace("tls: {", settings), encoding="utf-8")
        return pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", *KB3063913_1)

    return check


def test_every_report_says_that_certificates_were_not_verified(
    run_with: Callable[[bool], pytest.RunResult], pytester: pytest.Pytester, last_run: Callable[[], Run]
) -> None:
    """At the beginning and at the end of the terminal, too; and a new kind of report must decide about it."""
    shown = run_with(False).stdout.str()

    assert "moveready: certificates are NOT verified: ex01.contoso.com" in shown
    assert "Certificates were NOT verified: nobody knows who answered in the name of 1" in shown
    reports = {file.name: file for file in (Path(pytester.path) / "reports").iterdir() if not file.name.startswith(".")}
    assert reports.keys() <= LOUD.keys()
    silent = [name for name, file in reports.items() if LOUD[name] and LOUD[name] not in text_of(file)]
    assert silent == []
    assert last_run().unverified == ("ex01.contoso.com",)


@pytest.mark.heavy
def test_no_report_says_so_of_verified_certificates(
    run_with: Callable[[bool], pytest.RunResult], pytester: pytest.Pytester
) -> None:
    """A warning that always stands there is none."""
    shown = run_with(True).stdout.str()

    assert "NOT verified" not in shown
    for name, loud in LOUD.items():
        file = Path(pytester.path) / "reports" / name
        assert loud is None or loud not in text_of(file), name


def text_of(file: Path) -> Any:
    """A report as it was written."""
    return file.read_bytes().decode("utf-8-sig", "replace")
