"""A pasted text is read as people paste it: wrapped, with blanks inside words, in any case of letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moveready.explain.paste import paste_from, stands_in

CHAIN = "Outer: no connection --> Middle: failed ---> Inner: (403) Forbidden"


def test_chain_is_read_from_the_inside() -> None:
    """The innermost error says what happened."""
    paste = paste_from(CHAIN)

    assert paste.links == ("inner:(403)forbidden", "middle:failed", "outer:noconnection")
    assert paste.status == 403


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("The call to 'https://mail.contoso.com/EWS/mrsproxy.svc' failed", None),
        ("https://mail.contoso.com/EWS/mrsproxy.svc EX01.contoso.com (15.2.1748.10 caps:1F)", "ex01.contoso.com"),
        ("no address at all", None),
    ],
)
def test_the_server_that_answered_is_found(text: str, node: str | None) -> None:
    """By its own account, behind the address."""
    assert paste_from(text).node == node


@pytest.mark.parametrize(
    ("wanted", "text", "stands"),
    [
        ("Access is denied", "error: Acc ess\nis DENIED.", True),
        ("timed out ... (504)", "it timed out after a while (504)", True),
        ("timed out ... (504)", "(504) it timed out", False),
        ("a.b", "axb", False),
    ],
)
def test_texts_are_compared_without_white_space(wanted: str, text: str, stands: bool) -> None:
    """What a console adds is not part of a text."""
    assert stands_in(wanted, paste_from(text).text) is stands


@given(st.text())
def test_no_text_is_refused(text: str) -> None:
    """Whatever people paste."""
    paste_from(text)
