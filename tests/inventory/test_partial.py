"""Guards `moveready.inventory.partial`: what is left of a file without its mistakes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moveready.inventory.partial import partial_file_of
from moveready.inventory.schema import PartialFile

KEYS = st.sampled_from(
    ["organization", "servers", "groups", "defaults", "ports", "name", "exchange", "https", "x", "a b"]
)
VALUES: st.SearchStrategy[object] = st.sampled_from([None, True, 5, "ex01.contoso.com", "moving", "", 1.5, {}])
ANY_DATA = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


def test_a_file_without_mistakes_survives_whole() -> None:
    """Nothing is taken out without need."""
    data = {"organization": {"name": "x", "exchange": ["a.b"]}, "servers": ["c.d"], "groups": {"g": {"site": "s"}}}

    assert partial_file_of(data) == PartialFile.model_validate(data)


def test_the_data_itself_stays_as_it_is() -> None:
    """Others still read it."""
    data = {"servers": [5], "extra": 1}
    partial_file_of(data)

    assert data == {"servers": [5], "extra": 1}


def test_a_server_keeps_what_is_right_of_it() -> None:
    """So that its group is still looked up."""
    server = partial_file_of(
        {"servers": [{"name": "a_b", "group": "g", "ports": {"https": 0, "windows": 5}, "x": 1}]}
    ).servers[0]

    assert (server.name, server.group, server.ports.https, server.ports.windows) == ("", "g", None, 5)


def test_servers_keep_their_numbers() -> None:
    """Places are found by number."""
    assert [server.name for server in partial_file_of({"servers": [5, "a.b", [], "c.d"]}).servers] == [
        "",
        "a.b",
        "",
        "c.d",
    ]


def test_the_organization_keeps_what_is_right_of_it() -> None:
    """Its credential is looked up even if no host is left."""
    organization = partial_file_of({"organization": {"exchange": [5, 6], "credential": "c"}}).organization

    assert organization is not None
    assert (organization.name, organization.exchange, organization.credential) == ("", [], "c")


def test_a_window_without_its_hours_is_lost_alone() -> None:
    """The file calls them `from` and `to`, the model does not."""
    fix = partial_file_of({"fix": {"window": {"from": "22:00", "to": "22:00", "time_zone": "UTC"}, "wait": "90s"}}).fix

    assert fix is not None
    assert (fix.window, fix.wait) == (None, 90.0)


def test_a_bad_name_takes_only_its_own_entry() -> None:
    """Several mistakes at one place are one loss."""
    assert set(partial_file_of({"groups": {"a b": {"x": 1, "ports": 5}, "c": {}}}).groups) == {"c"}


@pytest.mark.parametrize("data", [None, 5, "text", [], [1, 2], {"servers": 5}, {"organization": None}])
def test_nothing_can_be_left(data: object) -> None:
    """What is no inventory at all leaves an empty one."""
    assert partial_file_of(data) == PartialFile()


@given(ANY_DATA)
def test_any_data_leaves_something(data: object) -> None:
    """It ends, whatever the data."""
    assert isinstance(partial_file_of(data), PartialFile)
