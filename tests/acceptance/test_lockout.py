"""No run locks an account: a wrong password reaches two servers, however many there are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.findings.outcomes import Outcome, Result, Run
from moveready.lab.auth import write_for_owner
from moveready.lab.faults import Fault, FaultKind
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVERS = 200
NAMES = [f"ex{number:03}.contoso.com" for number in range(1, SERVERS + 1)]
HANG = Fault(FaultKind.HANG)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Two hundred servers in good health."""
    with Lab(fleet_from(servers=[{"name": name} for name in NAMES]), folder=tmp_path_factory.mktemp("lockout")) as lab:
        yield lab


@pytest.fixture
def wrong(fleet: Lab, tmp_path: Path) -> Path:
    """Its inventory, with a password that is wrong."""
    write_for_owner(tmp_path / "password", "not the password\n")
    text = fleet.inventory_file.read_text(encoding="utf-8")
    file = tmp_path / "wrong.yaml"
    file.write_text(text.replace(str(fleet.password_file.absolute()), str(tmp_path / "password")), encoding="utf-8")
    return file


@pytest.fixture
def outcomes(
    pytester: pytest.Pytester, fleet: Lab, last_run: Callable[[], Run]
) -> Iterator[Callable[..., list[Outcome]]]:
    """Run the checks, from an empty folder and an empty log: what came of them."""

    def run(inventory: Path, *args: str) -> list[Outcome]:
        fleet.log.clear()
        pytester.runpytest_subprocess(f"--inventory={inventory}", "--no-summary", "-q", KB3063913, *args)
        return list(last_run().outcomes)

    yield run
    fleet.clear()


@pytest.mark.heavy
def test_a_wrong_password_is_refused_twice_and_not_sent_again(
    outcomes: Callable[..., list[Outcome]], fleet: Lab, wrong: Path, workers: tuple[str, ...]
) -> None:
    """By all workers together; every server is an error that says who refused it, and most never hear of us."""
    found = outcomes(wrong, *workers)

    first, second = fleet.log.credentials
    assert {outcome.result for outcome in found} == {Result.ERROR}
    told = [outcome for outcome in found if "not tried here" in outcome.sentence]
    refused = {name.partition(".")[0] for name in (first, second)}
    assert len({outcome.server for outcome in told}) >= SERVERS - 2
    assert all(refused_by(outcome) == refused for outcome in told)
    assert fleet.log.requests() < SERVERS


def refused_by(outcome: Outcome) -> set[str]:
    r"""Whom `CONTOSO\svc was refused by ex01 and ex03; not tried here` names."""
    return set(outcome.sentence.partition(" was refused by ")[2].partition("; not tried here")[0].split(" and "))


def test_a_password_is_sent_on_once_it_was_accepted(
    outcomes: Callable[..., list[Outcome]], fleet: Lab, workers: tuple[str, ...]
) -> None:
    """Servers of their own trouble with the login stay what they are, and hold nobody else up."""
    for name in NAMES[10:20]:
        fleet.inject(name, "https", Fault(FaultKind.UNAUTHORIZED))
    found = outcomes(fleet.inventory_file, *workers, "--limit=ex00*,ex01*,ex02*")

    errors = {outcome.server for outcome in found if outcome.result is Result.ERROR}
    assert errors == {NAMES[number] for number in range(10, 20)}
    assert not any("not tried here" in outcome.sentence for outcome in found)


@pytest.mark.heavy
def test_a_server_that_hangs_on_the_credential_lets_the_others_go_on(
    outcomes: Callable[..., list[Outcome]], fleet: Lab
) -> None:
    """One of the two places is enough for the rest, and nobody waits until the other one is free again."""
    fleet.inject(NAMES[0], "https", HANG)
    for name in NAMES[1:19]:
        # So that the one that hangs is the first to be sent the credential.
        fleet.inject(name, "https", Fault(FaultKind.SILENT, seconds=1))
    times = "--server-timeout=40", "--first-answer-timeout=35"
    found = outcomes(fleet.inventory_file, "--limit=ex00*,ex01*", "-k", "endpoint_is", *times)
    began = fleet.log.entries(server=NAMES[0])[0].when

    assert [outcome.server for outcome in found if outcome.result is not Result.PASSED] == [NAMES[0]]
    assert fleet.log.credentials[0] == NAMES[0]
    assert max(entry.when for entry in fleet.log.entries(kind="get")) - began < timedelta(seconds=30)
