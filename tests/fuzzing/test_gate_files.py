"""A `gate.json` that is read says what stands in it, and one that was changed is not signed any more."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from hypothesis import strategies as st

from moveready.errors import GateFileError
from moveready.gate.decision import GateDecision, Pool, Reason, State, UsedWaiver
from moveready.gate.file import GateFile, gate_from, gate_json
from moveready.inventory import Secret
from tests.builders import NOON
from tests.fuzzing.changes import BUDGETS, Budget, cuts, edited_json, edited_texts, single_changes
from tests.fuzzing.plain_reading import must_say

KEY = Secret("a key of more than 16 bytes")
DECISION = GateDecision(
    run="5f0c9a1e",
    organization="contoso",
    inventory="ab" * 32,
    phases={"ex01.contoso.com": "moving", "ex02.contoso.com": "moving"},
    made_at=NOON,
    answers_from=NOON,
    valid_until=NOON + timedelta(hours=1),
    complete=False,
    incomplete="it was stopped",
    limit="",
    controls="",
    ready=("ex01.contoso.com",),
    not_ready={"ex02.contoso.com": Reason(State.NOT_READY, "disabled", "enable, then iisreset")},
    pools={"mail": Pool(State.NOT_READY, 1, ("ex01.contoso.com", "ex02.contoso.com"))},
    waivers=(UsedWaiver("KB3063913-1", ("ex02.contoso.com",), NOON.date(), "CHG-1"),),
    failed_tests=("test_mine.py::test_it",),
    unlisted=("ex09.contoso.com",),
)
SIGNED = json.dumps(json.loads(gate_json(DECISION, KEY)))
PLAIN = json.dumps(json.loads(gate_json(DECISION, None)))


def gate_in(text: str) -> GateFile | None:
    """The gate file in a text; None for an error."""
    try:
        return gate_from(text.encode("utf-8", "surrogatepass"), Path("gate.json"))
    except GateFileError as error:
        assert str(error).isprintable()
        return None


def must_be_what_it_says(text: str) -> None:
    """Compare what is read with the plain JSON."""
    if (found := gate_in(text)) is not None:
        said = json.loads(text)
        said.pop("hmac", None)
        must_say(json.loads(gate_json(found.decision, None)), said)


@BUDGETS
def test_no_change_of_one_character_is_signed(budget: Budget) -> None:
    """Unless it says the same."""
    signed = gate_in(SIGNED)
    assert signed is not None
    assert signed.is_signed_with(KEY)
    for changed in budget.of(single_changes(SIGNED, '0x" {,')):
        found = gate_in(changed)
        assert found is None or found.signed == signed.signed or not found.is_signed_with(KEY)


@BUDGETS
def test_no_change_of_one_character_is_misread(budget: Budget) -> None:
    """Without a signature it is still what it says, and never open."""
    for changed in budget.of(single_changes(PLAIN, '0x" {,')):
        must_be_what_it_says(changed)
        found = gate_in(changed)
        assert found is None or not found.decision.is_open


@BUDGETS
def test_what_is_cut_is_an_error(budget: Budget) -> None:
    """At any character."""
    assert [cut for cut in budget.of(cuts(PLAIN)) if gate_in(cut)] == []


@BUDGETS
def test_an_edited_gate_is_what_it_says(budget: Budget) -> None:
    """After any edits of its text and of its data; or it is an error."""
    deep = st.integers(1, 3000).map(lambda depth: "[" * depth)
    edited = edited_json(json.loads(PLAIN)) | edited_json(json.loads(SIGNED)) | edited_texts(PLAIN)
    budget.explore(edited | deep | st.text(max_size=40), must_be_what_it_says)
