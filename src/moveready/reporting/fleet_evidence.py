"""The evidence on `fleet.html`: questions, answers and times as words, without knowing any KB. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from moveready.findings.outcomes import plain_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from moveready.findings.outcomes import Outcome

LONGEST_TEXT = 2_000
"""What is longer is cut, and says so; run.json has all of it. Commands are never cut: half of one does harm."""
MOST_VALUES = 20
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_OF_EVERY_EVIDENCE = frozenset({"server", "question", "asked_at"})


@dataclass(frozen=True, slots=True)
class EvidenceField:
    """One thing that a server answered; of a list, its first items."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """What a server answered on one subject."""

    subject: str
    question: str
    asked_at: str
    fields: tuple[EvidenceField, ...]


def evidence_of(outcomes: Iterable[Outcome]) -> tuple[EvidenceItem, ...]:
    """Every answer once, by the name of its subject, although several controls were judged on it."""
    found: dict[str, list[object]] = {}
    for outcome in outcomes:
        for subject, value in outcome.evidence.items():
            known = found.setdefault(subject, [])
            if value not in known:
                known.append(value)
    return tuple(_item_of(subject, _plain(value)) for subject in sorted(found) for value in found[subject])


def shortened(text: str) -> str:
    """The text, cut with a mark where it is very long."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} [cut here: {len(text):,} characters in all]"


def _plain(value: object) -> object:
    """What a run has that was read is plain already."""
    return value if isinstance(value, (dict, list, str)) else plain_from(value)


def _item_of(subject: str, plain: object) -> EvidenceItem:
    answer: Mapping[str, object] = plain if isinstance(plain, dict) else {"answer": plain}
    return EvidenceItem(
        subject=_label(subject),
        question=shortened(str(answer.get("question", ""))),
        asked_at=_words(answer.get("asked_at", "")),
        fields=tuple(
            EvidenceField(_label(name), _values(value))
            for name, value in answer.items()
            if name not in _OF_EVERY_EVIDENCE
        ),
    )


def _values(plain: object) -> tuple[str, ...]:
    if not isinstance(plain, list):
        return (shortened(_words(plain)),)
    shown = [shortened(_words(value)) for value in plain[:MOST_VALUES]]
    more = [f"and {len(plain) - MOST_VALUES:,} more"] if len(plain) > MOST_VALUES else []
    return tuple([*shown, *more] or ["none"])


def _words(plain: object) -> str:
    """A plain value as people read it."""
    match plain:
        case dict():
            return "; ".join(f"{_label(name)}: {_words(value)}" for name, value in plain.items()) or "none"
        case list():
            return ", ".join(map(_words, plain)) or "none"
        case str():
            return _time_in(plain) or "empty"
        case None | True | False:
            return {None: "none", True: "yes", False: "no"}[plain]
        case _:
            return str(plain)


def _time_in(text: str) -> str:
    """A time without its fractions, in UTC; any other text as it is."""
    if not _TIME.fullmatch(text):
        return text
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError):  # a server may call anything a time
        return text


def _label(name: str) -> str:
    return name.replace("_", " ")
