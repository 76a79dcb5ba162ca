"""What was tried once is had, or raised, by each who needs it."""

from __future__ import annotations

import pytest

from moveready.collection.attempt import Attempt
from moveready.errors import UnreachableError


def test_result_is_given_to_each() -> None:
    """The call is made once."""
    numbers = iter(range(9))
    attempt = Attempt.of(lambda: next(numbers))

    assert (attempt.result(), attempt.result(), next(numbers)) == (0, 0, 1)


def test_evidence_error_is_a_new_one_for_each() -> None:
    """An exception grows each time it is raised."""
    first = UnreachableError("ex01", "HTTPS endpoint", "refused", "Look.")
    attempt: Attempt[None] = Attempt(error=first)
    with pytest.raises(UnreachableError) as caught:
        attempt.result()

    assert caught.value is not first
    assert str(caught.value) == str(first)


@pytest.mark.parametrize("fault", [ZeroDivisionError("by us"), SystemExit("by us")])
def test_any_other_exception_is_raised_as_it_is(fault: BaseException) -> None:
    """Where it was raised is what people have to report."""

    def broken() -> None:
        raise fault

    with pytest.raises(type(fault)) as caught:
        Attempt.of(broken).result()
    assert caught.value is fault
