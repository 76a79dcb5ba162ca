"""From findings to a plan.

Only `failed` outcomes count: what could not be evaluated is not repaired. Each setting that a remedy changes is read
once more, by its own identity, and the first change of each kind is tried with -WhatIf, so that missing rights are seen
in the plan and not later at night.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from moveready.errors import EvidenceError, FixError
from moveready.evidence.questions import Channel
from moveready.findings.controls import kb_of
from moveready.findings.kb import declared_kbs, kb_named
from moveready.findings.outcomes import Result
from moveready.findings.verdicts import Verdict, not_diagnosed, worst_of
from moveready.fixer.guards import in_maintenance, not_allowed
from moveready.fixer.live_guards import is_drained, out_of_service
from moveready.fixer.plan import LIFETIME, Plan, Refusal, Step
from moveready.fixer.remedies import EXCHANGE_2013, Finding, kb_of_remedy, remedy_named
from moveready.fixer.steps import Chosen, in_order, setting_twice, step_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from moveready.findings.outcomes import CheckedServer, Outcome, Run
    from moveready.fixer.executor import Executor
    from moveready.inventory import Inventory, Server


@dataclass(frozen=True, slots=True)
class _Found:
    """Failed controls of one server that belong together, and the name of their remedy, if there is one."""

    verdict: Verdict
    outcomes: tuple[Outcome, ...]
    remedy: str | None


@dataclass(frozen=True, slots=True)
class _Part:
    """The part of the plan for one server."""

    step: Step | None
    refusals: tuple[Refusal, ...]
    by_hand: tuple[Refusal, ...]


def make_plan(
    run: Run, inventory: Inventory, executor: Executor, now: datetime, only: Collection[str] | None = None
) -> Plan:
    """The plan for everything that failed in the run, and what is refused with its reason; changes nothing.

    Args:
        run: What the checks found.
        inventory: The servers, and what may be done to them.
        executor: Reads settings and tries changes.
        now: The time.
        only: The servers to plan for; all servers if left out.
    """
    failed = _failed_by_server(run)
    parts = [
        _refused_as_waived(server, run) or _part_of(server, failed[server.name], inventory, executor)
        for server in run.servers
        if server.name in failed and (only is None or server.name in only)
    ]
    plan = Plan(
        organization=run.organization,
        inventory_fingerprint=inventory.fingerprint,
        made_at=now,
        expires_at=now + LIFETIME,
        steps=tuple(part.step for part in parts if part.step),
        refusals=tuple(refusal for part in parts for refusal in part.refusals),
        by_hand=tuple(refusal for part in parts for refusal in part.by_hand),
    )
    return plan.without(not_allowed(plan, inventory))


def _failed_by_server(run: Run) -> dict[str, tuple[Outcome, ...]]:
    failed: dict[str, tuple[Outcome, ...]] = {}
    for outcome in run.outcomes:
        if outcome.result is Result.FAILED:
            failed[outcome.server] = (*failed.get(outcome.server, ()), outcome)
    return failed


def _refused_as_waived(checked: CheckedServer, run: Run) -> _Part | None:
    """A remedy repairs all of its KB: it would change what somebody has accepted, so the server is refused."""
    own = [outcome for outcome in run.outcomes if outcome.server == checked.name]
    kbs = {kb_of(outcome.control) for outcome in own if outcome.result is Result.FAILED}
    waived = [each.control for each in own if each.result is Result.WAIVED and kb_of(each.control) in kbs]
    if not waived:
        return None
    reason = f"{', '.join(waived)} is waived on it, and a repair would change what was accepted"
    return _Part(None, (Refusal(checked.name, reason, "remove the waiver, or repair it by hand"),), ())


def _part_of(checked: CheckedServer, outcomes: tuple[Outcome, ...], inventory: Inventory, executor: Executor) -> _Part:
    """One step for all findings with a remedy; if one of the remedies is refused, the whole server is refused."""
    found = tuple(_found_on(checked, outcomes))
    by_hand = tuple(one for one in found if one.remedy is None or remedy_named(one.remedy) is None)
    chosen = tuple(one for one in found if one not in by_hand)
    if not chosen:
        worst = worst_of(one.verdict for one in by_hand)
        first = next(one for one in by_hand if one.verdict is worst)
        others = tuple(_left_to_people(checked, one) for one in by_hand if one is not first)
        return _Part(None, (_left_to_people(checked, first),), others)
    left = tuple(_left_to_people(checked, one) for one in by_hand)
    step = _step_or_refusal(inventory.server(checked.name), chosen, inventory, executor)
    return _Part(step, (), left) if isinstance(step, Step) else _Part(None, (step,), left)


def _found_on(checked: CheckedServer, outcomes: tuple[Outcome, ...]) -> Iterator[_Found]:
    """The findings of a server: one for each KB, whose verdict chooses the remedy, and those of your own controls."""
    own = tuple(outcome for outcome in outcomes if _is_own(outcome))
    for kb in dict.fromkeys(kb_of(outcome.control) for outcome in outcomes if outcome not in own):
        mine = tuple(outcome for outcome in outcomes if outcome not in own and kb_of(outcome.control) == kb)
        verdict = checked.verdict_of(kb) or not_diagnosed(kb, checked.name)
        yield _Found(verdict, mine, verdict.remedy if any(outcome.remedy for outcome in mine) else None)
    for name in dict.fromkeys(outcome.remedy for outcome in own):
        mine = tuple(outcome for outcome in own if outcome.remedy == name)
        yield _Found(not_diagnosed("", checked.name), mine, name)


def _is_own(outcome: Outcome) -> bool:
    """Whether its control chooses the remedy: it belongs to no known KB, or names a remedy that belongs to none."""
    name = outcome.remedy
    return kb_named(kb_of(outcome.control)) is None or bool(name and remedy_named(name) and kb_of_remedy(name) is None)


def _left_to_people(checked: CheckedServer, found: _Found) -> Refusal:
    if found.remedy is not None and kb_named(found.verdict.kb) is None:
        reason = f"its finding asks for the remedy `{found.remedy}`, which is not known"
        return Refusal(checked.name, reason, "name the remedy's file with -p, or repair it by hand")
    if kb_named(found.verdict.kb) is None:
        controls = ", ".join(outcome.control for outcome in found.outcomes)
        return Refusal(checked.name, f"{controls} names no remedy", found.outcomes[0].resolution or "repair it by hand")
    if checked.verdict_of(found.verdict.kb) is None:
        return Refusal(checked.name, "it is not diagnosed", "run all controls together")
    if found.remedy is None and (remedy := found.verdict.remedy):
        controls = " and ".join(outcome.control for outcome in found.outcomes)
        reason = f"its diagnosis asks for the remedy `{remedy}`, which {controls} does not name"
        return Refusal(
            checked.name, reason, f"write `remedy` at the control that it repairs: {found.verdict.next_step}"
        )
    hint = found.verdict.next_step or found.verdict.resolution or "repair it by hand"
    return Refusal(checked.name, f"its diagnosis is `{found.verdict.description}`, which no remedy repairs", hint)


def _step_or_refusal(
    server: Server, found: tuple[_Found, ...], inventory: Inventory, executor: Executor
) -> Step | Refusal:
    try:
        version = executor.major_version(server)
        chosen = in_order([_chosen(server, one, version, inventory, executor) for one in found])
        if setting := setting_twice(chosen):
            return Refusal(server.name, f"two of its findings change {setting}", "repair one of them by hand")
        for one in chosen:
            if reason := one.remedy.refusal(one.finding):
                return Refusal(server.name, reason, "Run the checks again, and make a new plan.")
        step = step_of(server, chosen)
        return _tried(step, server, executor) or _maintenance(step, server, version, executor) or step
    except (EvidenceError, FixError) as error:
        return Refusal(server.name, f"it cannot be planned: {error.happened}", error.next_step)


def _chosen(server: Server, found: _Found, version: int, inventory: Inventory, executor: Executor) -> Chosen:
    name = found.remedy or ""
    remedy = remedy_named(name)
    assert remedy is not None  # noqa: S101 - only findings with a registered remedy come here
    reading = None
    if remedy.setting:
        listed = executor.read(remedy.setting, server)
        reading = executor.read(remedy.setting, server, listed.where)
    finding = Finding(
        server=server,
        verdict=found.verdict,
        outcomes=found.outcomes,
        policy=inventory.fix,
        reading=reading,
        major_version=version,
    )
    return Chosen(name, remedy, finding, repaired_by(name, found.outcomes))


def repaired_by(name: str, outcomes: tuple[Outcome, ...]) -> tuple[str, ...]:
    """The controls that the remedy must repair; a remedy of a KB must repair all of the KB's repairable controls."""
    kb = kb_of_remedy(name)
    return tuple(
        outcome.control
        for outcome in outcomes
        if outcome.remedy and (outcome.remedy == name or (kb is not None and kb_of(outcome.control) == kb))
    )


