"""What is left of an answer, as a client that does not look closely sees it."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
import requests

from moveready.lab.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.lab.server import Lab

EX01 = "ex01.contoso.com"


def test_half_a_head_looks_whole_to_a_careless_client(
    start_lab: Callable[..., Lab], get: Callable[..., requests.Response]
) -> None:
    """Python's http.client takes the end of the connection for the end of the head."""
    lab = start_lab()
    lab.inject(EX01, "https", Fault(FaultKind.TRUNCATED_HEAD))
    answer = get(lab)

    assert (answer.status_code, answer.headers["X-FEServer"], answer.content) == (400, "EX01", b"")


def test_half_a_body_is_noticed(start_lab: Callable[..., Lab], get: Callable[..., requests.Response]) -> None:
    """The head has announced the whole of it."""
    lab = start_lab()
    lab.inject(EX01, "https", Fault(FaultKind.TRUNCATED))

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(lab)


def test_a_wrong_clock_is_shown_before_any_login(
    start_lab: Callable[..., Lab], get: Callable[..., requests.Response]
) -> None:
    """By the header `Date`; the lab itself goes on with the right time."""
    lab = start_lab()
    lab.inject(EX01, "https", Fault(FaultKind.CLOCK, seconds=-3600))
    shown = parsedate_to_datetime(get(lab).headers["Date"])

    assert timedelta(minutes=59) < lab.log.entries()[-1].when - shown < timedelta(minutes=61)
