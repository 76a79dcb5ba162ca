"""Guards `moveready.inventory.names`: what may stand in test ids and pages without escaping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moveready.inventory.names import (
    configuration_from,
    file_name_from,
    fqdn_from,
    host_from,
    is_address,
    label_from,
    word_from,
)

LABEL = "a" * 63


@pytest.mark.parametrize("name", ["ex01.contoso.com", "a.b", f"{LABEL}.com", "1.example", "xn--kln-sna.de"])
def test_an_fqdn_passes(name: str) -> None:
    """Host and domain, letters, digits and hyphens."""
    assert fqdn_from(name) == name


def test_an_fqdn_is_lower_case() -> None:
    """Names are compared in many places, so they have one form."""
    assert fqdn_from("EX01.Contoso.COM") == "ex01.contoso.com"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ex01",
        "ex_01.a.com",
        "-a.com",
        "a-.com",
        "a..com",
        "a.com.",
        f"{LABEL}a.com",
        ".".join([LABEL] * 4),
        "a.1",
        "köln.de",
    ],
)
def test_what_is_no_fqdn_is_refused(name: str) -> None:
    """Also single labels, underscores, other alphabets and names that are too long."""
    with pytest.raises(ValueError, match=r"this is not an FQDN\. Write a name"):
        fqdn_from(name)


@pytest.mark.parametrize("address", ["10.1.2.3", "fe80::1"])
def test_an_address_is_no_name(address: str) -> None:
    """The message says where addresses go."""
    with pytest.raises(ValueError, match="`address:` beside it"):
        fqdn_from(address)


@given(st.text(max_size=30) | st.from_regex(r"[\w.-]{1,30}"))
def test_an_fqdn_never_holds_anything_else(text: str) -> None:
    """Whatever passes is made of [a-z0-9.-]."""
    try:
        name = fqdn_from(text)
    except ValueError:
        return
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")


@pytest.mark.parametrize("host", ["10.1.2.3", "2001:db8::1", "localhost", "ex01.contoso.com"])
def test_an_address_or_any_host_name_can_be_connected_to(host: str) -> None:
    """With or without a domain."""
    assert host_from(host.upper()) == host


@pytest.mark.parametrize("host", ["", "a b", "https://ex01", "ex01:443", "fe80::1%<b>"])
def test_what_is_no_host_is_refused(host: str) -> None:
    """Also urls, ports, and the zone of an address, which may be any text."""
    with pytest.raises(ValueError, match="neither an address nor a host name"):
        host_from(host)


def test_a_zone_makes_no_address() -> None:
    """`%eth0` means something on one machine only."""
    assert not is_address("fe80::1%eth0")


@pytest.mark.parametrize("word", ["frankfurt", "DAG-1", "a_b", "9"])
def test_a_word_passes(word: str) -> None:
    """Groups and credentials keep their case."""
    assert word_from(word) == word


@pytest.mark.parametrize("word", ["", "a b", "a.b", "-a", "<b>", "ä", "a" * 64, "a\n"])
def test_what_is_no_word_is_refused(word: str) -> None:
    """A dot would split the classname of JUnit."""
    with pytest.raises(ValueError, match="this name cannot be used"):
        word_from(word)


def test_a_label_is_free_text() -> None:
    """Places have umlauts, blanks and apostrophes."""
    assert label_from(" Köln / L'Aquila (2) ") == "Köln / L'Aquila (2)"


@pytest.mark.parametrize("label", ["", "  ", "a,b", "<b>", "a&b", '"', "a\nb", "\x1b", "x" * 101])
def test_a_label_with_special_characters_is_refused(label: str) -> None:
    """What HTML, a terminal or `--limit` would read in its own way."""
    with pytest.raises(ValueError, match="this name cannot be used"):
        label_from(label)


@given(st.text())
def test_any_name_is_a_part_of_one_file_name(text: str) -> None:
    """No separator, no drive, no stream, nothing that a shell would read; case does not tell files apart on Windows."""
    name = file_name_from(text)

    assert len(name) == len(text)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_")


def test_name_of_a_file_is_recognised() -> None:
    """What is harmless stays."""
    assert file_name_from("Contoso/EMEA: EX-01.contoso.com") == "contoso_emea__ex-01.contoso.com"


@pytest.mark.parametrize("name", ["", "a b", "../wsman", "a/b", "a?x=1", ".a", "a" * 101])
def test_a_configuration_cannot_change_the_resource(name: str) -> None:
    """It becomes a part of a URI."""
    with pytest.raises(ValueError, match=r"Write the name that it was registered with"):
        configuration_from(name)
