"""What the fixer reads, changes and reads again: one value of one object of a server. Pure, but for what it is given.

A `Setting` is declared by name, by the room of a KB or by you; plans and journals name it. Nothing is changed that
cannot be read: by its setting an action is compared with the plan, proved, given back, and resumed after a crash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from moveready.errors import FixError
from moveready.evidence.subject import origin_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moveready.evidence.mrsproxy_endpoint import EndpointAnswer
    from moveready.evidence.questions import Channel, CmdletAnswer, Pipeline
    from moveready.inventory import Server

Value = str | bool
"""What a setting may read; it stands in plans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A setting as it was read.

    Attributes:
        where: The identity of the object that has it.
        value: What it reads.
        domain_controller: Which gave it, and is to be asked and written again; None where there is none to name.
        evidence: What it was read from, by the name of the subject; reports show it.
    """

    where: str
    value: Value
    domain_controller: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


class Asking(Protocol):
    """What a setting may ask of a server. Both raise `EvidenceError`."""

    def ask(self, server: Server, channel: Channel, question: Pipeline) -> CmdletAnswer:
        """The answer of the Windows endpoint, whose computer has said that it is the server, or of the Exchange one."""

    def endpoint(self, server: Server) -> EndpointAnswer:
        """What MRSProxy's endpoint answers after login."""


class Setting(Protocol):
    """One value of one object of a server.

    Attributes:
        name: By which plans name it; what Microsoft calls it, where that has a name.
        rights: What the account lacks where the change is refused, one sentence.
    """

    name: str
    rights: str

    def read(self, server: Server, asking: Asking, where: str | None, domain_controller: str | None, /) -> Reading:
        """What it reads now; raises `EvidenceError`.

        Args:
            server: Whose it is; an object of another server is an error.
            asking: With which it is asked.
            where: The object's identity; None where it is still to be found.
            domain_controller: Which is to be asked; None leaves that to Exchange.
        """


_DECLARED: dict[str, Setting] = {}


def declare_setting(setting: Setting) -> Setting:
    """Make a setting known by its name; raises `ValueError` where another one has it.

    Its module may be imported anew: then it replaces its own older one.
    """
    known = _DECLARED.get(setting.name)
    if known is not None and origin_of(type(known)) != origin_of(type(setting)):
        raise ValueError(f"a setting {setting.name} exists: {type(known).__name__}")
    _DECLARED[setting.name] = setting
    return setting


def setting_named(name: str) -> Setting:
    """The setting of that name; raises `FixError` where none is declared."""
    if name not in _DECLARED:
        raise FixError(
            name, "no setting of this name is known", "Name the file that declares it with -p, then try again."
        )
    return _DECLARED[name]
