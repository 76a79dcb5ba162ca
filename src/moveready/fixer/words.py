"""Plans and failures as text, for the terminal and for the page. Pure."""

from __future__ import annotations

import functools
import textwrap
from html import escape
from typing import TYPE_CHECKING

from moveready.errors import MovereadyError

if TYPE_CHECKING:
    from moveready.fixer.plan import Plan, Step


def plan_text(plan: Plan, width: int) -> str:
    """The plan as text: what is done on which server, then what is refused and what to do about it."""
    wrapped = functools.partial(textwrap.fill, width=width, subsequent_indent="    ", break_long_words=False)
    lines = [_headline(plan)]
    for step in plan.steps:
        lines.append(wrapped(f"  {_step_line(step)}"))
        lines += [wrapped(f"    {number}. {action.text}") for number, action in enumerate(step.actions, 1)]
    lines += [wrapped(f"  {line}") for line in _lines_of_others(plan)]
    return "\n".join(lines)


def plan_html(plan: Plan) -> str:
    """The same as a fragment of HTML, everything escaped."""
    steps = "".join(
        f"<li><strong>{escape(_step_line(step))}</strong><ol>"
        + "".join(f"<li><code>{escape(action.text)}</code></li>" for action in step.actions)
        + "</ol></li>"
        for step in plan.steps
    )
    others = "".join(f"<li>{escape(line)}</li>" for line in _lines_of_others(plan))
    return f"<section class='moveready-plan'><h2>{escape(_headline(plan))}</h2><ul>{steps}{others}</ul></section>"


def failure_text(error: BaseException) -> str:
    """What went wrong, in whole sentences for people."""
    if isinstance(error, MovereadyError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "stopped on request."
    if isinstance(error, OSError):
        file = f" {error.filename}" if error.filename else ""
        return (
            f"a file of this machine cannot be written:{file} ({error.strerror or error}). Make room, then check again."
        )
    return f"moveready failed on it ({type(error).__name__}: {error}). Please report this line."


def counts_text(set_aside: int) -> str:
    """Why pytest counts once a check that was called twice; "" if there is none."""
    if not set_aside:
        return ""
    return f"{set_aside} before the fix: checks that were called again after it. Their second outcome is what counts."


def _headline(plan: Plan) -> str:
    return f"Fix plan {plan.fingerprint}: {len(plan.steps)} server(s) to repair, {len(plan.refusals)} refused"


def _step_line(step: Step) -> str:
    repairs = "; ".join(f"{repair.diagnosis} -> remedy {repair.remedy}" for repair in step.repairs)
    read = "".join(f", {known.setting} reads {known.value}" for known in step.preconditions)
    return f"{step.server}: {repairs}{read} ({'restarts' if step.restarts else 'no restart'})"


def _lines_of_others(plan: Plan) -> list[str]:
    """What is not repaired: servers that are refused, and findings that no remedy repairs."""
    refused = [f"{other.server}: refused: {other.reason}. What to do: {other.hint}" for other in plan.refusals]
    return refused + [f"{other.server}: by hand: {other.reason}: {other.hint}" for other in plan.by_hand]
