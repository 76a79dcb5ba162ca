"""The fixer: `pytest ... -p moveready.fixer --fix plan|apply|resume`.

A separate plugin that the rest of moveready does not know. pytest finds its hooks here; they are defined in
`moveready.fixer.plugin`. The building blocks for your own remedies are here too, with the same promise as
`moveready.api`: names and meaning change in a major version only.
"""

from __future__ import annotations

from moveready.fixer.actions import Action, Condition, ReadBack, Set, Wait
from moveready.fixer.plugin import (
    pytest_addoption,
    pytest_configure,
    pytest_html_results_summary,
    pytest_sessionfinish,
    pytest_sessionstart,
    pytest_terminal_summary,
)
from moveready.fixer.readings import Asking, Reading, declare_setting
from moveready.fixer.remedies import Finding, Remedy, remedy

__all__ = [
    "Action",
    "Asking",
    "Condition",
    "Finding",
    "ReadBack",
    "Reading",
    "Remedy",
    "Set",
    "Wait",
    "declare_setting",
    "pytest_addoption",
    "pytest_configure",
    "pytest_html_results_summary",
    "pytest_sessionfinish",
    "pytest_sessionstart",
    "pytest_terminal_summary",
    "remedy",
]
