"""Every text of the lists is known by itself, and those of other matters never lead to this KB."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.explain.command import all_symptoms, explained
from moveready.explain.explanation import UNKNOWN, lines_of, symptom_of
from moveready.explain.paste import paste_from

if TYPE_CHECKING:
    from moveready.findings.symptoms import Symptom

PASTES = [
    tuple(line.split("\t", 1))
    for line in Path(__file__).with_name("pastes.txt").read_text(encoding="utf-8").splitlines()
]
"""The id of a symptom, and a text by which it shows itself. Sources: those that each symptom names."""
POWERSHELL = PASTES[0][1]
OTHER_MATTERS = {"E24", "E34", "E36", "E37", "E40", "E41"}


def found_in(text: str) -> Symptom | None:
    """The symptom of a paste."""
    return symptom_of(paste_from(text), all_symptoms())


@pytest.mark.parametrize(("name", "text"), PASTES)
def test_each_text_has_its_meaning(name: str, text: str) -> None:
    """Alone, and inside the wrappers in which the cloud shows it."""
    found = found_in(text)
    wrapped = found_in(
        f"MigrationTransientException: The connection to the server 'x' could not be completed. --> {text}"
    )

    assert found is not None
    assert found.id == name
    assert wrapped is not None
    assert wrapped.id == name or found.id in {"E8", "E9", "E25", "E38"}


@pytest.mark.parametrize(("name", "text"), PASTES)
def test_wrapped_lines_change_nothing(name: str, text: str) -> None:
    """A console of twenty columns cuts words anywhere."""
    cut = "\n  ".join(text[start : start + 20] for start in range(0, len(text), 20))
    found = found_in(cut)

    assert found is not None
    assert found.id == name


@pytest.mark.parametrize(("name", "text"), [paste for paste in PASTES if paste[0] in OTHER_MATTERS])
def test_other_matters_never_lead_to_this_kb(name: str, text: str) -> None:
    """Not even beside a 403 of the same paste: the command would send people to servers that are fine."""
    found = found_in(f"{text} --> The remote server returned an error: (403) Forbidden.")

    assert found is not None
    assert (found.id, found.controls) == (name, ())


def test_ids_are_told_apart() -> None:
    """No two symptoms share one, and every one has a text or a status."""
    symptoms = all_symptoms()

    assert len({symptom.id for symptom in symptoms}) == len(symptoms)
    assert all(symptom.texts or symptom.status for symptom in symptoms)


def test_answer_has_five_lines_and_a_command() -> None:
    """For the server that has answered, if the text says which."""
    node = POWERSHELL.replace("mrsproxy.svc'", "mrsproxy.svc EX01.contoso.com (15.2.1748.10 caps:1F)'")
    is_known, lines = explained(node)

    assert (is_known, len(lines)) == (True, 5)
    assert lines[2] == "Run:     python -m pytest --inventory INVENTORY --limit ex01.contoso.com --control KB3063913"
    assert [line.partition(":")[0] for line in lines] == ["Means", "Check", "Run", "Not", "Source"]


def test_controls_are_named_with_their_titles() -> None:
    """Most suspicious first."""
    _, lines = explained("MRS proxy service is disabled")

    assert lines[1].startswith("Check:   KB3063913-2 (No event 1309 since the worker started), then KB3063913-1 (")


def test_no_command_is_made_up() -> None:
    """Where moveready has no control that asks for it."""
    paste = paste_from("MRSProxyConnectionLimitReachedTransientException")
    symptom = symptom_of(paste, all_symptoms())

    assert symptom is not None
    assert lines_of(symptom, paste, {})[2] == "Run:     nothing: no control of moveready asks for it yet."


@pytest.mark.parametrize("text", ["Something went wrong.", "(999)", "Fehler"])
def test_unknown_text_is_said_to_be_unknown(text: str) -> None:
    """It is no sign that anything is fine."""
    assert explained(text) == (False, UNKNOWN)
