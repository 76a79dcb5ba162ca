"""Which host is tried when, and that one alone goes on; the wire itself is in test_exchange.py."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from moveready.errors import UnreachableError
from moveready.inventory import Auth, Credential, ExchangeHost, Secret
from moveready.remoting.deadline import Deadline
from moveready.remoting.race import Race

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.evidence.questions import CmdletAnswer

    CmdletAnswered = Callable[..., CmdletAnswer]

GONE = UnreachableError("ex", "Exchange endpoint", "no connection", "Look.")


@dataclass
class Script:
    """What each host does when it is asked, and who was asked in which order."""

    acts: dict[str, Callable[[Deadline], CmdletAnswer]]
    asked: list[str] = field(default_factory=list)

    def ask(self, host: ExchangeHost, deadline: Deadline) -> CmdletAnswer:
        """Play the host's part."""
        self.asked.append(host.name)
        deadline.asked()
        return self.acts[host.name](deadline)


def host_named(name: str, auth: Auth = Auth.NTLM) -> ExchangeHost:
    """An Exchange host."""
    return ExchangeHost(name, Credential("admin", auth, "svc", Secret("secret")))


def refuses(_: Deadline) -> CmdletAnswer:
    """Fail at once."""
    raise GONE


def test_a_failure_starts_the_next_at_once(cmdlet_answer: CmdletAnswered) -> None:
    """And whoever answers is the last that is asked."""
    script = Script({"a": refuses, "b": lambda _: cmdlet_answer("b"), "c": refuses})

    told = Race([host_named(name) for name in "abc"], script.ask, lambda: Deadline(60)).answer()
    assert (told.objects, script.asked) == (("b",), ["a", "b"])


def test_who_speaks_second_is_cut(cmdlet_answer: CmdletAnswered) -> None:
    """Before it goes on."""
    b_spoke, over = threading.Event(), list[bool]()

    def slow(deadline: Deadline) -> CmdletAnswer:
        assert b_spoke.wait(30)
        deadline.heard()
        over.append(deadline.is_over)
        raise GONE

    def quick(deadline: Deadline) -> CmdletAnswer:
        deadline.heard()
        b_spoke.set()
        over.append(deadline.is_over)
        _await(lambda: len(over) == 2)
        return cmdlet_answer("b")

    told = Race([host_named("a"), host_named("b")], Script({"a": slow, "b": quick}).ask, lambda: Deadline(60, 1))
    assert told.answer().objects == ("b",)
    assert sorted(over) == [False, True]


@pytest.mark.parametrize("basic", ["a", "b"])
def test_a_host_with_basic_authentication_is_asked_alone(basic: str, cmdlet_answer: CmdletAnswered) -> None:
    """Its first request may open a session already, so silence beside it starts nobody."""
    script = Script({})
    hosts = [host_named(name, Auth.BASIC if name == basic else Auth.NTLM) for name in "ab"]

    def silent(_: Deadline) -> CmdletAnswer:
        threading.Event().wait(0.5)
        assert script.asked == ["a"]
        raise GONE

    script.acts |= {"a": silent, "b": lambda _: cmdlet_answer("b")}
    assert Race(hosts, script.ask, lambda: Deadline(60, 1)).answer().objects == ("b",)


def test_what_is_no_failure_of_a_host_passes() -> None:
    """A mistake of our own is not taken for a host that does not answer."""

    def wrong(_: Deadline) -> CmdletAnswer:
        raise KeyError("surprise")

    with pytest.raises(KeyError):
        Race([host_named("a")], Script({"a": wrong}).ask, lambda: Deadline(60)).answer()


def _await(condition: Callable[[], object]) -> None:
    waiting = threading.Event()
    for _ in range(3000):
        if condition():
            return
        waiting.wait(0.01)
    raise AssertionError
