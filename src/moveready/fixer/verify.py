"""Whether a repair worked: fresh evidence of the server, and the same check functions called on it again.

A check is found by its file and name, because with pytest-xdist the controller has not collected it. A file is imported
only once, because it may register a remedy.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from moveready.collection.collector import Collector
from moveready.errors import FixError
from moveready.evidence import declared, subjects_named
from moveready.findings.controls import control_of
from moveready.findings.judging import CheckResult, outcome_of
from moveready.findings.kb import kb_named
from moveready.findings.outcomes import Result
from moveready.fixer.target import growing_pauses

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable
    from types import ModuleType

    from moveready.collection.bounds import Bounds
    from moveready.evidence import Subject
    from moveready.findings.outcomes import Outcome
    from moveready.findings.verdicts import Verdict
    from moveready.inventory import Inventory, Server
    from moveready.plugin.selection import CheckPlace
    from moveready.remoting.logins import Logins

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of the checks after the repair, and the verdicts of those of their KBs that are known."""

    outcomes: tuple[Outcome, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def is_repaired(self) -> bool:
        """Whether all of them passed; False if nothing was checked."""
        return bool(self.outcomes) and all(outcome.result is Result.PASSED for outcome in self.outcomes)


def module_at(file: str) -> ModuleType:
    """The module of a check's file, imported if necessary; raises `FixError` if there is no such file."""
    for loaded in tuple(sys.modules.values()):
        if getattr(loaded, "__file__", None) == file:
            return loaded
    spec = spec_from_file_location(Path(file).stem, file)
    if spec is None or spec.loader is None or not Path(file).exists():
        raise FixError(Path(file).name, f"{file} is not on this machine", "Run the fixer without --tx.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[f"moveready fixer: {file}"] = module
    return module


def check_at(place: CheckPlace) -> Callable[..., None]:
    """The check function of a file; raises `FixError` if it is missing, or needs an argument that is unknown here."""
    module = module_at(place.file)
    check: Callable[..., None] | None = getattr(module, place.function, None)
    if check is None:
        raise FixError(place.function, f"it is no function of {place.file}", "Write checks as plain functions.")
    known = {"server", *(subject.name for subject in declared())}
    strange = [name for name in inspect.signature(check).parameters if name not in known]
    if strange:
        raise FixError(
            place.function, f"it asks for {', '.join(strange)}", "The fixer can give servers and evidence only."
        )
    return check


def check_again(
    server: Server,
    checks: Iterable[Callable[..., None]],
    inventory: Inventory,
    bounds: Bounds,
    logins: Logins | None = None,
) -> Verified:
    """Run the checks once, on fresh evidence of that one server; `logins` belong to the run."""
    called = tuple(checks)
    with Collector(inventory, bounds, logins) as collector:
        collector.gather([(server, _evidence_for(called))])
        errors = [_error_of(check, server, collector) for check in called]
        facts = collector.facts_of(server)
    outcomes = [
        outcome_of(CheckResult(control, server, error, 0.0, inspect.getfile(check)), facts, _subjects_of(check))
        for check, error in zip(called, errors, strict=True)
        if (control := control_of(check))
    ]
    kbs = {kb.id: kb for control in map(control_of, called) if control and (kb := kb_named(control.kb))}
    return Verified(tuple(outcomes), tuple(kb.verdict_on(server, facts) for kb in kbs.values()))


def _evidence_for(checks: Iterable[Callable[..., None]]) -> tuple[Subject[Any], ...]:
    """The evidence that the checks and the verdicts of their KBs need; nothing else is asked."""
    named: dict[Subject[Any], None] = {}
    for check in checks:
        control = control_of(check)
        kb = kb_named(control.kb) if control else None
        named.update(dict.fromkeys((*_subjects_of(check), *(kb.reads if kb else ()))))
    return tuple(named)


def verify(again: Callable[[], Verified], timeout_seconds: float, stop: threading.Event) -> Verified:
    """Check again, with growing pauses, until everything passes or the time is over; the last result counts."""
    ends = monotonic() + timeout_seconds
    pauses = growing_pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
    verified = again()
    while not verified.is_repaired and monotonic() + (pause := next(pauses)) < ends and not stop.wait(pause):
        verified = again()
    return verified


def _argument(name: str, server: Server, collector: Collector) -> object:
    """The server, or evidence of it."""
    subjects = subjects_named([name])
    return next((subject.usable(collector.evidence_of(subject, server)) for subject in subjects), server)


def _error_of(check: Callable[..., None], server: Server, collector: Collector) -> Exception | None:
    try:
        check(**{name: _argument(name, server, collector) for name in inspect.signature(check).parameters})
    except Exception as error:  # noqa: BLE001 - whatever a check raises is its outcome, as under pytest
        return error
    return None


def _subjects_of(check: Callable[..., None]) -> tuple[Subject[Any], ...]:
    return subjects_named(inspect.signature(check).parameters)
