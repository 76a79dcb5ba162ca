"""(d): KB 3063913 as a suite on pytest-testinfra would check it.

pytest-testinfra itself has no PSRP, and its WinRM backend (pywinrm) cannot speak to Exchange; it logs in again for
every command, and that is what is reproduced here.
"""

# ruff: noqa: S101 - a test asserts

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.bare import exchange_pool, mrsproxy_is_off, outputs_of, windows_pool

if TYPE_CHECKING:
    from benchmarks.bare import Host, Target


def test_mrsproxy_is_enabled(target: Target, host: Host) -> None:
    """The directory has the flag on."""
    with exchange_pool(target, host) as pool:
        (directory,) = outputs_of(pool, target.directory_of(host))

    assert directory.extended_properties["MRSProxyEnabled"]


def test_worker_is_there(target: Target, host: Host) -> None:
    """A worker process serves EWS."""
    with windows_pool(target, host) as pool:
        assert outputs_of(pool, target.questions[0])


def test_no_event(target: Target, host: Host) -> None:
    """The log holds no event 1309."""
    with windows_pool(target, host) as pool:
        assert not outputs_of(pool, target.questions[1])


def test_log_is_there(target: Target, host: Host) -> None:
    """The log has a record."""
    with windows_pool(target, host) as pool:
        assert outputs_of(pool, target.questions[2])


def test_endpoint(target: Target, host: Host) -> None:
    """The endpoint does not refuse."""
    assert not mrsproxy_is_off(target, host)
