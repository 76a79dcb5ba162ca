"""The checks called again: found by file and name, on fresh evidence, until they pass or the time is over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from moveready.collection.bounds import Bounds
from moveready.errors import FixError
from moveready.evidence import EWS_DIRECTORY
from moveready.findings.controls import Severity
from moveready.findings.outcomes import Outcome, Result
from moveready.fixer.verify import Verified, check_again, check_at, module_at, verify
from moveready.inventory import load_inventory
from moveready.kb.kb3063913.verdicts import Conclusion
from moveready.plugin.selection import CheckPlace
from tests.builders import verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab
    from tests.fixer.conftest import Kit

CHECKS = """
from moveready.findings.controls import control

ABOUT = dict(severity="low", cause="It is.", source="https://kb")

@control("OWN-1", title="The flag is on", **ABOUT)
def test_flag(server, ews_directory):
    assert ews_directory.mrsproxy_enabled, f"{server.name} is off."

@control("OWN-2", title="All evidence is there", **ABOUT)
def test_all(mrsproxy_events, endpoint_answer):
    assert endpoint_answer.lets_moves_in, "It is closed."

@control("OWN-3", title="It breaks", **ABOUT)
def test_broken():
    raise KeyError("x")

def test_strange(server, tmp_path):
    pass

def test_plain():
    pass
"""


@pytest.fixture
def own(tmp_path: Path) -> str:
    """The file of some checks."""
    file = tmp_path / "test_own_checks.py"
    file.write_text(CHECKS, encoding="utf-8")
    return str(file)


def verified(*results: Result) -> Verified:
    """What the checks said."""
    outcomes = (Outcome("KB", "T", Severity.HIGH, "s", "ex01", result, "", "", {}, 0.0) for result in results)
    return Verified(tuple(outcomes), (verdict_of(Conclusion.READY),))


@pytest.mark.parametrize(
    ("results", "repaired"),
    [([Result.PASSED] * 2, True), ([Result.PASSED, Result.FAILED], False), ([Result.ERROR], False), ([], False)],
)
def test_all_must_pass(results: list[Result], repaired: bool) -> None:
    """Where nothing was checked, nothing is known."""
    assert verified(*results).is_repaired is repaired


def test_it_is_checked_until_it_passes(kit: Kit) -> None:
    """Ever less often, up to a bound."""
    stop, answers = kit.patience(), [verified(Result.FAILED)] * 8 + [verified(Result.PASSED)]
    found = verify(lambda: answers.pop(0), 600, stop)

    assert found.is_repaired
    assert stop.pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_the_last_word_counts_when_the_time_is_over(kit: Kit) -> None:
    """There is none left for another pause, so none is made."""
    stop = kit.patience()

    assert not verify(lambda: verified(Result.FAILED), 0.1, stop).is_repaired
    assert stop.pauses == []


def test_a_stop_ends_the_checking(kit: Kit) -> None:
    """With what is known by then."""
    stop = kit.patience(stop_at=2)

    assert not verify(lambda: verified(Result.ERROR), 600, stop).is_repaired
    assert len(stop.pauses) == 2


def test_a_check_is_found_by_its_file(own: str) -> None:
    """The file is imported once: what it registers, it registers once."""
    found = check_at(CheckPlace(own, "test_flag"))

    assert found.__name__ == "test_flag"
    assert module_at(own) is module_at(own)


@pytest.mark.parametrize(
    ("function", "told"), [("test_strange", "it asks for tmp_path"), ("test_gone", "it is no function of")]
)
def test_what_cannot_be_called_again_is_told(own: str, function: str, told: str) -> None:
    """Before anything is changed."""
    with pytest.raises(FixError, match=f"{function}: {told}"):
        check_at(CheckPlace(own, function))


@pytest.mark.parametrize("name", ["gone.py", "gone"])
def test_a_file_of_another_machine_is_told(tmp_path: Path, name: str) -> None:
    """pytest-xdist can run checks elsewhere."""
    with pytest.raises(FixError, match="is not on this machine"):
        check_at(CheckPlace(str(tmp_path / name), "test_flag"))


def test_checks_are_called_on_fresh_evidence(lab_with: Callable[..., Lab], own: str) -> None:
    """Failures and faults are outcomes, as under pytest; what has no control has none."""
    lab = lab_with(flag=False, worker="on")
    inventory = load_inventory(lab.inventory_file, os.environ)
    names = ("test_flag", "test_all", "test_broken", "test_plain")
    checks = [check_at(CheckPlace(own, name)) for name in names]
    found = check_again(inventory.servers[0], checks, inventory, Bounds(server_timeout=10))

    assert [(outcome.control, outcome.result.value) for outcome in found.outcomes] == [
        ("OWN-1", "failed"),
        ("OWN-2", "passed"),
        ("OWN-3", "error"),
    ]
    assert found.outcomes[0].sentence == "ex01.contoso.com is off."
    assert found.verdicts == ()
    assert found.outcomes[0].evidence.keys() == {EWS_DIRECTORY.name}


def test_a_server_that_does_not_answer_is_no_pass(lab_with: Callable[..., Lab], own: str) -> None:
    """Its checks end as errors."""
    lab = lab_with(down="all")
    inventory = load_inventory(lab.inventory_file, os.environ)
    checks = [check_at(CheckPlace(own, "test_all"))]

    assert not check_again(inventory.servers[0], checks, inventory, Bounds(server_timeout=5)).is_repaired
