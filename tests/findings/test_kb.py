"""A KB is declared once, and its verdict says where something was not asked, or went wrong on our side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import InternalError, RunInterruptedError
from moveready.evidence import EWS_DIRECTORY, Facts
from moveready.findings.kb import Kb, declare_kb, declared_kbs, kb_named
from moveready.findings.verdicts import Standing, Verdict
from tests.builders import ews_directory, facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.inventory import Server

SERVER = "ex01.contoso.com"


def judge(server: Server, facts: Facts) -> Verdict:
    """Ready where the flag is on."""
    directory = facts.had(EWS_DIRECTORY)
    enabled = directory is not None and directory.mrsproxy_enabled
    standing = Standing.READY if enabled else Standing.NOT_READY
    return Verdict(kb="KB1", server=server.name, verdict=standing.value, standing=standing)


KB = Kb(id="KB1", title="T", source="https://kb", reads=(EWS_DIRECTORY,), needs=(EWS_DIRECTORY,), judge=judge)


def test_facts_are_judged(server_named: Callable[..., Any]) -> None:
    """By the KB's own rules."""
    assert KB.verdict_on(server_named(), facts_of(ews_directory(enabled=True))).standing is Standing.READY


def test_interrupted_run_is_not_ready(server_named: Callable[..., Any]) -> None:
    """Whatever the rules make of the rest."""
    interrupted = RunInterruptedError(SERVER, "HTTPS endpoint", "interrupted", "Run again.")
    facts = Facts({EWS_DIRECTORY.name: ews_directory(enabled=True), "another": interrupted})

    assert KB.verdict_on(server_named(), facts).description == "not diagnosed (incomplete)"


@pytest.mark.parametrize(("subject", "words"), [(EWS_DIRECTORY.name, "unknown"), ("another", "not ready")])
def test_failure_of_our_own_counts_where_it_is_needed(
    server_named: Callable[..., Any], subject: str, words: str
) -> None:
    """Evidence that no verdict is made of may be missing."""
    assert KB.verdict_on(server_named(), Facts({subject: InternalError(SERVER, "crash")})).verdict == words


def test_kb_is_known_by_its_id() -> None:
    """One of the same module replaces it, as pytest may import a file twice; another one is refused."""
    try:
        declare_kb(KB)
        declare_kb(replace(KB, title="Again"))
        found = kb_named("KB1")

        assert found is not None
        assert found.title == "Again"
        assert found in declared_kbs()
    finally:
        _forget("KB1")


def test_two_kbs_of_one_id_are_refused() -> None:
    """The first one stays."""
    with pytest.raises(ValueError, match=r"there is a KB KB3063913 already, in moveready\.kb\.kb3063913"):
        declare_kb(replace(KB, id="KB3063913"))


def test_kb_without_repairs_has_none(server_named: Callable[..., Any]) -> None:
    """Then the control's own words stand."""
    assert list(KB.repairs((EWS_DIRECTORY,), server_named(), Facts())) == []


def test_unknown_id_is_none() -> None:
    """A control of one's own needs no KB."""
    assert kb_named("OWN") is None


def _forget(name: str) -> None:
    from moveready.findings import kb

    del kb._DECLARED[name]
