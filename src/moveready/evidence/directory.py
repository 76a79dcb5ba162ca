"""The flag: what Active Directory says of each server's EWS directory.

One question reads the whole organization: `-ADPropertiesOnly` does not touch any server's IIS. A missing object is
never read as False (KB 3063913, cause 1). An object is a server's own by three of its properties: the host in
`MetabasePath`, `Server`, and the name before the backslash in `Identity`; if they disagree, the flag is used for no
server.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from moveready.errors import MissingObjectError, UnexpectedAnswerError
from moveready.evidence.clixml import RemoteObject, object_from
from moveready.evidence.questions import Channel, Cmdlet, Pipeline
from moveready.evidence.subject import OrganizationSubject, declare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from moveready.evidence.questions import CmdletAnswer
    from moveready.inventory import Server

_READ = Cmdlet("Get-WebServicesVirtualDirectory", ADPropertiesOnly=None)
_ENDS_A_TEXT = re.compile(r'["$`\u201c\u201d\u201e\x00-\x1f]')
"""Characters with a meaning inside double quotes of PowerShell, which also accepts three typographic quotes."""
_NEEDED = ("Identity", "Server", "MRSProxyEnabled", "MetabasePath", "AdminDisplayVersion")
_KEPT = frozenset({*_NEEDED, "OriginatingServer"})
ASK_WHOLE_DIRECTORIES = Pipeline.of(_READ)
"""For endpoints that refuse `Select-Object`: the same, with every property (about 43 KB an object)."""
ASK_DIRECTORIES = Pipeline.of(_READ, Cmdlet("Select-Object", Property=_NEEDED), fallback=ASK_WHOLE_DIRECTORIES)

_DEFAULT_SITE = re.compile(r"IIS://(?P<host>[^/]+)/W3SVC/1/ROOT/EWS", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class EwsDirectory:
    """`EWS (Default Web Site)` of one server, as Active Directory has it."""

    server: str
    identity: str
    mrsproxy_enabled: bool
    version: str
    question: str
    asked_at: datetime

    def message(self, wanted: bool) -> str:
        """One sentence: what the flag is, and what it should be."""
        return (
            f"MRSProxyEnabled of {self.identity} is {self.mrsproxy_enabled}, should be {wanted}"
            f" while the phase is {'moving' if wanted else 'idle'}."
        )


class DirectoryListing:
    """The EWS virtual directories of an organization, as one Exchange server read them."""

    def __init__(self, answer: CmdletAnswer) -> None:
        """Read the objects of the answer; raises `UnexpectedAnswerError` where one of them is no object."""
        # The objects are large, so only the needed properties are kept.
        self._answer = replace(answer, objects=())
        try:
            self._found, self._nameless = _by_server(object_from(clixml, _KEPT) for clixml in answer.objects)
        except ValueError as error:
            raise self._unreadable(answer.server, str(error)) from None

    def of(self, server: Server) -> EwsDirectory:
        """The one EWS directory of the server.

        Raises:
            MissingObjectError: The directory has none for this server.
            UnexpectedAnswerError: There are several, it belongs to another server, or a property cannot be read.
        """
        try:
            return self._evidence_of(server, self._only(server))
        except ValueError as error:
            raise self._unreadable(server.name, str(error)) from None

    def hosts(self) -> frozenset[str]:
        """The FQDNs of all servers with an EWS directory, in lower case, as far as they are told."""
        return frozenset(name for name in self._found if "." in name)

    def domain_controller_of(self, server: Server) -> str | None:
        """The domain controller that the server's object came from, if the answer says it."""
        try:
            return self._only(server).text("OriginatingServer") or None
        except ValueError:
            return None

    def _only(self, server: Server) -> RemoteObject:
        by_either_name = self._found.get(server.name, []) + self._found.get(server.netbios.lower(), [])
        found = tuple({id(candidate): candidate for candidate in by_either_name}.values())
        if not found:
            raise MissingObjectError(
                server.name,
                self._asked(),
                f"Active Directory has no EWS virtual directory of the default web site for {server.netbios}"
                + "".join(f" ({error.message})" for error in self._answer.errors[:1])
                + (f" ({self._nameless} object(s) that name no server may be its own)" if self._nameless else ""),
                "Is the name right, and is it an Exchange server of this organization?"
                f' See: Get-WebServicesVirtualDirectory -ADPropertiesOnly -Server "{server.netbios}"',
            )
        if len(found) > 1:
            raise ValueError(f"{len(found)} virtual directories answer to {server.netbios}, one was expected")
        return found[0]

    def _evidence_of(self, server: Server, directory: RemoteObject) -> EwsDirectory:
        host, short = _host_of(directory), directory.text("Server")
        if host != server.name or short.lower() != server.netbios.lower():
            raise ValueError(f"Active Directory calls it {short} at {host}; write that name into the inventory")
        return EwsDirectory(
            server=server.name,
            identity=own_identity(server, directory),
            mrsproxy_enabled=directory.boolean("MRSProxyEnabled"),
            version=directory.text("AdminDisplayVersion"),
            question=self._answer.question,
            asked_at=self._answer.asked_at,
        )

    def _asked(self) -> str:
        return f"{Channel.EXCHANGE.value} of {self._answer.server}"

    def _unreadable(self, server: str, happened: str) -> UnexpectedAnswerError:
        return UnexpectedAnswerError(
            server,
            self._asked(),
            f"the virtual directory cannot be judged: {happened}",
            "The flag is unknown until this is cleared; ask again, then look at the object in the Exchange shell.",
        )


def own_identity(server: Server, directory: RemoteObject) -> str:
    """The identity of the server's own directory; people paste it as part of a command.

    Raises:
        ValueError: It belongs to another server, or has a character that could end the text there or begin another
        command.
    """
    identity = directory.text("Identity")
    if _ENDS_A_TEXT.search(identity):
        raise ValueError(f"its Identity is {identity!a}, which must not be part of a command")
    if identity.partition("\\")[0].lower() != server.netbios.lower():
        raise ValueError(f"its Identity is {identity}, which is not {server.netbios}'s")
    return identity


EWS_DIRECTORY = declare(
    OrganizationSubject(
        name="ews_directory",
        type=EwsDirectory,
        ask=lambda _: (ASK_DIRECTORIES,),
        read=DirectoryListing,
        pick=DirectoryListing.of,
        seen=DirectoryListing.hosts,
    )
)


def _by_server(directories: Iterable[RemoteObject]) -> tuple[Mapping[str, list[RemoteObject]], int]:
    """The default sites' EWS directories by each name of their server, in lower case; and how many name no server.

    One broken object must not cost the evidence of all other servers: only its own server has none then. So it counts
    for the server that it claims to be of, even if nothing else of it may be judged.
    """
    found: defaultdict[str, list[RemoteObject]] = defaultdict(list)
    nameless = 0
    for directory in directories:
        path, short = directory.claimed("MetabasePath"), directory.claimed("Server")
        site = _DEFAULT_SITE.fullmatch(path) if path is not None else None
        nameless += path is None and short is None
        if path is None or site:
            for name in filter(None, {short and short.lower(), site and site["host"].lower()}):
                found[name].append(directory)
    return dict(found), nameless


def _host_of(directory: RemoteObject) -> str:
    path = directory.text("MetabasePath")
    match = _DEFAULT_SITE.fullmatch(path)
    if match is None:
        raise ValueError(f"{path} is not the EWS directory of a default web site")
    return match["host"].lower()
