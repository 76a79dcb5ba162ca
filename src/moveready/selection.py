"""What a run is to judge, known before anything is. May import controls and what pytest's items know.

With pytest-xdist the items are on the workers alone; a selection is plain data, so that the controller can have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from moveready.findings.controls import Control, control_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moveready.inventory import Server


@dataclass(frozen=True, slots=True)
class CheckPlace:
    """Where the function of a control stands, so that it can be called again."""

    file: str
    function: str


@dataclass(frozen=True, slots=True)
class SelectedControl:
    """A control that is to be judged; `servers` are the names of the servers by the node ids of their tests."""

    control: Control
    check: CheckPlace
    servers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Selection:
    """All that is to be judged; `plain_tests` are the node ids of tests without a control or without a server."""

    controls: tuple[SelectedControl, ...] = ()
    plain_tests: tuple[str, ...] = ()


def selection_of(items: Iterable[pytest.Item]) -> Selection:
    """What these tests are to judge."""
    controls: dict[tuple[str, CheckPlace], SelectedControl] = {}
    plain: list[str] = []
    for item in items:
        control, server = control_of_item(item), server_of_item(item)
        if control is None or server is None:
            plain.append(item.nodeid)
            continue
        place = place_of(item)
        selected = controls.setdefault((control.id, place), SelectedControl(control, place, {}))
        selected.servers[item.nodeid] = server.name
    return Selection(tuple(controls.values()), tuple(plain))


def chosen(items: Sequence[pytest.Item], option: str) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The tests of the controls that `--control` names by their ids or by those of their KBs, and all others.

    Raises:
        pytest.UsageError: A name is that of no control among these tests.
    """
    names = {name.strip().upper() for name in option.split(",") if name.strip()}
    by_name: dict[str, list[pytest.Item]] = {}
    for item in items:
        if control := control_of_item(item):
            for name in {control.id, control.kb}:
                by_name.setdefault(name.upper(), []).append(item)
    if not names or not names <= by_name.keys():
        unknown = min(names - by_name.keys(), default="nothing")
        known = ", ".join(sorted({control.id for item in items if (control := control_of_item(item))}))
        raise pytest.UsageError(
            f"--control {option}: {unknown} is no control that was collected (known: {known or 'none'})"
        )
    wanted = {id(item) for name in names for item in by_name[name]}
    return [item for item in items if id(item) in wanted], [item for item in items if id(item) not in wanted]


def control_of_item(item: pytest.Item) -> Control | None:
    """The control of a test, or None for a plain test."""
    return control_of(getattr(item, "function", None))


def server_of_item(item: pytest.Item) -> Server | None:
    """The server of a test, or None for one that names none."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("server") if callspec else None


def place_of(item: pytest.Item) -> CheckPlace:
    """Where the function of a test stands."""
    return CheckPlace(str(item.path), getattr(item, "originalname", item.name))
