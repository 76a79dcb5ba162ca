"""The settings of IIS for logins to EWS: Windows authentication and Extended Protection, read through Exchange.

Only a read that asks the server's IIS has these values (documented): with `-ADPropertiesOnly` they are defaults. Such a
read takes seconds on a LAN and minutes over a WAN, so each server of the inventory is asked by its name, and never the
whole organization. That the values are those of IIS is inferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from moveready.errors import MissingObjectError, UnexpectedAnswerError
from moveready.evidence.clixml import RemoteObject, object_from
from moveready.evidence.directory import own_identity
from moveready.evidence.questions import Channel, Cmdlet, Pipeline
from moveready.evidence.subject import Scope, ServerSubject, declare

if TYPE_CHECKING:
    from moveready.evidence.questions import CmdletAnswer
    from moveready.evidence.subject import Context
    from moveready.inventory import Server

_NEEDED = ("Identity", "MetabasePath", "WindowsAuthentication", "ExtendedProtectionTokenChecking")


class TokenChecking(Enum):
    """The values of `ExtendedProtectionTokenChecking`."""

    NONE = "None"
    ALLOW = "Allow"
    REQUIRE = "Require"


@dataclass(frozen=True, slots=True, kw_only=True)
class EwsLogin:
    """The login settings of `EWS (Default Web Site)` of one server."""

    server: str
    identity: str
    windows_authentication: bool
    extended_protection: TokenChecking
    question: str
    asked_at: datetime

    @property
    def requires_bindings(self) -> bool:
        """Whether Extended Protection is stricter than Microsoft supports for EWS."""
        return self.extended_protection is TokenChecking.REQUIRE

    def windows_message(self) -> str:
        """One sentence: what Windows authentication is, and what it should be."""
        return f"WindowsAuthentication of {self.identity} is {self.windows_authentication}, should be True."

    def protection_message(self) -> str:
        """One sentence: what Extended Protection is, and what it should be."""
        found = self.extended_protection.value
        return f"Extended Protection of {self.identity} is {found}, should be Allow or None."


def ask_login(server: Server, _: Context) -> tuple[Pipeline]:
    """The question about one server; if `Select-Object` is refused, every property is asked for."""
    read = Cmdlet("Get-WebServicesVirtualDirectory", Server=server.name)
    return (Pipeline.of(read, Cmdlet("Select-Object", Property=_NEEDED), fallback=Pipeline.of(read)),)


def read_login(server: Server, _: Context, answer: CmdletAnswer) -> EwsLogin:
    """The settings of the server's own directory.

    Raises:
        MissingObjectError: Exchange gave none; most often because the server's IIS did not answer Exchange.
        UnexpectedAnswerError: There are several, it belongs to another server, or a property cannot be read.
    """
    try:
        found = _only(server, answer)
        return EwsLogin(
            server=server.name,
            identity=own_identity(server, found),
            windows_authentication=found.boolean("WindowsAuthentication"),
            extended_protection=TokenChecking(found.text("ExtendedProtectionTokenChecking")),
            question=answer.question,
            asked_at=answer.asked_at,
        )
    except ValueError as error:
        raise UnexpectedAnswerError(
            server.name, _asked(answer), f"the login settings cannot be judged: {error}", f"Type: {answer.question}"
        ) from None


EWS_LOGIN = declare(
    ServerSubject(name="ews_login", type=EwsLogin, scope=Scope.EXCHANGE, ask=ask_login, read=read_login)
)


def _only(server: Server, answer: CmdletAnswer) -> RemoteObject:
    path = f"IIS://{server.name}/W3SVC/1/ROOT/EWS".lower()
    read = [object_from(clixml, _NEEDED) for clixml in answer.objects]
    found = [directory for directory in read if directory.text("MetabasePath").lower() == path]
    if not found:
        raise MissingObjectError(
            server.name,
            _asked(answer),
            f"Exchange gave no EWS virtual directory of the default web site for {server.netbios}"
            + "".join(f" ({error.message})" for error in answer.errors[:1]),
            f"Exchange asks the server's IIS for it, over RPC: may it, and does IIS run there? See: {answer.question}",
        )
    if answer.errors:
        # If a part of the read fails, the cmdlet gives a default instead of the missing value (inferred).
        raise ValueError(f"it came with an error: {answer.errors[0].message}")
    if len(found) > 1:
        raise ValueError(f"{len(found)} virtual directories are at {path}, one was expected")
    return found[0]


def _asked(answer: CmdletAnswer) -> str:
    return f"{Channel.EXCHANGE.value} of {answer.server}"
