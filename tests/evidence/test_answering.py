"""A server is known by its FQDN or its NetBIOS name; whoever else answers is told."""

from __future__ import annotations

import pytest

from moveready.errors import UnexpectedAnswerError
from moveready.evidence.answering import is_name_of, must_be_the_computer, other_server

LONG = "exchange-frankfurt-01.contoso.com"


@pytest.mark.parametrize("name", ["ex01.contoso.com", "EX01.CONTOSO.COM", "EX01", "ex01"])
def test_own_names_are_known(name: str) -> None:
    """In any case of letters."""
    assert is_name_of("ex01.contoso.com", name)


@pytest.mark.parametrize(
    "name", ["", "ex0", "ex01.", "ex01.contoso", "ex01.fabrikam.com", "ex011", "EX02", "contoso.com"]
)
def test_other_names_are_not(name: str) -> None:
    """Nothing else is accepted, least of all a beginning."""
    assert not is_name_of("ex01.contoso.com", name)


def test_netbios_name_ends_after_fifteen_characters() -> None:
    """A long host name is cut there."""
    assert is_name_of(LONG, "EXCHANGE-FRANKF")
    assert not is_name_of(LONG, "EXCHANGE-FRANK")


def test_error_names_both_and_the_usual_reasons() -> None:
    """Who answered, who was asked, how it is known, and where to look."""
    told = other_server("ex02.contoso.com", "Windows endpoint", "ex01.contoso.com", "its log", " Or it was renamed.")

    assert str(told) == (
        "ex02.contoso.com, Windows endpoint: EX01 answered, not EX02 (its log). Usual reasons: a wrong `address` in the"
        " inventory, a wrong record in DNS, or a load balancer under the server's name. Or it was renamed."
    )


def test_namesakes_of_two_domains_are_told_apart() -> None:
    """Where the short names are equal, the whole ones are shown."""
    told = other_server("ex01.contoso.com", "Windows endpoint", "ex01.fabrikam.com", "its log")

    assert "ex01.fabrikam.com answered, not ex01.contoso.com" in told.happened


def test_a_computer_must_have_the_servers_name() -> None:
    """By the name that it gives itself."""
    must_be_the_computer("ex01.contoso.com", "EX01")
    with pytest.raises(UnexpectedAnswerError, match=r"EX02 answered, not EX01 \(the computer's own name\)"):
        must_be_the_computer("ex01.contoso.com", "EX02")
