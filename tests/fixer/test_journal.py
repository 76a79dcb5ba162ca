"""What a journal holds, and what is read out of one that was cut anywhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from moveready.fixer.journal import Interrupted, Journal, interrupted_steps

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.fixer.plan import Plan
    from tests.fixer.conftest import Kit


@pytest.fixture
def plan(kit: Kit) -> Plan:
    """A stale server and a disabled one."""
    return kit.plan(kit.step("toggle"), kit.step("enable", "ex02"))


@pytest.fixture
def journal(tmp_path: Path, plan: Plan) -> Journal:
    """A run that has begun."""
    opened = Journal(tmp_path / "j.jsonl", plan)
    opened.open_run()
    return opened


def test_a_journal_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    """Nor has an empty one."""
    (tmp_path / "empty").touch()

    assert interrupted_steps(tmp_path / "none") == interrupted_steps(tmp_path / "empty") == (None, ())


def test_every_line_says_who_did_what_when(journal: Journal, plan: Plan, kit: Kit, tmp_path: Path) -> None:
    """With the plan's fingerprint, and the value before."""
    journal.begin(plan.steps[0], 4, kit.noon)
    journal.failed(plan.steps[0], 4, "it broke")
    whole, begun, failed = map(json.loads, (tmp_path / "j.jsonl").read_text(encoding="utf-8").splitlines())

    assert (whole["mark"], whole["whole_plan"]["organization"]) == ("plan", "contoso.com")
    assert (begun["server"], begun["action"], begun["what"]) == ("ex01.contoso.com", 4, "iisreset")
    assert (begun["before"], begun["worker_before"]) == ({"MRSProxyEnabled": True}, "2026-03-02T12:00:00+00:00")
    assert (failed["mark"], failed["reason"]) == ("failed", "it broke")
    assert {line["plan"] for line in (whole, begun, failed)} == {plan.fingerprint}
    assert all("@" in line["who"] and line["at"].endswith("+00:00") for line in (whole, begun, failed))


def test_a_run_that_touched_nothing_has_nothing_to_resume(journal: Journal, plan: Plan, tmp_path: Path) -> None:
    """Its plan stands there, and no more."""
    assert interrupted_steps(tmp_path / "j.jsonl") == (plan, ())


def test_what_was_begun_and_not_done_is_interrupted(journal: Journal, plan: Plan, kit: Kit, tmp_path: Path) -> None:
    """Of each server by itself; a restart with the worker that was to go."""
    stale, disabled = plan.steps
    for number in (0, 1):
        journal.begin(stale, number)
        journal.done(stale, number)
    journal.begin(stale, 2)
    journal.begin(disabled, 2, kit.noon)

    assert interrupted_steps(tmp_path / "j.jsonl")[1] == (
        Interrupted(stale, frozenset({0, 1}), frozenset({0, 1, 2}), 2),
        Interrupted(disabled, frozenset(), frozenset({2}), 2, kit.noon),
    )


def test_between_two_actions_none_is_under_way(journal: Journal, plan: Plan, tmp_path: Path) -> None:
    """What is done is done."""
    journal.begin(plan.steps[0], 0)
    journal.done(plan.steps[0], 0)

    assert interrupted_steps(tmp_path / "j.jsonl")[1] == (Interrupted(plan.steps[0], frozenset({0}), frozenset({0})),)


@pytest.mark.parametrize("given_back", [False, True])
def test_a_failure_before_the_end_is_known(journal: Journal, plan: Plan, tmp_path: Path, given_back: bool) -> None:
    """Such a server is only to be given back what it lost."""
    stale = plan.steps[0]
    journal.begin(stale, 1)
    journal.failed(stale, 1, "it broke")
    journal.begin(stale, 2)
    if given_back:
        journal.done(stale, 2)

    done, begun = (frozenset({2}), 1) if given_back else (frozenset[int](), 2)
    (found,) = interrupted_steps(tmp_path / "j.jsonl")[1]
    assert found == Interrupted(stale, done, frozenset({1, 2}), begun, has_failed=True)


def test_a_server_that_was_left_is_not_resumed(journal: Journal, plan: Plan, tmp_path: Path) -> None:
    """Well or not."""
    journal.begin(plan.steps[0], 0)
    journal.left(plan.steps[0], "it broke")

    assert interrupted_steps(tmp_path / "j.jsonl") == (plan, ())


