"""What is to be judged is known before anything is judged."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.controls import control
from moveready.findings.outcomes import plain_from, value_from
from moveready.plugin.selection import CheckPlace, Selection, chosen, selection_of

if TYPE_CHECKING:
    from collections.abc import Callable


@control("KB1-1", title="Title", severity="high", cause="Cause", source="https://kb")
def flagged() -> None:
    """A control."""


def item_of(nodeid: str, function: object = None, server: object = None) -> Any:
    """What pytest knows of a test."""
    named = SimpleNamespace(params={"server": server}) if server else None
    name = nodeid.partition("[")[0]
    return SimpleNamespace(
        nodeid=nodeid, function=function, callspec=named, path=Path("test_kb.py"), name=nodeid, originalname=name
    )


def test_controls_are_selected_with_their_servers(server_named: Callable[..., Any]) -> None:
    """One entry for all servers of a control; what has no control or no server stands apart."""
    selection = selection_of(
        [
            item_of("test_flag[a]", flagged, server_named("a.contoso.com")),
            item_of("test_flag[b]", flagged, server_named("b.contoso.com")),
            item_of("test_own[a]", None, server_named("a.contoso.com")),
            item_of("test_alone", flagged),
        ]
    )
    (selected,) = selection.controls

    assert (selected.control.id, selected.check) == ("KB1-1", CheckPlace("test_kb.py", "test_flag"))
    assert selected.servers == {"test_flag[a]": "a.contoso.com", "test_flag[b]": "b.contoso.com"}
    assert selection.plain_tests == ("test_own[a]", "test_alone")


def test_selection_is_plain_data(server_named: Callable[..., Any]) -> None:
    """A worker sends it to its controller."""
    selection = selection_of([item_of("test_flag[a]", flagged, server_named())])

    assert value_from(plain_from(selection), Selection) == selection


@control("KB2-1", title="Title", severity="high", cause="Cause", source="https://kb")
def other() -> None:
    """A control of another KB."""


@pytest.mark.parametrize(
    ("option", "names"),
    [
        ("KB1-1", ["test_flag[a]"]),
        ("kb1", ["test_flag[a]"]),
        ("KB1, KB2-1", ["test_flag[a]", "test_other[a]"]),
    ],
)
def test_controls_are_chosen_by_id_or_kb(option: str, names: list[str]) -> None:
    """In any case of letters; a plain test is none of them."""
    items = [item_of("test_flag[a]", flagged), item_of("test_other[a]", other), item_of("test_plain[a]")]
    kept, others = chosen(items, option)

    assert [item.nodeid for item in kept] == names
    assert len(kept) + len(others) == 3


@pytest.mark.parametrize("option", ["KB1-9", "KB1,KB9", "", " , "])
def test_name_of_no_control_is_refused(option: str) -> None:
    """A misspelled id must not make a run that asks nothing."""
    with pytest.raises(pytest.UsageError, match=r"is no control that was collected \(known: KB1-1\)"):
        chosen([item_of("test_flag[a]", flagged)], option)
