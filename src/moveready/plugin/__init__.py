"""pytest plugin 1, read-only: asks every server, hands the answers to the checks, and writes what came out.

pytest finds its hooks and the fixture `server` here; `moveready.plugin.hooks` has them. The other modules are what a
run consists of: its settings, the share of a worker, the evidence, the outcomes, the reports.
"""

from __future__ import annotations

from moveready.plugin.hooks import (
    LACKS_INVENTORY,
    SUITE,
    pytest_addoption,
    pytest_cmdline_main,
    pytest_collection_finish,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_generate_tests,
    pytest_itemcollected,
    pytest_pycollect_makeitem,
    pytest_report_from_serializable,
    pytest_report_to_serializable,
    pytest_runtest_makereport,
    pytest_runtestloop,
    pytest_sessionfinish,
    pytest_unconfigure,
    pytest_xdist_auto_num_workers,
    server,
)

__all__ = [
    "LACKS_INVENTORY",
    "SUITE",
    "pytest_addoption",
    "pytest_cmdline_main",
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_generate_tests",
    "pytest_itemcollected",
    "pytest_pycollect_makeitem",
    "pytest_report_from_serializable",
    "pytest_report_to_serializable",
    "pytest_runtest_makereport",
    "pytest_runtestloop",
    "pytest_sessionfinish",
    "pytest_unconfigure",
    "pytest_xdist_auto_num_workers",
    "server",
]
