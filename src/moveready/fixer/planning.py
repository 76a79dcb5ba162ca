"""From findings to a plan. May import the plan, remedies, guards, hands.

Only `failed` outcomes count: what could not be evaluated is not repaired. Each server's flag is read once more, by its
own identity, and its first Set of each kind is tried with -WhatIf, so that missing rights show in the plan and not in
the night.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from moveready.errors import EvidenceError
from moveready.findings.controls import kb_of
from moveready.findings.kb import declared_kbs
from moveready.findings.outcomes import Result
from moveready.findings.verdicts import not_diagnosed
from moveready.fixer.guards import in_maintenance, not_allowed
from moveready.fixer.live_guards import out_of_service
from moveready.fixer.plan import LIFETIME, Kind, Plan, Refusal, Step
from moveready.fixer.remedies import EXCHANGE_2013, Finding, kb_of_remedy, major_version_of, remedy_named
from moveready.questions import Channel

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from moveready.findings.outcomes import CheckedServer, Outcome, Run
    from moveready.findings.verdicts import Verdict
    from moveready.fixer.hands import Hands
    from moveready.fixer.plan import Action
    from moveready.inventory import Inventory, Server

_RIGHTS = {
    Kind.SET_FLAG: "Give the account the RBAC role `Exchange Virtual Directories`.",
    Kind.DRAIN: "Give the account an RBAC role with Set-ServerComponentState, or write `drain: false` under `fix`.",
}


def make_plan(run: Run, inventory: Inventory, hands: Hands, now: datetime, only: Collection[str] | None = None) -> Plan:
    """The plan for everything that failed in the run, and what is refused with its reason; changes nothing.

    Args:
        run: What the checks have found.
        inventory: Whose servers these are, and what may be done to them.
        hands: With which the flags are read, and the Sets tried.
        now: The time.
        only: The servers to plan for; all of them if left out.
    """
    failed = _failed_by_server(run)
    found = [
        _step_or_refusal(server, failed[server.name], inventory, hands)
        for server in run.servers
        if server.name in failed and (only is None or server.name in only)
    ]
    plan = Plan(
        organization=run.organization,
        inventory_fingerprint=inventory.fingerprint,
        made_at=now,
        expires_at=now + LIFETIME,
        steps=tuple(part for part in found if isinstance(part, Step)),
        refusals=tuple(part for part in found if isinstance(part, Refusal)),
    )
    return plan.without(not_allowed(plan, inventory))


def _failed_by_server(run: Run) -> dict[str, tuple[Outcome, ...]]:
    failed: dict[str, tuple[Outcome, ...]] = {}
    for outcome in run.outcomes:
        if outcome.result is Result.FAILED:
            failed[outcome.server] = (*failed.get(outcome.server, ()), outcome)
    return failed


def _step_or_refusal(
    checked: CheckedServer, outcomes: tuple[Outcome, ...], inventory: Inventory, hands: Hands
) -> Step | Refusal:
    verdict = _repairable(checked, outcomes)
    name = verdict.remedy if verdict else _own_remedy(outcomes)
    if name is None:
        return _not_ours(checked, outcomes)
    try:
        finding = _finding_of(inventory.server(checked.name), verdict, outcomes, inventory, hands)
        return _planned(name, finding, hands)
    except EvidenceError as error:
        return Refusal(checked.name, f"it cannot be planned: {error.happened}", error.next_step)


def _repairable(checked: CheckedServer, outcomes: tuple[Outcome, ...]) -> Verdict | None:
    """The verdict with a remedy, of a KB one of whose controls failed and can be repaired; the first one."""
    failed = {kb_of(outcome.control) for outcome in outcomes if outcome.remedy}
    return next((verdict for verdict in checked.verdicts if verdict.remedy and verdict.kb in failed), None)


def _own_remedy(outcomes: tuple[Outcome, ...]) -> str | None:
    """The remedy of a control of the user's own; that of a KB is chosen by its verdict, and by nothing else."""
    wanted = (outcome.remedy for outcome in outcomes if outcome.remedy)
    return next((name for name in wanted if remedy_named(name) and kb_of_remedy(name) is None), None)


