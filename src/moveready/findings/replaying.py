"""A recorded run as the facts that it was judged on, so that they can be judged again. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from moveready import errors
from moveready.collection.answers import Asking
from moveready.collection.recorded import RecordedCollector
from moveready.errors import EvidenceError, InternalError, Place
from moveready.evidence import Facts, declared
from moveready.inventory import Auth, Credential, Inventory, Organization, Phase, Server, Tls

if TYPE_CHECKING:
    from moveready.evidence import Missing, Subject
    from moveready.findings.outcomes import CheckedServer, MissingFact, Run

_FIELDS = 4
"""Of an `EvidenceError`; an `InternalError` has the first two."""
_NOBODY = Credential("nobody", Auth.KERBEROS)
"""Nobody logs in anywhere when a record is judged."""


def inventory_of(run: Run) -> Inventory:
    """The servers of the recorded run, with its waivers; nothing of it can be asked."""
    return Inventory(
        Organization(run.organization, ()),
        tuple(map(_server_from, run.servers)),
        (Path(run.inventory),),
        run.scope.fingerprint,
        waivers=tuple(use.waiver for use in run.waivers),
    )


def recorded_collector(run: Run) -> RecordedCollector:
    """The recorded answers, in place of the servers."""
    facts: dict[str, dict[str, object]] = {}
    askings: dict[tuple[str, str], Asking] = {}
    subjects = {subject.name: subject for subject in declared()}
    for outcome in run.outcomes:
        own = facts.setdefault(outcome.server, {})
        own.update({name: _missing_from(record) for name, record in outcome.missing.items()})
        own.update(_evidence_in(outcome.evidence, subjects, outcome.server))
        if outcome.asked_at:
            names = (*outcome.evidence, *outcome.missing)
            askings.update({(name, outcome.server): Asking(outcome.asked_at, outcome.seconds) for name in names})
    seen = {server.name for server in run.servers} | set(run.unlisted or ())
    known = {server: Facts(own) for server, own in facts.items()}
    return RecordedCollector(known, askings, () if run.unlisted is None else seen)


def _server_from(checked: CheckedServer) -> Server:
    return Server(
        name=checked.name,
        credential=_NOBODY,
        place=Place(Path(checked.file), checked.line),
        group=checked.group,
        site=checked.site,
        pool=checked.pool,
        phase=Phase(checked.phase),
        tls=Tls(verify=checked.verified),
    )


def _evidence_in(recorded: dict[str, Any], subjects: dict[str, Subject[Any]], server: str) -> dict[str, object]:
    """The evidence on the subjects that are known here; what another version has written may be unreadable."""
    found: dict[str, object] = {}
    for name, plain in recorded.items():
        if name in subjects:
            try:
                evidence = subjects[name].evidence_from(plain)
                found[name] = (
                    evidence if _is_about(evidence, server) else _unusable(server, name, "is about another server")
                )
            except ValidationError:
                found[name] = _unusable(server, name, "cannot be read by this version of moveready")
    return found


def _is_about(evidence: object, server: str) -> bool:
    """Whether it is this server's; evidence that names no server cannot tell."""
    return getattr(evidence, "server", server) == server


def _unusable(server: str, subject: str, reason: str) -> EvidenceError:
    return EvidenceError(server, "the recorded run", f"its `{subject}` {reason}", "Run the checks again.")


def _missing_from(record: MissingFact) -> Missing:
    """The same error again; of a kind that is not known here, the general one."""
    kind: object = getattr(errors, record.kind, None)
    server, *others = (*record.fields, "", "", "", "")[:_FIELDS]
    if kind is InternalError:
        return InternalError(server, others[0])
    known = kind if isinstance(kind, type) and issubclass(kind, EvidenceError) else EvidenceError
    return known(server, *others)
