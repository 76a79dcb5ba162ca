"""The `host` of pytest-testinfra: parametrised over the servers, module scope, and a new connection at every use."""

from __future__ import annotations

import os

import pytest

from benchmarks.bare import Host, Target, read_target

TARGET = read_target(os.environ["BENCHMARK_TARGET"])


@pytest.fixture(scope="session")
def target() -> Target:
    """The fleet."""
    return TARGET


@pytest.fixture(scope="module", params=TARGET.servers, ids=[host.name for host in TARGET.servers])
def host(request: pytest.FixtureRequest) -> Host:
    """One server."""
    given: Host = request.param
    return given
