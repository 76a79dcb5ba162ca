"""Where a conversation is, as messages name it."""

from __future__ import annotations

from moveready.remoting.steps import Step, Steps


def test_each_step_lasts_until_the_next() -> None:
    """A failure finds the last one that began."""
    steps = Steps()
    seen = [str(steps)]
    steps.task = "while opening the session"
    for step in Step:
        steps.begin(step)
        seen.append(str(steps))
    steps.answered()

    assert seen == ["", "while connecting", "in the TLS handshake", "during the login"]
    assert str(steps) == "while opening the session"


def test_a_lost_connection_begins_again() -> None:
    """Whatever the server was at."""
    steps = Steps()
    steps.task = "asking `Get-Service`"
    steps.answered()
    steps.begin(Step.CONNECT)

    assert str(steps) == "while connecting"
