"""A plan or a journal that is read says what stands in it; no change of one character makes another of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from moveready.errors import PlanFileError
from moveready.evidence.questions import Channel
from moveready.fixer.actions import ReadBack, Set, Wait
from moveready.fixer.approval import Approval
from moveready.fixer.journal import Interrupted, Journal, interrupted_steps
from moveready.fixer.plan import Plan, Precondition, Repair, Step, plan_from, plan_json
from moveready.fixer.restart_actions import Restart
from moveready.inventory import Credential, ExchangeHost, Inventory, Organization
from tests.builders import NOON
from tests.fuzzing.changes import BUDGETS, Budget, changes_of_part, cuts, edited_json, edited_texts, single_changes
from tests.fuzzing.plain_reading import must_say

if TYPE_CHECKING:
    from collections.abc import Callable

    Steps = tuple[Interrupted, ...]

SET, FLAG = "Set-WebServicesVirtualDirectory", "MRSProxyEnabled"
ORGANIZATION = Organization("contoso.com", (ExchangeHost("ex01.contoso.com", Credential("admin")),))
INVENTORY = Inventory(ORGANIZATION, (), (Path("prod.yaml"),), "f" * 64)


def step_of(name: str, *, toggled: bool) -> Step:
    """A step that sets the flag and restarts, or one that toggles it first, as KB 3063913 says."""
    identity = rf"{name.upper()}\EWS (Default Web Site)"
    on = Set(channel=Channel.EXCHANGE, cmdlet=SET, parameters={"Identity": identity}, setting=FLAG, value=True)
    off = replace(on, parameters={"Identity": identity, "WhatIf": None}, value=False)
    first = (off, Wait(seconds=180.0), replace(on, restores=0)) if toggled else (on,)
    last = (ReadBack(setting=FLAG, value=True), Restart(channel=Channel.WINDOWS, cmdlet="iisreset"))
    repair = Repair(kb="KB3063913", diagnosis="stale", remedy="toggle", controls=("KB3063913-1",))
    known = Precondition(setting=FLAG, where=identity, value=toggled, domain_controller="dc1.contoso.com")
    return Step(f"{name}.contoso.com", None, (repair,), (known,), (*first, *last))


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Of two servers."""
    steps = (step_of("ex01", toggled=False), step_of("ex02", toggled=True))
    return Plan("contoso.com", "f" * 64, NOON, NOON + timedelta(hours=4), steps)


@pytest.fixture
def journal(tmp_path: Path, plan: Plan) -> Path:
    """Of a run that was killed after it had finished one server, and within the other."""
    written = Journal(tmp_path / "j.jsonl", plan)
    written.open_run()
    first, second = plan.steps
    for number in range(len(first.actions)):
        written.begin(first, number, NOON)
        written.done(first, number)
    written.left(first, "fixed")
    written.begin(second, 0)
    written.done(second, 0)
    written.begin(second, 1)
    return tmp_path / "j.jsonl"


@pytest.fixture
def resumed(tmp_path: Path) -> Callable[[str], tuple[Plan | None, Steps] | None]:
    """The plan and the half done steps of a journal with this text; None for an error."""
    file = tmp_path / "changed.jsonl"

    def read(text: str) -> tuple[Plan | None, Steps] | None:
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            return interrupted_steps(file)
        except PlanFileError as error:
            assert str(error).isprintable()
            return None

    return read


def plan_in(text: str) -> Plan | None:
    """The plan in a text; None for an error."""
    try:
        return plan_from(text, Path("fix-plan.json"))
    except PlanFileError as error:
        assert str(error).isprintable()
        return None


def must_be_what_it_says(text: str) -> None:
    """Compare a plan that is read with the plain JSON, and ask whether it may be carried out."""
    if (found := plan_in(text)) is not None:
        must_say(json.loads(plan_json(found)), json.loads(text))
        approval = Approval(found)
        assert all(approval.whole_refusals(INVENTORY, NOON))
        assert approval.of_now(found, {}).steps == ()


