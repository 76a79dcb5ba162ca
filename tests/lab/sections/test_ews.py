"""The section `ews:`."""

from __future__ import annotations

import pytest

from moveready.lab.sections.ews import EWS, EwsFacts, ExtendedProtection


@pytest.mark.parametrize(
    ("facts", "offers"),
    [
        ({}, ("Negotiate", "NTLM")),
        ({"windows_authentication": False}, ('Basic realm="ews"',)),
        ({"offers": []}, ()),
        ({"windows_authentication": False, "offers": ["NTLM"]}, ("NTLM",)),
    ],
)
def test_what_is_offered_follows_the_facts(facts: dict[str, object], offers: tuple[str, ...]) -> None:
    """Windows authentication, unless something else is told."""
    state = EWS.begin(EwsFacts.model_validate(facts))

    assert state.offers == offers
    assert state.extended_protection is ExtendedProtection.NONE
