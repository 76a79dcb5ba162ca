"""The error texts of KB 3063913, in the cloud and on the server."""

from __future__ import annotations

from moveready.findings.symptoms import Symptom

_NO_LOGIN = "It is not a wrong password and not a missing login method: those are answered with 401."

SYMPTOMS = (
    Symptom(
        id="E1",
        texts=(
            "The HTTP request was forbidden with client authentication scheme",
            "OriginalFailureType: MessageSecurityException ... (403) Forbidden",
        ),
        status=403,
        means="A login was accepted, and then the request was refused: MRSProxy is off, or something in front refuses.",
        controls=("KB3063913",),
        look="Where every server itself answers, look at the proxy, firewall or load balancer in front of them.",
        is_not=_NO_LOGIN,
        source="KB 3063913 (documented); Microsoft Q&A 2184984 and 1195639 (seen)",
    ),
    Symptom(
        id="E27",
        texts=("MRS proxy service is disabled",),
        means="The running application on that server has MRSProxy disabled, whatever its directory says.",
        controls=("KB3063913-2", "KB3063913-1"),
        is_not="It is not a fault of the network: the request has reached the server.",
        source="KB 3063913 (documented)",
    ),
)