@BUDGETS
def test_a_changed_plan_has_another_fingerprint(budget: Budget, plan: Plan) -> None:
    """Whoever approved it sees another number; a change that says the same is none."""
    for changed in budget.of(single_changes(json.dumps(json.loads(plan_json(plan))), '0x" {,')):
        must_be_what_it_says(changed)
        if (found := plan_in(changed)) is not None:
            assert (found == plan) == (found.fingerprint == plan.fingerprint)


@BUDGETS
def test_an_edited_plan_is_what_it_says(budget: Budget, plan: Plan) -> None:
    """After any edits of its text and of its data; or it is an error."""
    text = plan_json(plan)
    budget.explore(edited_json(json.loads(text)) | edited_texts(text) | st.text(max_size=40), must_be_what_it_says)


@BUDGETS
def test_a_changed_journal_is_an_error_or_says_the_same(
    budget: Budget, journal: Path, plan: Plan, resumed: Callable[[str], tuple[Plan | None, Steps] | None]
) -> None:
    """No change of one character makes a server half done that is finished, or finished that is half done."""
    text = journal.read_text(encoding="utf-8")
    was = resumed(text)
    assert was is not None
    assert [one.step.server for one in was[1]] == ["ex02.contoso.com"]
    whole_plan, rest = text.split("\n", 1)
    changes = [f"{whole_plan}\n{changed}" for changed in single_changes(rest, '012"')]
    for changed in budget.of([*changes, *(f"{changed}\n{rest}" for changed in single_changes(whole_plan, "0"))]):
        found = resumed(changed)
        assert found is None or [essence(one) for one in found[1]] == [essence(*was[1])]
        assert found is None or found[0] == plan


@pytest.mark.parametrize(
    ("mark", "part"),
    [("begin", '"action": 0'), ("done", '"action": 0'), ("done", '"mark": "done"'), ("left", "ex01"), ("left", "left")],
)
def test_no_change_of_what_is_resumed_by_is_taken_for_another(
    journal: Path, resumed: Callable[[str], tuple[Plan | None, Steps] | None], mark: str, part: str
) -> None:
    """The number of an action stands beside its words, and nothing follows the end of a server."""
    before, found, after = journal.read_text(encoding="utf-8").partition(f'"mark": "{mark}"')
    first, _, rest = (found + after).partition("\n")
    was = resumed(before + found + after)
    assert was is not None
    for changed in changes_of_part(first, part, "012x"):
        now = resumed(f"{before}{changed}\n{rest}")
        assert now is None or [essence(one) for one in now[1]] == [essence(one) for one in was[1]]


def essence(one: Interrupted) -> tuple[object, ...]:
    """What resuming goes by."""
    return one.step.server, one.done, one.touched, one.begun, one.has_failed


@BUDGETS
def test_a_cut_journal_is_read_to_its_last_whole_line(
    budget: Budget, journal: Path, resumed: Callable[[str], tuple[Plan | None, Steps] | None]
) -> None:
    """A crash cuts it there; nothing is an error, and nothing is done that no line tells."""
    text = journal.read_text(encoding="utf-8")
    for cut in budget.of(cuts(text)):
        found = resumed(cut)
        assert found is not None
        for one in found[1]:
            done = [line for line in cut.splitlines() if '"mark": "done"' in line and one.step.server in line]
            assert len(one.done) <= len(done)


@BUDGETS
def test_an_edited_journal_is_read_or_is_an_error(
    budget: Budget, journal: Path, plan: Plan, resumed: Callable[[str], tuple[Plan | None, Steps] | None]
) -> None:
    """Whatever is read belongs to a plan that stands in it."""

    def is_read_or_an_error(text: str) -> None:
        if (found := resumed(text)) is not None and found[0] is not None:
            assert found[0].fingerprint == plan.fingerprint
            assert {one.step.server for one in found[1]} <= {step.server for step in plan.steps}

    text = journal.read_text(encoding="utf-8")
    lines = st.permutations(text.splitlines(keepends=True)).map("".join)
    budget.explore(edited_texts(text) | lines | st.text(max_size=40), is_read_or_an_error)
