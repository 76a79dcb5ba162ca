"""Our own probes are known by their URL, and nobody else's requests are taken for ours."""

from __future__ import annotations

import pytest

from moveready.evidence.marking import marked, new_run, run_of

SITE = "https://ex01.contoso.com:443"


def test_our_own_url_is_known() -> None:
    """What is marked names its run, wherever it was asked."""
    run = new_run()

    assert run_of(SITE + marked("/EWS/mrsproxy.svc", run)) == run


def test_mark_beside_other_parts_of_a_query_is_known() -> None:
    """A proxy or firewall may add parts of its own."""
    assert run_of(f"{SITE}/EWS/mrsproxy.svc?a=1&moveready=0123abcd&b=2") == "0123abcd"


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{SITE}/EWS/mrsproxy.svc",
        f"{SITE}/EWS/mrsproxy.svc?moveready=",
        f"{SITE}/EWS/mrsproxy.svc?moveready=mailbox",
        f"{SITE}/EWS/mrsproxy.svc?x=moveready=0123abcd",
        f"{SITE}/EWS/mrsproxy.svc#?moveready=0123abcd",
        "The file '/x?moveready=0123abcd' does not exist.",
    ],
)
def test_other_texts_are_not_ours(text: str) -> None:
    """A request without our mark, and a text that is no URL."""
    assert run_of(text) is None


def test_each_run_has_its_own_id() -> None:
    """So that a person can tell two runs apart in the log."""
    assert new_run() != new_run()
