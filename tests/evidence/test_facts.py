"""What is known of a server is known by subject."""

from __future__ import annotations

import pytest

from moveready.errors import UnreachableError
from moveready.evidence import Facts, Subject, subjects_named

REFUSED = {subject: UnreachableError("ex01", subject.name, "refused", "Look.") for subject in Subject}


@pytest.mark.parametrize("subject", list(Subject))
def test_each_subject_has_its_fact(subject: Subject) -> None:
    """None is mistaken for another."""
    facts = Facts(REFUSED[Subject.DIRECTORY], REFUSED[Subject.EVENTS], REFUSED[Subject.ENDPOINT])

    assert facts.of(subject) is REFUSED[subject]


@pytest.mark.parametrize("subject", list(Subject))
def test_unasked_is_none(subject: Subject) -> None:
    """Nobody asked, so nothing is known."""
    assert Facts().of(subject) is None


def test_subjects_are_found_among_the_arguments_of_a_check() -> None:
    """Other arguments are none."""
    assert subjects_named(["server", "endpoint_answer", "tmp_path"]) == {Subject.ENDPOINT}
    assert subjects_named([subject.value for subject in Subject]) == set(Subject)
    assert subjects_named([]) == set()


def test_facts_without_a_subject() -> None:
    """As if nobody had asked."""
    error = UnreachableError("ex01", "HTTPS endpoint", "refused", "Look.")

    assert Facts(error, error, error).without([Subject.EVENTS]) == Facts(error, None, error)