@pytest.mark.parametrize("is_left", [False, True])
def test_the_end_closes_what_was_left(journal: Journal, plan: Plan, tmp_path: Path, is_left: bool) -> None:
    """What could not be given back stays open, although the run ended."""
    journal.begin(plan.steps[0], 0)
    if is_left:
        journal.left(plan.steps[0], "verified")
    journal.close_run()
    found, interrupted = interrupted_steps(tmp_path / "j.jsonl")

    assert (found, len(interrupted)) == ((None, 0) if is_left else (plan, 1))


def test_only_the_last_run_counts(journal: Journal, plan: Plan, kit: Kit, tmp_path: Path) -> None:
    """The file grows; earlier runs stay to be read by people."""
    journal.begin(plan.steps[0], 0)
    later = kit.plan(kit.step("enable"))
    Journal(tmp_path / "j.jsonl", later).open_run()

    assert interrupted_steps(tmp_path / "j.jsonl") == (later, ())


def test_half_a_line_does_not_swallow_the_next(journal: Journal, plan: Plan, tmp_path: Path) -> None:
    """A power failure cuts a line anywhere; who resumes writes on a line of his own."""
    file = tmp_path / "j.jsonl"
    journal.begin(plan.steps[0], 0)
    whole = file.read_bytes()
    journal.begin(plan.steps[0], 1)
    last = file.read_bytes()[len(whole) :]
    for cut in range(1, len(last) - 1):
        file.write_bytes(whole + last[:cut])
        assert interrupted_steps(file)[1] == (Interrupted(plan.steps[0], frozenset(), frozenset({0}), 0),)
        journal.done(plan.steps[0], 0)
        assert interrupted_steps(file)[1] == (Interrupted(plan.steps[0], frozenset({0}), frozenset({0})),)


def test_a_line_that_lost_only_its_end_is_whole(journal: Journal, plan: Plan, tmp_path: Path) -> None:
    """It says all that it had to say."""
    file = tmp_path / "j.jsonl"
    journal.begin(plan.steps[0], 0)
    file.write_bytes(file.read_bytes()[:-1])
    journal.done(plan.steps[0], 0)

    assert interrupted_steps(file)[1] == (Interrupted(plan.steps[0], frozenset({0}), frozenset({0})),)


def test_what_a_power_failure_leaves_is_no_line(journal: Journal, plan: Plan, tmp_path: Path) -> None:
    """Zeros, or bytes that are no text."""
    file = tmp_path / "j.jsonl"
    journal.begin(plan.steps[0], 0)
    with file.open("ab") as opened:
        opened.write(b"\0\0\xff\xfe{")

    assert interrupted_steps(file)[1] == (Interrupted(plan.steps[0], frozenset(), frozenset({0}), 0),)


def test_what_a_crash_left_of_a_line_is_kept_beside(journal: Journal, plan: Plan, tmp_path: Path) -> None:
    """In a line of its own, so that every line of the file can be read; the other lines stay as they are."""
    file = tmp_path / "j.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"at": "2026-\xff')
    journal.begin(plan.steps[0], 0)
    first, cut, begun = map(json.loads, file.read_text(encoding="utf-8").splitlines())

    assert (first["mark"], cut["mark"], cut["text"]) == ("plan", "cut", '{"at": "2026-\\xff')
    assert (begun["mark"], file.read_bytes()[: len(whole)]) == ("begin", whole)


def test_a_first_line_that_was_cut_is_no_run(tmp_path: Path, plan: Plan) -> None:
    """Nothing had been done by then; the next run begins after it."""
    file = tmp_path / "j.jsonl"
    file.write_bytes(b'{"at": "2026-03-02T12:00:00+00:00", "mark": "pl')
    assert interrupted_steps(file) == (None, ())

    Journal(file, plan).open_run()
    assert interrupted_steps(file) == (plan, ())


@pytest.mark.parametrize("error", [KeyError("uid not found: 4711"), OSError("no username set in the environment")])
def test_an_account_without_a_name_has_a_journal_too(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """As in a container; who it is is found once, before anything is changed."""

    def nobody() -> str:
        raise error

    monkeypatch.setattr("getpass.getuser", nobody)
    journal = Journal(tmp_path / "own.jsonl", plan)
    monkeypatch.undo()
    journal.open_run()

    assert json.loads((tmp_path / "own.jsonl").read_text(encoding="utf-8"))["who"].startswith(("account ", "somebody"))
