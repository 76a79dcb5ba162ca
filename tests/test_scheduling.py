"""Work goes to the workers by server; whole runs are in tests/acceptance/test_parallel.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

RUN = """
import pytest
from moveready.inventory import Server

@pytest.mark.parametrize("number", range(4))
def test_plain(number, worker_id, server: Server):
    print(f"{server.name} on {worker_id}")

def test_beside(worker_id):
    pass
"""


def test_server_stays_on_the_worker_of_its_number(pytester: pytest.Pytester) -> None:
    """Server i of the inventory on worker i modulo N; tests without a server go where there is room."""
    pytester.makepyfile(test_own=RUN)
    pytester.makefile(
        ".yaml",
        prod="""
            organization: {name: contoso.com, exchange: [ex01.contoso.com], credential: ticket}
            defaults: {credential: ticket}
            credentials: {ticket: {auth: kerberos}}
            servers: [ex01.contoso.com, ex02.contoso.com, ex03.contoso.com]
        """,
    )
    result = pytester.runpytest_subprocess("--inventory=prod.yaml", "-n", "2", "test_own.py", "-rP")
    placed = {line for line in result.outlines if line.startswith("ex0") and " on gw" in line}

    result.assert_outcomes(passed=13)
    assert placed == {"ex01.contoso.com on gw0", "ex02.contoso.com on gw1", "ex03.contoso.com on gw0"}
