"""A KB: one article, or one family of causes, with its verdicts; declared once, in the room of its own.

    KB = declare_kb(Kb(id="KB3063913", title=..., source=..., needs=(...), judge=..., repairs=...))

Its controls name it by their ids: `KB3063913-1` belongs to `KB3063913`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moveready.errors import InternalError, RunInterruptedError
from moveready.findings.verdicts import failed_verdict, incomplete_verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from moveready.evidence import Facts, Subject
    from moveready.findings.symptoms import Symptom
    from moveready.findings.verdicts import Verdict
    from moveready.inventory import Server


def _nothing(*_: object) -> Sequence[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Kb:
    """One KB.

    Attributes:
        id: What stands before the last `-` of the ids of its controls.
        title: What the article is about, for people.
        source: Its address.
        reads: The subjects that a verdict is made of.
        needs: Those of them without which there is none.
        judge: The verdict on a server, out of the facts; pure, never raises.
        repairs: What repairs a finding about evidence on these subjects, for each of them: commands, a sentence, or "".
        remedies: The module that registers its remedies; the fixer alone imports it. "" for none.
        symptoms: The error texts by which it shows itself.
    """

    id: str
    title: str
    source: str
    reads: tuple[Subject[Any], ...]
    needs: tuple[Subject[Any], ...]
    judge: Callable[[Server, Facts], Verdict]
    repairs: Callable[[Collection[Subject[Any]], Server, Facts], Sequence[str]] = _nothing
    remedies: str = ""
    symptoms: tuple[Symptom, ...] = ()

    def verdict_on(self, server: Server, facts: Facts) -> Verdict:
        """The verdict; where the run was interrupted or moveready itself failed, one that says so."""
        if interrupted := facts.missing(RunInterruptedError):
            known = self.verdict_on(server, facts.without(interrupted))
            return incomplete_verdict(self.id, server.name, known)
        if facts.missing(InternalError) & {subject.name for subject in self.needs}:
            return failed_verdict(self.id, server.name)
        return self.judge(server, facts)


_DECLARED: dict[str, Kb] = {}


def declare_kb(kb: Kb) -> Kb:
    """Make a KB known by its id; raises `ValueError` where another one has it.

    The module of a declaration may be imported anew: then the new declaration replaces its own older one.
    """
    known = _DECLARED.get(kb.id)
    if known is not None and known.judge.__module__ != kb.judge.__module__:
        raise ValueError(f"there is a KB {kb.id} already, in {known.judge.__module__}")
    _DECLARED[kb.id] = kb
    return kb


def kb_named(id: str) -> Kb | None:  # noqa: A002 - `id` is what the field calls it
    """The KB of that id, or None."""
    return _DECLARED.get(id)


def declared_kbs() -> tuple[Kb, ...]:
    """All KBs that are known by now."""
    return tuple(_DECLARED.values())
