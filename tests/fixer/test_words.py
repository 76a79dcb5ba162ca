"""Plans and failures in words: on the terminal, and on the page."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from moveready.errors import FixError
from moveready.fixer.plan import Refusal
from moveready.fixer.words import counts_text, failure_text, plan_html, plan_text

if TYPE_CHECKING:
    from tests.fixer.conftest import Kit

REFUSAL = Refusal("ex06.contoso.com", "its diagnosis is `blocked <in front>`", "let it through")
BY_HAND = Refusal("ex01.contoso.com", "its service is disabled", "ask who did it")


def test_text_has_every_action_in_order(kit: Kit) -> None:
    """With its number; what is refused stands below, with what to do."""
    plan = replace(kit.plan(kit.step("toggle")), refusals=(REFUSAL,), by_hand=(BY_HAND,))
    lines = plan_text(plan, 200).splitlines()

    assert lines[0] == f"Fix plan {plan.fingerprint}: 1 server(s) to repair, 1 refused"
    assert lines[1] == "  ex01.contoso.com: stale -> remedy toggle, MRSProxyEnabled reads True (restarts)"
    assert [line[:7] for line in lines[2:7]] == [f"    {number}. " for number in range(1, 6)]
    assert lines[-1] == "  ex01.contoso.com: by hand: its service is disabled: ask who did it"
    assert lines[-2] == (
        "  ex06.contoso.com: refused: its diagnosis is `blocked <in front>`. What to do: let it through"
    )


def test_a_step_says_that_it_does_not_restart(kit: Kit) -> None:
    """People look for that."""
    assert "(no restart)" in plan_text(kit.plan(kit.step("enable-without-restart")), 200)


def test_text_keeps_to_the_width(kit: Kit) -> None:
    """Long words, such as names, are not cut."""
    lines = plan_text(kit.plan(kit.step("toggle", drain=True)), 60).splitlines()

    assert max(map(len, lines)) <= 60
    assert "Set-WebServicesVirtualDirectory" in " ".join(lines)


def test_page_escapes_what_it_shows(kit: Kit) -> None:
    """Names and reasons come from elsewhere."""
    page = plan_html(replace(kit.plan(kit.step("enable")), refusals=(REFUSAL,)))

    assert "blocked &lt;in front&gt;" in page
    assert page.count("<code>") == 3


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FixError("ex01", "it broke", "Look."), "ex01: it broke. Look."),
        (KeyboardInterrupt(), "stopped on request."),
        (
            OSError(errno.ENOSPC, "No space left on device", "j.jsonl"),
            "a file of this machine cannot be written: j.jsonl (No space left on device). Make room, then check again.",
        ),
        (KeyError("x"), "moveready failed on it (KeyError: 'x'). Please report this line."),
    ],
    ids=["ours", "stop", "disk", "bug"],
)
def test_failures_are_told_in_sentences(error: BaseException, told: str) -> None:
    """What happened, and what to do."""
    assert failure_text(error) == told


def test_counts_are_explained_where_something_was_checked_twice() -> None:
    """And only there."""
    assert counts_text(0) == ""
    assert counts_text(3).startswith("3 before the fix: ")
