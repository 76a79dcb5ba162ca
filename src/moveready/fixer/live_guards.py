"""Guards that look at now: asked before a step, and again right before a server is drained and before its restart.

A plan is minutes old by then, or hours: peers may have left the load balancer, the window may have closed, an
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
"""What an administrator sets inactive to take EWS, or the whole server, out of service; we set the first one only."""


@dataclass(frozen=True, slots=True)
class LiveGuards:
    """The guards of one run.

    Attributes:
        standings: How each server stands, kept up to date by its owner; None where no checks have run.
        now: The time.
    """

    inventory: Inventory
    executor: Executor
    limits: Limits
    standings: Mapping[str, Standing] | None
    now: Callable[[], datetime]

    def refusal_of(self, step: Step, touched: Collection[int] = ()) -> Refusal | None:
        """Why the step may not be begun now, or gone on with; None where it may.

        Args:
            step: What is to be done.
            touched: Numbers of the actions that a killed run had begun: what we have drained is nobody's maintenance.
        """
        try:
            return self._refusal(step, touched)
        except EvidenceError as error:
            return Refusal(step.server, f"it cannot be looked at now: {error.happened}", error.next_step)

    def must_allow(self, step: Step, number: int) -> None:
        """Asked right before an action that takes the server away from its clients.

        Raises:
            FixError: It may not be done now; what was taken away is to be given back.
            EvidenceError: That cannot be said.
        """
        refusal = self._refusal(step, range(number))
        if refusal is not None:
            raise FixError(step.server, f"it is not restarted: {refusal.reason}", f"What to do: {refusal.hint}.")

    def _refusal(self, step: Step, touched: Iterable[int]) -> Refusal | None:
        """The first guard that refuses; `touched` are the numbers of those actions that may have happened."""
        taken_away = tuple(action for number in touched if (action := step.actions[number]).takes_away)
        return (
            closed_by_now(step, self.inventory, self.now())
            or (self._maintenance_of(step, taken_away) if step.works_on_the_server else None)
            or self._last_of_pool(step)
        )

    def _maintenance_of(self, step: Step, taken_away: Collection[Action]) -> Refusal | None:
        """Of what this step has taken away itself, nothing counts: the health check is down, a component inactive.

        Exchange 2010 has neither components nor a health check.
        """
        server, drains = self.inventory.server(step.server), is_drained(step.actions)
        if not drains and self.executor.major_version(server) < EXCHANGE_2013:
            return None
        what = out_of_service(server, self.executor, drains=drains, taken_away=taken_away)
        return in_maintenance(step.server, what) if what else None

    def _last_of_pool(self, step: Step) -> Refusal | None:
        """Peers are asked until one serves."""
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
        """Why the peer does not serve what the restarted server serves; "" where it does."""
        try:
            problem = self._endpoint_problem(peer, restarted)
            if problem or self.executor.is_in_service(peer) or self.executor.major_version(peer) < EXCHANGE_2013:
                return problem
        except EvidenceError as error:
            return f"cannot be asked now: {error.happened}"
        return "is not in the load balancer now: its health check is down"

    def _endpoint_problem(self, peer: Server, restarted: Server) -> str:
        """While `moving` MRSProxy must be on. While `idle` EWS must answer a login, with MRSProxy on or off."""
        kind = self.executor.endpoint(peer).kind
        wanted = {EndpointKind.ALIVE} if restarted.phase.wants_mrsproxy else _ANSWERS_OF_EWS
        return "" if kind in wanted else f"answers now: {kind.value}"


_ANSWERS_OF_EWS = frozenset({EndpointKind.ALIVE, EndpointKind.MRSPROXY_OFF})


def is_drained(actions: Iterable[Action]) -> bool:
    """Whether one of the actions takes the server out of the load balancer."""
    return any(isinstance(action, Drain) for action in actions)


def out_of_service(server: Server, executor: Executor, *, drains: bool, taken_away: Collection[Action] = ()) -> str:
    """What keeps a server of Exchange 2013 or newer out of service, a few words; "" where it serves.

    Args:
        server: The server.
        executor: With which it is asked.
        drains: Whether it is to be drained. If not, an account that may not read component states will do: the health
            check follows them.
        taken_away: The actions by which we have taken it out of service ourselves: that does not count.
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
