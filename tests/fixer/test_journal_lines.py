"""A journal that cannot be read stops whoever would resume by it, and names its file and line."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import PlanFileError
from moveready.fixer.journal import Journal
from moveready.fixer.journal_lines import Mark, last_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.fixer.plan import Plan
    from tests.fixer.conftest import Kit

    Lines = list[dict[str, Any]]


@pytest.fixture
def plan(kit: Kit) -> Plan:
    """A stale server."""
    return kit.plan(kit.step("toggle"))


@pytest.fixture
def file(tmp_path: Path, plan: Plan) -> Path:
    """A run that was killed while it waited: its plan, and two actions."""
    journal = Journal(tmp_path / "j.jsonl", plan)
    journal.open_run()
    journal.begin(plan.steps[0], 0)
    journal.done(plan.steps[0], 0)
    journal.begin(plan.steps[0], 1)
    return tmp_path / "j.jsonl"


def test_a_sound_journal_is_read(file: Path, plan: Plan) -> None:
    """Its plan, and what was done."""
    found, lines = last_run(file)

    assert found == plan
    assert [(line.mark, line.action) for line in lines] == [
        (Mark.PLAN, None),
        (Mark.BEGIN, 0),
        (Mark.DONE, 0),
        (Mark.BEGIN, 1),
    ]


def test_a_file_that_went_through_windows_is_the_same(file: Path) -> None:
    """Carriage returns say nothing."""
    before = last_run(file)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    assert last_run(file) == before


@pytest.mark.parametrize("text", ["", "garbage", "[]", "{", '{"mark": "begin"}', '{"mark": "walk", "plan": "0"}'])
@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_line_that_cannot_be_read_is_named(file: Path, number: int, text: str) -> None:
    """Whichever of them: only a crash leaves half a line, and only at the end."""
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[number - 1] = text
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    with pytest.raises(PlanFileError, match=rf"j\.jsonl:{number}: .*Look at each server"):
        last_run(file)


def first_lost(lines: Lines) -> None:
    """Nobody can say what was to be done."""
    del lines[0]


def plan_edited(lines: Lines) -> None:
    """Its fingerprint is not the one that its lines were written for."""
    lines[0]["whole_plan"]["steps"][0]["preconditions"][0]["value"] = False


def plan_gone(lines: Lines) -> None:
    """There is a line for it, and it is empty."""
    lines[0]["whole_plan"] = None


def of_another_plan(lines: Lines) -> None:
    """Whose own first line was lost: to resume by the wrong plan could change the wrong server."""
    lines[2]["plan"] = "0" * 12


def of_another_server(lines: Lines) -> None:
    """The plan does not have it."""
    lines[2]["server"] = "ex09.contoso.com"


def of_another_action(lines: Lines) -> None:
    """The plan has fewer."""
    lines[2]["action"] = 99


def of_the_next_action(lines: Lines) -> None:
    """The plan has it, under other words."""
    lines[2]["action"] = 1


def with_an_unknown_part(lines: Lines) -> None:
    """It may be a known one, misspelt."""
    lines[3]["worker_befour"] = "2026-03-02T12:00:00+00:00"


def without_a_part(lines: Lines) -> None:
    """Nobody can say what was there."""
    del lines[3]["before"]


def left_of_another_server(lines: Lines) -> None:
    """The plan does not have it, so the server that is finished looks half done."""
    lines.append({**left(lines), "server": "ex09.contoso.com"})


def continued_after_its_end(lines: Lines) -> None:
    """The line that finished it may have been another's."""
    lines.insert(2, left(lines))


def left(lines: Lines) -> dict[str, Any]:
    """A line that finishes the server."""
    known = {name: lines[1][name] for name in ("at", "plan", "who", "server")}
    return {**known, "mark": "left", "ending": "done"}


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (first_lost, "1: there is no plan before this line"),
        (plan_edited, "1: this line is not of the plan before it"),
        (plan_gone, "1: the plan in this line is no plan"),
        (of_another_plan, "3: this line is not of the plan before it"),
        (of_another_server, "3: this line is about an action that its plan does not have"),
        (of_another_action, "3: this line is about an action that its plan does not have"),
        (of_the_next_action, "3: this line names another action than its number"),
        (with_an_unknown_part, "4: this line has other parts than a journal writes"),
        (without_a_part, "4: this line has other parts than a journal writes"),
        (left_of_another_server, "5: this line is about a server that its plan does not have"),
        (continued_after_its_end, "4: this line is about a server that was finished before it"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_journal_that_was_edited_is_refused(file: Path, edit: Callable[[Lines], None], told: str) -> None:
    """With the line that does not fit."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    edit(lines)
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")

    with pytest.raises(PlanFileError, match=f"j.jsonl:{told}"):
        last_run(file)


def test_an_earlier_run_is_no_concern_of_the_last(file: Path, plan: Plan, kit: Kit) -> None:
    """The file grows; its lines are to be read by people."""
    later = replace(plan, steps=(kit.step("enable"),))
    Journal(file, later).open_run()
    found, lines = last_run(file)

    assert (found, len(lines)) == (later, 1)


@pytest.mark.parametrize("rest", ["x", "}", '"', "{"])
def test_a_last_line_with_more_behind_it_is_damaged(file: Path, rest: str) -> None:
    """A crash leaves less of a line, never more; without its line end alone it is whole."""
    text = file.read_text(encoding="utf-8").removesuffix("\n")
    file.write_text(text, encoding="utf-8")
    assert len(last_run(file)[1]) == 4
    file.write_text(text + rest, encoding="utf-8")

    with pytest.raises(PlanFileError, match=r"j\.jsonl:4: this is no line of a journal"):
        last_run(file)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    """In words."""
    with pytest.raises(PlanFileError, match="cannot be read: "):
        last_run(tmp_path)