def repaired_by(name: str, outcomes: tuple[Outcome, ...]) -> tuple[str, ...]:
    """The controls that the remedy answers for; that of a KB, for all of its controls that can be repaired."""
    kb = kb_of_remedy(name)
    return tuple(
        outcome.control
        for outcome in outcomes
        if outcome.remedy and (outcome.remedy == name or (kb is not None and kb_of(outcome.control) == kb))
    )


def load_remedies() -> None:
    """Import the remedies of every KB that is known, so that they are registered."""
    for kb in declared_kbs():
        if kb.remedies:
            import_module(kb.remedies)


def diagnosis_of(checked: CheckedServer, kb: str) -> str:
    """What stands in a plan as the diagnosis of the server: the words of that KB's verdict."""
    return (checked.verdict_of(kb) or not_diagnosed(kb, checked.name)).verdict


def _not_ours(checked: CheckedServer, outcomes: tuple[Outcome, ...]) -> Refusal:
    verdict = checked.diagnosis
    if not checked.verdicts or verdict is None:
        unknown = next((outcome.remedy for outcome in outcomes if outcome.remedy), None)
        if unknown and kb_of_remedy(unknown) is None:
            reason = f"its finding asks for the remedy `{unknown}`, which is not known"
            return Refusal(checked.name, reason, "name the remedy's file with -p, or repair it by hand")
        return Refusal(checked.name, "it is not diagnosed", "run all controls together")
    lift = verdict.next_step or verdict.resolution or "repair it by hand"
    return Refusal(checked.name, f"its diagnosis is `{verdict.description}`, which no remedy repairs", lift)


def _finding_of(
    server: Server, verdict: Verdict | None, outcomes: tuple[Outcome, ...], inventory: Inventory, hands: Hands
) -> Finding:
    listed = hands.read_flag(server, None, None).directory
    flag = hands.read_flag(server, listed.identity, None)
    return Finding(
        server=server,
        verdict=verdict or not_diagnosed("", server.name),
        outcomes=outcomes,
        policy=inventory.fix,
        identity=flag.directory.identity,
        enabled=flag.directory.mrsproxy_enabled,
        major_version=major_version_of(flag.directory),
        domain_controller=flag.domain_controller,
    )


def _planned(name: str, finding: Finding, hands: Hands) -> Step | Refusal:
    remedy = remedy_named(name)
    assert remedy is not None  # noqa: S101 - `_remedy_name` gives registered names only
    if reason := remedy.plan(finding):
        return Refusal(finding.server.name, reason, "Run the checks again, and make a new plan.")
    actions = remedy.steps(finding)
    if refusal := _tried(actions, finding, hands) or _maintenance(actions, finding, hands):
        return refusal
    return Step(
        server=finding.server.name,
        pool=finding.server.pool,
        kb=finding.verdict.kb,
        diagnosis=finding.verdict.verdict,
        remedy=name,
        controls=repaired_by(name, finding.outcomes),
        identity=finding.identity,
        before=finding.enabled,
        domain_controller=finding.domain_controller,
        actions=actions,
        phase=finding.server.phase,
    )


def _tried(actions: tuple[Action, ...], finding: Finding, hands: Hands) -> Refusal | None:
    """The refusal where Exchange refuses the first Set of a kind even with -WhatIf, which changes nothing."""
    for kind, lift in _RIGHTS.items():
        first = next((action for action in actions if action.kind is kind), None)
        if first is None:
            continue
        trial = replace(first, parameters=(first.parameters or {}) | {"WhatIf": True})
        try:
            hands.run(finding.server, Channel.EXCHANGE, trial.command)
        except EvidenceError as error:
            return Refusal(finding.server.name, f"Exchange refuses the change: {error.happened}", lift)
    return None


def _maintenance(actions: tuple[Action, ...], finding: Finding, hands: Hands) -> Refusal | None:
    """The refusal where somebody has taken the server out of service: a restart could harm, activating would."""
    kinds = {action.kind for action in actions}
    if not kinds & {Kind.DRAIN, Kind.RESTART} or finding.major_version < EXCHANGE_2013:
        return None
    what = out_of_service(finding.server, hands, drains=Kind.DRAIN in kinds)
    return in_maintenance(finding.server.name, what) if what else None
