"""Questions print as the line a person would type."""

from __future__ import annotations

import pytest

from moveready.evidence.questions import Cmdlet, Pipeline


@pytest.mark.parametrize(
    ("cmdlet", "line"),
    [
        (Cmdlet("Get-X", Force=None), "Get-X -Force"),
        (Cmdlet("Get-X", Confirm=False), "Get-X -Confirm:$false"),
        (Cmdlet("Get-X", MaxEvents=200), "Get-X -MaxEvents 200"),
        (Cmdlet("Get-X", Property=("Name", "Start Time")), "Get-X -Property Name,'Start Time'"),
        (Cmdlet("Get-X", Identity="it's"), "Get-X -Identity 'it''s'"),
    ],
)
def test_cmdlet_prints_as_typed(cmdlet: Cmdlet, line: str) -> None:
    """Switches, booleans, numbers, lists and quoted texts stand as PowerShell takes them."""
    assert str(cmdlet) == line


def test_pipeline_joins_its_cmdlets() -> None:
    """Cmdlets are joined by pipes, in their order."""
    assert str(Pipeline.of(Cmdlet("Get-A"), Cmdlet("Select-B"))) == "Get-A | Select-B"
