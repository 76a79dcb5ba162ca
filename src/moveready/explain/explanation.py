"""Which symptom a pasted text shows, and the five lines that say so. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.explain.paste import stands_in
from moveready.findings.symptoms import Weight

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from moveready.explain.paste import Paste
    from moveready.findings.symptoms import Symptom

UNKNOWN = (
    "Means:   this text is not known to moveready, so nothing is concluded from it.",
    "Check:   run all controls on every server; they tell whether the endpoint is the reason.",
    "Run:     python -m pytest --inventory INVENTORY",
    "Not:     an unknown text is no sign that the servers are fine.",
    "Source:  none. Look for the innermost error (Get-MigrationUserStatistics -IncludeReport), and explain that.",
)


def symptom_of(paste: Paste, symptoms: Sequence[Symptom]) -> Symptom | None:
    """The symptom that decides; None if no text and no status is known.

    A text about another problem decides first. Next comes the innermost link with a known text, then the status in
    brackets. A text that only wraps others decides if nothing else is known.
    """
    other = _first(symptoms, Weight.OTHER_MATTER, (paste.text,))
    decisive = other or _first(symptoms, Weight.DECISIVE, (*paste.links, paste.text))
    if decisive is not None:
        return decisive
    by_status = (symptom for symptom in symptoms if symptom.status is not None and symptom.status == paste.status)
    return next(by_status, None) or _first(symptoms, Weight.WRAPPER, (*paste.links, paste.text))


def _first(symptoms: Iterable[Symptom], weight: Weight, links: Sequence[str]) -> Symptom | None:
    candidates = [symptom for symptom in symptoms if symptom.weight is weight]
    for link in links:
        for symptom in candidates:
            if any(stands_in(text, link) for text in symptom.texts):
                return symptom
    return None


def lines_of(symptom: Symptom, paste: Paste, titles: Mapping[str, str]) -> tuple[str, ...]:
    """The five lines: the meaning, the control that can confirm it, its command, what it is not, and the source.

    Args:
        symptom: The symptom that was found.
        paste: The text in which it was found.
        titles: The title of every control that is installed, by id.
    """
    known = [name for name in symptom.controls if any(_is_of(control, name) for control in titles)]
    return (
        f"Means:   {symptom.means}",
        f"Check:   {_check(symptom, known, titles)}",
        f"Run:     {_command(known, paste)}",
        f"Not:     {symptom.is_not}",
        f"Source:  {symptom.source}. (Text {symptom.id} of moveready's list.)",
    )


def _is_of(control: str, name: str) -> bool:
    """Whether the name is the control's own id, or the id of its KB."""
    return control == name or control.rpartition("-")[0] == name


def _check(symptom: Symptom, known: Sequence[str], titles: Mapping[str, str]) -> str:
    named = [f"{name} ({titles[name]})" if name in titles else f"all controls of {name}" for name in known]
    controls = f"{', then '.join(named)}." if named else ""
    return " ".join(filter(None, (controls, symptom.look))) or "No control can tell; see the source."


def _command(known: Sequence[str], paste: Paste) -> str:
    if not known:
        return "nothing: no control of moveready asks for it yet."
    limit = f" --limit {paste.node}" if paste.node else ""
    return f"python -m pytest --inventory INVENTORY{limit} --control {','.join(known)}"
