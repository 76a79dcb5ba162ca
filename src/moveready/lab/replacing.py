"""Results that a fault puts in the place of a pipeline's own. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.lab.faults import FaultKind
from moveready.lab.pipeline import ErrorRecord, PipelineResult

if TYPE_CHECKING:
    from moveready.lab.faults import Fault

_NOT_SPECIFIED = 0
_DENIED = "Attempted to perform an unauthorized operation."
_REPLACED = {
    FaultKind.IGNORED: PipelineResult(),
    FaultKind.ACCESS_DENIED: PipelineResult(
        failure=ErrorRecord(
            _DENIED,
            "System.UnauthorizedAccessException",
            _NOT_SPECIFIED,
            f"{_DENIED},Microsoft.PowerShell.Commands.GetWinEventCommand",
        )
    ),
}


def replaced_result(fault: Fault | None) -> PipelineResult | None:
    """The result of a pipeline that this fault keeps from running; None if it runs."""
    return None if fault is None else _REPLACED.get(fault.kind)
