"""How arguments are bound, and what goes wrong there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from moveready.lab.cmdlets.binding import (
    Category,
    CmdletContext,
    Flow,
    SimulatedCmdlet,
    TerminatingError,
    not_recognized,
    null_not_allowed,
    run_command,
    scripts_not_allowed,
)
from moveready.lab.pipeline import Command, ErrorRecord

MakeBench = Callable[..., Any]
PROBLEM = ErrorRecord("m", "e", 0, "id")


def run(bench: MakeBench, cmdlet: SimulatedCmdlet, *parameters: tuple[str | None, object]) -> Flow:
    """Run the cmdlet with these arguments."""
    lab = bench()
    world = CmdletContext(lab.organization, lab.server, lab.now)
    return run_command(cmdlet, Command(cmdlet.name, parameters), (), world)


def refusal(bench: MakeBench, cmdlet: SimulatedCmdlet, *parameters: tuple[str | None, object]) -> str:
    """The id of the error that these arguments give."""
    with pytest.raises(TerminatingError) as caught:
        run(bench, cmdlet, *parameters)
    return caught.value.record.error_id


def cmdlet_that(run: Callable[..., Flow], *parameters: str, **more: Any) -> SimulatedCmdlet:
    """A cmdlet that does this."""
    return SimulatedCmdlet("Get-It", "Kind", parameters, run, **more)


def test_names_have_no_case_and_positions_an_order(bench: MakeBench) -> None:
    """An argument without a name goes to the next positional parameter."""
    cmdlet = cmdlet_that(lambda call: Flow((call.text("A"), call.text("B"))), "A", "B", positional=("A", "B"))

    assert run(bench, cmdlet, (None, "x"), (None, "y")).objects == ("x", "y")
    assert run(bench, cmdlet, ("b", "y")).objects == (None, "y")


def test_what_the_cmdlet_does_not_know_is_refused(bench: MakeBench) -> None:
    """In the lab's own name: the real cmdlet may know it."""
    cmdlet = cmdlet_that(lambda _: Flow(), "A")

    assert refusal(bench, cmdlet, ("C", 1)) == "MovereadyLabNotSimulated"
    assert refusal(bench, cmdlet, (None, 1)) == "MovereadyLabNotSimulated"


def test_what_is_mandatory_must_be_there(bench: MakeBench) -> None:
    """Nobody is there to be asked for it."""
    assert refusal(bench, cmdlet_that(lambda _: Flow(), "A", mandatory=("A",))) == "MissingMandatoryParameter,Kind"


@pytest.mark.parametrize(("value", "is_on"), [(True, True), (None, True), (False, False)])
def test_a_switch_without_a_value_is_on(bench: MakeBench, value: object, is_on: bool) -> None:
    """Clients send a switch as True or without a value."""
    cmdlet = cmdlet_that(lambda call: Flow((call.switch("A"), call.switch("B"))), "A", "B")

    assert run(bench, cmdlet, ("A", value)).objects == (is_on, False)


def test_a_single_text_is_a_list_of_one(bench: MakeBench) -> None:
    """PowerShell makes an array of what is none."""
    cmdlet = cmdlet_that(lambda call: Flow(tuple("+".join(call.texts(name)) for name in "ABC")), "A", "B", "C")

    assert run(bench, cmdlet, ("A", "x"), ("B", ["x", "y"])).objects == ("x", "x+y", "")


def test_booleans_are_not_guessed(bench: MakeBench) -> None:
    """A text is no boolean, as in PowerShell; absent is neither."""
    cmdlet = cmdlet_that(lambda call: Flow((call.boolean("A"),)), "A")

    assert run(bench, cmdlet, ("A", False)).objects == (False,)
    assert run(bench, cmdlet).objects == (None,)
    assert refusal(bench, cmdlet, ("A", "false")) == "CannotConvertArgumentNoMessage,Kind"


@pytest.mark.parametrize("value", ["many", 0, True, None])
def test_numbers_are_whole_and_above_zero(bench: MakeBench, value: object) -> None:
    """-MaxEvents 0 is no wish."""
    cmdlet = cmdlet_that(lambda call: Flow((call.number("A"),)), "A")

    assert run(bench, cmdlet, ("A", 2)).objects == (2,)
    assert run(bench, cmdlet).objects == (None,)
    assert refusal(bench, cmdlet, ("A", value)) == "CannotConvertArgumentNoMessage,Kind"


@pytest.mark.parametrize(("action", "told"), [("Continue", 1), ("SilentlyContinue", 0), ("ignore", 0)])
def test_error_action_decides_about_other_errors(bench: MakeBench, action: str, told: int) -> None:
    """Objects come in every case."""
    flow = run(bench, cmdlet_that(lambda _: Flow((1,), (PROBLEM,))), ("ErrorAction", action))

    assert (flow.objects, len(flow.errors)) == ((1,), told)


def test_error_action_stop_ends_the_pipeline(bench: MakeBench) -> None:
    """The first error becomes the failure; without one, nothing ends."""
    assert refusal(bench, cmdlet_that(lambda _: Flow((1,), (PROBLEM,))), ("ErrorAction", "Stop")) == "id"
    assert run(bench, cmdlet_that(lambda _: Flow((1,))), ("ErrorAction", "Stop")).objects == (1,)


def test_a_program_takes_texts_only(bench: MakeBench) -> None:
    """Arguments of a program are handed on as they stand."""
    program = cmdlet_that(lambda call: Flow(call.texts("arguments")), is_program=True)

    assert run(bench, program, (None, "/noforce"), ("x", None)).objects == ("/noforce", "-x")


def test_standard_errors_have_powershells_ids_and_categories(bench: MakeBench) -> None:
    """Clients tell errors apart by id and category, never by the message."""
    assert not_recognized("x").category == Category.OBJECT_NOT_FOUND
    assert scripts_not_allowed("x").category == Category.PARSER_ERROR

    def fail(call: Any) -> Flow:
        raise null_not_allowed(call, "Identity")

    assert refusal(bench, cmdlet_that(fail)) == "ParameterArgumentValidationErrorNullNotAllowed,Kind"
