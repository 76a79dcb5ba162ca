"""The error texts that appear if EWS does not offer the login."""

from __future__ import annotations

from moveready.findings.symptoms import Symptom

SYMPTOMS = (
    Symptom(
        id="E3",
        texts=("The authentication header received from the server was 'Basic realm",),
        means="The server, or a proxy or firewall of it, offers Basic only; moves need Negotiate or NTLM.",
        controls=("EWS-AUTH-1", "EWS-AUTH-2"),
        is_not="It is not a wrong password: none was tried.",
        source="Microsoft Q&A 2188108 (seen)",
    ),
    Symptom(
        id="E6",
        texts=(
            "The authentication header received from the server was ''",
            "The authentication header received from the server was 'NTLM'.",
        ),
        means="A 401 came without the usual login methods: a device took them away, or IIS lacks a provider.",
        controls=("EWS-AUTH-1",),
        look="Where every server itself offers both, look at the proxy or load balancer in front of them.",
        is_not="It is not a wrong password: the usual login was not even offered.",
        source="inferred",
    ),
)
