"""Guards that look at the present state. They are asked before a step, and again right before draining and restarting.

At that time a plan is minutes or hours old: peers may have left the load balancer, the window may have closed, an
administrator may have begun to work on the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.errors import EvidenceError, FixError, MissingCommandError
from moveready.evidence.mrsproxy_endpoint import EndpointKind
from moveready.fixer.guards import closed_by_now, in_maintenance, last_of_pool, needs_a_peer, possible_peers
from moveready.fixer.plan import Refusal
from moveready.fixer.remedies import EXCHANGE_2013
from moveready.fixer.restart_actions import Drain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from moveready.findings.verdicts import Standing
    from moveready.fixer.actions import Action
    from moveready.fixer.executor import Executor
    from moveready.fixer.guards import Limits
    from moveready.fixer.plan import Step
    from moveready.inventory import Inventory, Server

_DRAINED, _WHOLE_SERVER = "EwsProxy", "ServerWideOffline"
"""Components that take EWS, or the whole server, out of service when inactive; the fixer sets only the first."""


@dataclass(frozen=True, slots=True)
class LiveGuards:
    """The guards of one run.

    Attributes:
        standings: The standing of each server, kept up to date by the caller; None if no checks have run.
        now: The time.
    """

    inventory: Inventory
    executor: Executor
    limits: Limits
    standings: Mapping[str, Standing] | None
    now: Callable[[], datetime]

    def refusal_of(self, step: Step, touched: Collection[int] = ()) -> Refusal | None:
        """Why the step may not begin or go on now; None if it may.

        Args:
            step: What is to be done.
            touched: Numbers of the actions that a killed run had begun: what the fixer itself drained is not a
            maintenance.
        """
        try:
            return self._refusal(step, touched)
        except EvidenceError as error:
            return Refusal(step.server, f"it cannot be looked at now: {error.happened}", error.next_step)

    def must_allow(self, step: Step, number: int) -> None:
        """Check this right before an action that takes the server away from its clients.

        Raises:
            FixError: It may not be done now; what was taken away must be given back.
            EvidenceError: The present state cannot be read.
        """
        refusal = self._refusal(step, range(number))
        if refusal is not None:
            raise FixError(step.server, f"it is not restarted: {refusal.reason}", f"What to do: {refusal.hint}.")

    def _refusal(self, step: Step, touched: Iterable[int]) -> Refusal | None:
        """The refusal of the first guard that refuses; `touched` has the numbers of actions that may have happened."""
        taken_away = tuple(action for number in touched if (action := step.actions[number]).takes_away)
        return (
            closed_by_now(step, self.inventory, self.now())
            or (self._maintenance_of(step, taken_away) if step.works_on_the_server else None)
            or self._last_of_pool(step)
        )

    def _maintenance_of(self, step: Step, taken_away: Collection[Action]) -> Refusal | None:
        """The refusal if an administrator took the server out of service; what this step took away does not count.

        Exchange 2010 has neither components nor a health check.
        """
        server, drains = self.inventory.server(step.server), is_drained(step.actions)
        if not drains and self.executor.major_version(server) < EXCHANGE_2013:
            return None
        what = out_of_service(server, self.executor, drains=drains, taken_away=taken_away)
        return in_maintenance(step.server, what) if what else None

    def _last_of_pool(self, step: Step) -> Refusal | None:
        """The refusal if no peer serves; peers are asked until one does."""
        if not needs_a_peer(step, self.inventory, self.limits):
            return None
        seen: list[str] = []
        for peer in possible_peers(step, self.inventory, self.standings):
            problem = self._problem_of(peer, self.inventory.server(step.server))
            if not problem:
                return None
            seen.append(f"{peer.name} {problem}")
        return last_of_pool(step, self.inventory, seen)

    def _problem_of(self, peer: Server, restarted: Server) -> str:
        """Why the peer cannot serve in place of the restarted server; "" if it can."""
        try:
            problem = self._endpoint_problem(peer, restarted)
            if problem or self.executor.is_in_service(peer) or self.executor.major_version(peer) < EXCHANGE_2013:
                return problem
        except EvidenceError as error:
            return f"cannot be asked now: {error.happened}"
        return "is not in the load balancer now: its health check is down"

    def _endpoint_problem(self, peer: Server, restarted: Server) -> str:
        """While `moving`, MRSProxy must be on; while `idle`, EWS must accept a login, with MRSProxy on or off."""
        kind = self.executor.endpoint(peer).kind
        wanted = {EndpointKind.ALIVE} if restarted.phase.wants_mrsproxy else _ANSWERS_OF_EWS
        return "" if kind in wanted else f"answers now: {kind.value}"


_ANSWERS_OF_EWS = frozenset({EndpointKind.ALIVE, EndpointKind.MRSPROXY_OFF})


def is_drained(actions: Iterable[Action]) -> bool:
    """Whether one of the actions takes the server out of the load balancer."""
    return any(isinstance(action, Drain) for action in actions)


def out_of_service(server: Server, executor: Executor, *, drains: bool, taken_away: Collection[Action] = ()) -> str:
    """What keeps a server of Exchange 2013 or newer out of service, in a few words; "" if it serves.

    Args:
        server: The server.
        executor: Asks the server.
        drains: Whether it will be drained. If not, the account need not be able to read component states: the health
            check follows them.
        taken_away: The actions with which the fixer itself took it out of service: these do not count.
    """
    components = (_WHOLE_SERVER,) if is_drained(taken_away) else (_DRAINED, _WHOLE_SERVER)
    try:
        for component in components:
            if not executor.component_is_active(server, component):
                return f"its component {component} is inactive"
    except MissingCommandError:
        if drains:
            raise
    return "" if taken_away or executor.is_in_service(server) else "its health check is down"
