"""The random fleets and the expectation of the load tests are what they say."""

from __future__ import annotations

import pytest

from tests.acceptance.random_fleets import FAULTS, HEALTHY, expected_outcomes, random_fleet


def test_a_seed_gives_its_fleet() -> None:
    """The same one each time, and another seed another."""
    assert random_fleet(1, 400, 0.05) == random_fleet(1, 400, 0.05)
    assert random_fleet(1, 400, 0.05) != random_fleet(2, 400, 0.05)


def test_faults_are_as_many_as_asked_for() -> None:
    """One of every kind at least."""
    fleet = random_fleet(7, 400, 0.05)
    faulty = [facts for facts in fleet if {k: v for k, v in facts.items() if k != "name"} in FAULTS]

    assert (len(fleet), len(faulty)) == (400, 20)


@pytest.mark.parametrize("facts", FAULTS, ids=str)
def test_every_fault_is_an_error_somewhere(facts: dict[str, object]) -> None:
    """Else the load test would not test it."""
    assert "error" in expected_outcomes(facts).values()


@pytest.mark.parametrize("facts", HEALTHY, ids=str)
def test_who_answers_is_judged(facts: dict[str, object]) -> None:
    """The directory and the endpoint of a server without a fault are no error."""
    outcomes = expected_outcomes(facts)

    assert "error" not in {word for control, word in outcomes.items() if control != "KB3063913-2"}
