"""Settings, which the fixer reads, changes and reads again: one value of one object of a server. Does no I/O itself.

A `Setting` is declared by name, by the package of a KB or by you; plans and journals use this name. Nothing is changed
that cannot be read: the value is compared with the plan, proves that an action worked, and decides what to give back,
and what to do after a crash.
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
"""The types of a setting's value, which is written in plans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A setting as it was read.

    Attributes:
        where: The identity of the object that has it.
        value: What it reads.
        domain_controller: The one that gave the value and will be read and written again; None if none is named.
        evidence: The evidence it was read from, by the name of the subject, for reports.
    """

    where: str
    value: Value
    domain_controller: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


class Asking(Protocol):
    """How a setting may ask a server. Both methods raise `EvidenceError`."""

    def ask(self, server: Server, channel: Channel, question: Pipeline) -> CmdletAnswer:
        """The answer of that endpoint; on the Windows endpoint, the computer first confirms that it is the server."""

    def endpoint(self, server: Server) -> EndpointAnswer:
        """What MRSProxy's endpoint answers after login."""


class Setting(Protocol):
    """One value of one object of a server.

    Attributes:
        name: Its name in plans; Microsoft's name for it, if there is one.
        rights: The right that is missing if the change is refused, one sentence.
    """

    name: str
    rights: str

    def read(self, server: Server, asking: Asking, where: str | None, domain_controller: str | None, /) -> Reading:
        """Its present value; raises `EvidenceError`.

        Args:
            server: The server; an object of another server is an error.
            asking: Asks the server.
            where: The object's identity; None if it must still be found.
            domain_controller: The one to ask; None lets Exchange choose.
        """


_DECLARED: dict[str, Setting] = {}


def declare_setting(setting: Setting) -> Setting:
    """Register a setting by its name; raises `ValueError` if another one has the name.

    If its module is imported again, the new setting replaces the old one.
    """
    known = _DECLARED.get(setting.name)
    if known is not None and origin_of(type(known)) != origin_of(type(setting)):
        raise ValueError(f"a setting {setting.name} exists: {type(known).__name__}")
    _DECLARED[setting.name] = setting
    return setting


def setting_named(name: str) -> Setting:
    """The setting of that name; raises `FixError` if none is declared."""
    if name not in _DECLARED:
        raise FixError(
            name, "no setting of this name is known", "Name the file that declares it with -p, then try again."
        )
    return _DECLARED[name]
