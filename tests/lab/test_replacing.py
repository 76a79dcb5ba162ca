"""Which faults keep a pipeline from running, and what the client gets."""

from __future__ import annotations

import pytest

from moveready.lab.faults import Fault, FaultKind
from moveready.lab.pipeline import PipelineResult
from moveready.lab.replacing import replaced_result


def test_access_denied_ends_the_pipeline() -> None:
    """With the exception of .NET."""
    result = replaced_result(Fault(FaultKind.ACCESS_DENIED))

    assert result is not None
    assert result.failure is not None
    assert result.failure.exception == "System.UnauthorizedAccessException"


def test_ignored_looks_done() -> None:
    """No output, no error."""
    assert replaced_result(Fault(FaultKind.IGNORED)) == PipelineResult()


@pytest.mark.parametrize("fault", [None, Fault(FaultKind.CLIXML), Fault(FaultKind.NEVER_FINISHES)])
def test_other_pipelines_run(fault: Fault | None) -> None:
    """Their results may be changed afterwards."""
    assert replaced_result(fault) is None
