"""A symptom is a value; which of them a paste shows is tested in tests/explain."""

from __future__ import annotations

import pytest

from moveready.findings.symptoms import Symptom, Weight


def test_symptom_is_given_by_name() -> None:
    """A list of many is read by people."""
    with pytest.raises(TypeError):
        Symptom("E1", ("text",))  # type: ignore[call-arg] # wrong on purpose
    assert Symptom(id="E1", texts=("text",), means="M.", is_not="N.", source="S").weight is Weight.DECISIVE
