"""The fixer: `pytest ... -p moveready.fixer --fix plan|apply|resume`.

A plugin of its own that nothing else knows; pytest finds its hooks here, `moveready.fixer.plugin` has them.
"""

from __future__ import annotations

from moveready.fixer.plugin import (
    pytest_addoption,
    pytest_configure,
    pytest_html_results_summary,
    pytest_sessionfinish,
    pytest_sessionstart,
    pytest_terminal_summary,
)
from moveready.fixer.remedies import Finding, Remedy, remedy

__all__ = [
    "Finding",
    "Remedy",
    "pytest_addoption",
    "pytest_configure",
    "pytest_html_results_summary",
    "pytest_sessionfinish",
    "pytest_sessionstart",
    "pytest_terminal_summary",
    "remedy",
]
