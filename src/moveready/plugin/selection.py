"""What a run is to judge, known before anything is.

With pytest-xdist the items are on the workers alone; a selection is plain data, so that the controller can have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

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
    names = _names_in(option)
    controls = [control_of_item(item) for item in items]
    of_items = [_names_of(control) for control in controls]
    unknown = names.difference(*of_items)
    if unknown or not names:
        known = ", ".join(sorted({control.id for control in controls if control}))
        raise pytest.UsageError(
            f"--control {option}: {min(unknown, default='nothing')} is no control that was collected"
            f" (known: {known or 'none'})"
        )
    pairs = list(zip(items, of_items, strict=True))
    return [item for item, own in pairs if own & names], [item for item, own in pairs if not own & names]


def is_chosen(control: Control | None, option: str) -> bool:
    """Whether `--control` names this control, by its id or that of its KB."""
    return bool(_names_of(control) & _names_in(option))


def _names_of(control: Control | None) -> set[str]:
    return {control.id.upper(), control.kb.upper()} if control else set()


def _names_in(option: str) -> set[str]:
    return {name.strip().upper() for name in option.split(",") if name.strip()}


def control_of_item(item: pytest.Item) -> Control | None:
    """The control of a test, or None for a plain test."""
    return control_of(getattr(item, "function", None))


def server_of_item(item: pytest.Item) -> Server | None:
    """The server of a test, or None for one that names none."""
    callspec = getattr(item, "callspec", None)
    given: Any = callspec.params.get("server") if callspec else None
    # Where there is no server to judge, pytest parametrises with a value of its own.
    return None if isinstance(given, Enum) else given


def place_of(item: pytest.Item) -> CheckPlace:
    """Where the function of a test stands."""
    return CheckPlace(str(item.path), getattr(item, "originalname", item.name))
