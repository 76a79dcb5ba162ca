"""A plan file is an approval, not a program. This module decides which steps may be carried out now. Pure.

The plan is made again from the findings of this run, the registered remedies and the inventory. A step is carried out
only if it was made now and is exactly the same in the file; nothing of the file is ever sent to a server.

Two parts of a step depend on the run that made it and do not say what is done: the domain controller that answered,
which Exchange chooses for each session, and the failed controls, since a new event in the log can add one. If
`--plan-fingerprint` proves that nobody edited the file, these parts may differ: the present domain controller is used,
and all controls of both must pass. Without it, a difference could be an edit, and is refused.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moveready.fixer.plan import LIFETIME, Refusal, step_data
from moveready.fixer.planning import diagnosis_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from moveready.findings.outcomes import CheckedServer
    from moveready.fixer.plan import Plan, Step
    from moveready.inventory import Inventory

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the clock of the machine that made the plan may be ahead of ours."""
_LONGEST_VALUE = 120


@dataclass(frozen=True, slots=True)
class Approval:
    """A plan that people have seen.

    Attributes:
        shown: What the file says.
        fingerprint: The fingerprint that was written down at the approval, or None.
    """

    shown: Plan
    fingerprint: str | None = None

    @property
    def is_proved(self) -> bool:
        """Whether the file is proved to be the approved one."""
        return self.fingerprint is not None and self.fingerprint.lower() == self.shown.fingerprint

    def whole_refusals(self, inventory: Inventory, now: datetime) -> tuple[str, ...]:
        """Why nothing of the file may be carried out, one sentence each; empty if it may."""
        twice = ascii(_servers_twice(self.shown))[1:-1]
        rules_of_file = (
            (
                self.fingerprint is not None and not self.is_proved,
                f"the plan's fingerprint is {self.shown.fingerprint}, another was approved: give the approved file",
            ),
            (bool(twice), f"the plan has {twice} twice: make a new one"),
        )
        broken_here = (sentence for broken, sentence in rules_of_file if broken)
        return (*broken_here, *origin_refusals(self.shown, inventory, now))

    def of_now(self, made: Plan, checked: Mapping[str, CheckedServer]) -> Plan:
        """The steps that may be carried out: those made now that the file has too, until the file expires.

        Args:
            made: The plan made now, for the servers in the file.
            checked: The servers that this run has checked, with their verdicts.
        """
        now = {step.server: step for step in made.steps}
        refused = {refusal.server: refusal for refusal in made.refusals}
        refusals = {
            shown.server: refusal
            for shown in self.shown.steps
            if (
                refusal := _not_the_verdict(shown, checked)
                or refused.get(shown.server)
                or self._not_the_same(shown, now.get(shown.server))
            )
        }
        approved = {step.server: step for step in self.shown.steps if step.server not in refusals}
        return replace(
            made,
            made_at=self.shown.made_at,
            expires_at=self.shown.expires_at,
            steps=tuple(_with_controls_of(approved[name], step) for name, step in now.items() if name in approved),
            refusals=tuple(refusals.values()),
        )

    def _not_the_same(self, shown: Step, now: Step | None) -> Refusal | None:
        if now is None:
            return Refusal(shown.server, "this run has no finding on it that is repaired", "make a new plan")
        pair = step_data(shown), step_data(now)
        essence = _without_circumstances(pair[0]), _without_circumstances(pair[1])
        differing = tuple(_differences(*(essence if self.is_proved else pair)))
        if not differing:
            return None
        is_circumstance = not any(_differences(*essence))
        return Refusal(
            shown.server,
            f"its step is not the one that is made now: {'; '.join(differing)}",
            "make a new plan"
            + (", or give --plan-fingerprint of the one that was approved" if is_circumstance else ""),
        )


def origin_refusals(plan: Plan, inventory: Inventory, now: datetime) -> tuple[str, ...]:
    """Why a plan from a file is not valid for this inventory at this time, one sentence each."""
    theirs, ours = ascii(plan.organization)[1:-1], inventory.organization.name
    rules = (
        (
            theirs.lower() != ours.lower(),
            f"the plan is of the organization {theirs}, the inventory of {ours}: make a new one",
        ),
        (
            plan.inventory_fingerprint != inventory.fingerprint,
            "the plan was made with another inventory: make a new one with this inventory",
        ),
        (now >= plan.expires_at, f"the plan expired at {plan.expires_at:%Y-%m-%d %H:%M %Z}: make a new one"),
        (
            plan.made_at - now > CLOCK_TOLERANCE,
            f"the plan was made at {plan.made_at:%Y-%m-%d %H:%M %Z}, which is still to come: look at the clocks",
        ),
        (
            plan.expires_at - plan.made_at > LIFETIME,
            f"the plan holds for more than {LIFETIME // timedelta(hours=1)} hours, so it was edited: make a new one",
        ),
    )
    return tuple(sentence for broken, sentence in rules if broken)


def _servers_twice(plan: Plan) -> str:
    counts = Counter(step.server for step in plan.steps)
    return ", ".join(server for server, count in counts.items() if count > 1)


def _not_the_verdict(shown: Step, checked: Mapping[str, CheckedServer]) -> Refusal | None:
    """A repair for another diagnosis could do harm today."""
    server, found = ascii(shown.server)[1:-1], checked.get(shown.server)
    if found is None:
        return Refusal(server, "this run did not check it", "make a new plan")
    for repair in shown.repairs:
        now = diagnosis_of(found, repair.kb)
        if now != repair.diagnosis:
            reason = f"its diagnosis is {now} now, the plan was made for {ascii(repair.diagnosis)[1:-1]}"
            return Refusal(server, reason, "make a new plan")
    return None


def _with_controls_of(shown: Step, now: Step) -> Step:
    """The step made now, with the controls of both; their repairs differ only in the controls."""
    if shown.controls == now.controls:
        return now
    pairs = zip(shown.repairs, now.repairs, strict=True)
    repairs = (replace(one, controls=tuple(dict.fromkeys(one.controls + old.controls))) for old, one in pairs)
    return replace(now, repairs=tuple(repairs))


def _without_circumstances(step: dict[str, Any]) -> dict[str, Any]:
    """The step without the parts that may differ although nobody edited it."""
    chosen = [("DomainController", known["domain_controller"]) for known in step["preconditions"]]

    def without_controller(action: dict[str, Any]) -> dict[str, Any]:
        given = action.get("parameters")
        if not given:
            return action
        return action | {"parameters": {name: value for name, value in given.items() if (name, value) not in chosen}}

    return step | {
        "preconditions": [known | {"domain_controller": None} for known in step["preconditions"]],
        "repairs": [repair | {"controls": []} for repair in step["repairs"]],
        "actions": [without_controller(action) for action in step["actions"]],
    }


def _differences(shown: dict[str, Any], now: dict[str, Any], where: str = "") -> Iterator[str]:
    """What differs in the file, a few words each. True is not equal to 1; text of the file is never shown unchanged."""
    for key, value in now.items():
        there, here = _canonical(shown.get(key)), _canonical(value)
        if there == here:
            continue
        if key == "actions" and len(shown[key]) == len(value):
            for number, (old, new) in enumerate(zip(shown[key], value, strict=True), 1):
                yield from _differences(old, new, f"action {number}: ")
        elif key == "actions":
            yield f"it has {len(shown[key])} actions, now {len(value)}"
        else:
            yield f"{where}{key} is {there[:_LONGEST_VALUE]}, now {here[:_LONGEST_VALUE]}"


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)
