"""From the findings of one server to its step: one visit, in a declared order, with one restart. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moveready.evidence.questions import Channel
from moveready.fixer.plan import Precondition, Repair, Step
from moveready.fixer.remedies import EXCHANGE_2013
from moveready.fixer.restart_actions import Activate, Drain, Restart
from moveready.inventory import RestartKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moveready.fixer.actions import Action, Condition
    from moveready.fixer.plan import AnyAction
    from moveready.fixer.remedies import Finding, Remedy
    from moveready.inventory import FixPolicy, Server

_SERVICES_POOL = "MSExchangeServicesAppPool"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A finding and its chosen remedy; `controls` are those that the remedy must repair."""

    name: str
    remedy: Remedy
    finding: Finding
    controls: tuple[str, ...]


def in_order(chosen: Sequence[Chosen]) -> tuple[Chosen, ...]:
    """Sorted by the order of the remedies, then by name."""
    return tuple(sorted(chosen, key=lambda one: (one.remedy.order, one.name)))


def setting_twice(chosen: Sequence[Chosen]) -> str:
    """A setting that two of the remedies change, so that nobody can say which one is right; "" if there is none."""
    settings = [one.remedy.setting for one in chosen if one.remedy.setting]
    return next((setting for setting in settings if settings.count(setting) > 1), "")


def step_of(server: Server, chosen: Sequence[Chosen]) -> Step:
    """The step that repairs all of these findings of one server; `chosen` is in order."""
    return Step(
        server=server.name,
        pool=server.pool,
        repairs=tuple(
            Repair(
                kb=one.finding.verdict.kb,
                diagnosis=one.finding.verdict.verdict,
                remedy=one.name,
                controls=one.controls,
            )
            for one in chosen
        ),
        preconditions=tuple(_precondition(one) for one in chosen if one.remedy.setting),
        actions=_actions_of(chosen),
        phase=server.phase,
    )


def _precondition(chosen: Chosen) -> Precondition:
    reading = chosen.finding.current
    return Precondition(
        setting=chosen.remedy.setting,
        where=reading.where,
        value=reading.value,
        domain_controller=reading.domain_controller,
    )


def _actions_of(chosen: Sequence[Chosen]) -> tuple[AnyAction, ...]:
    """All changes, then one restart if a remedy asks for it."""
    actions: list[Action] = []
    for one in chosen:
        before = len(actions)
        actions += [action.after(before) for action in one.remedy.changes(one.finding)]
    restarting = [one for one in chosen if one.remedy.restarts]
    if restarting:
        finding = restarting[0].finding
        found = (one.remedy.not_helped(one.finding) for one in restarting)
        not_helped = tuple(condition for condition in found if condition is not None)
        before = len(actions)
        actions += [action.after(before) for action in restart_of(finding, not_helped)]
    return tuple(actions)  # type: ignore[arg-type] # every kind of action is one of these


def restart_of(finding: Finding, not_helped: tuple[Condition, ...] = ()) -> tuple[Action, ...]:
    """The restart that the inventory wants, between draining and activating.

    Args:
        finding: The finding on the server that is restarted.
        not_helped: A condition that shows that a recycle did not help, so that `escalate` restarts all of IIS.
    """
    restarts = _restarts(finding.policy, not_helped)
    if not finding.policy.drain or finding.major_version < EXCHANGE_2013:
        return restarts
    drain = Drain(**_component(finding.server, "Inactive"))
    return (drain, *restarts, Activate(**_component(finding.server, "Active"), restores=0))


def _restarts(policy: FixPolicy, not_helped: tuple[Condition, ...]) -> tuple[Action, ...]:
    if policy.restart is not RestartKind.APP_POOL:
        return (Restart(channel=Channel.WINDOWS, cmdlet="iisreset"),)
    recycle = Restart(channel=Channel.WINDOWS, cmdlet="Restart-WebAppPool", parameters={"Name": _SERVICES_POOL})
    if not policy.escalate or not not_helped:
        return (recycle,)
    escalation = Restart(channel=Channel.WINDOWS, cmdlet="iisreset", arguments=("/noforce",), only_if=not_helped)
    return (recycle, escalation)


def _component(server: Server, state: str) -> dict[str, Any]:
    """The action that takes EwsProxy in or out of service; load balancers follow /EWS/healthcheck.htm."""
    parameters = {"Identity": server.name, "Component": "EwsProxy", "State": state, "Requester": "Maintenance"}
    return {"channel": Channel.EXCHANGE, "cmdlet": "Set-ServerComponentState", "parameters": parameters}
