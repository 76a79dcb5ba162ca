"""The error texts that appear if the Mailbox Replication service does not run."""

from __future__ import annotations

from moveready.findings.symptoms import Symptom

_NOT_403 = "It is not the fault of KB 3063913: that one answers 403."

SYMPTOMS = (
    Symptom(
        id="E10",
        texts=("There was no endpoint listening at", "EndpointNotFoundTransientException"),
        status=404,
        means="Nothing serves the address: the Mailbox Replication service is down there, or the address is wrong.",
        controls=("MRS-SVC-1",),
        look="Public folders: is the GUID of the primary public folder mailbox right?",
        is_not=_NOT_403,
        source="Microsoft's article on public folder migrations (documented)",
    ),
    Symptom(
        id="E26",
        texts=("Microsoft.Exchange.MailboxReplicationService ... 10061", "TCP error code 10061"),
        means="The Mailbox Replication service does not run on a server on premises.",
        controls=("MRS-SVC-1",),
        is_not=_NOT_403,
        source="Microsoft Q&A (seen)",
    ),
)