def load_remedies() -> None:
    """Import the remedies of every known KB, which registers them."""
    for kb in declared_kbs():
        if kb.remedies:
            import_module(kb.remedies)


def diagnosis_of(checked: CheckedServer, kb: str) -> str:
    """The diagnosis of the server in a plan: the words of that KB's verdict."""
    return (checked.verdict_of(kb) or not_diagnosed(kb, checked.name)).verdict


def _tried(step: Step, server: Server, executor: Executor) -> Refusal | None:
    """The refusal if the first change of its kind is refused even with -WhatIf, which changes nothing."""
    tried: set[str] = set()
    for action in step.actions:
        trial = action.trial
        if trial is None or trial.command.name in tried:
            continue
        tried.add(trial.command.name)
        try:
            executor.run(server, trial.channel, trial.command)
        except EvidenceError as error:
            who = "Exchange" if trial.channel is Channel.EXCHANGE else "The server"
            return Refusal(server.name, f"{who} refuses the change: {error.happened}", trial.rights)
    return None


def _maintenance(step: Step, server: Server, version: int, executor: Executor) -> Refusal | None:
    """The refusal if somebody took the server out of service: that work must not be disturbed."""
    if not step.works_on_the_server or version < EXCHANGE_2013:
        return None
    what = out_of_service(server, executor, drains=is_drained(step.actions))
    return in_maintenance(server.name, what) if what else None
