"""Error texts of no KB about reaching the endpoint and about its answers: logins, statuses, TLS, names, timeouts."""

from __future__ import annotations

from moveready.findings.symptoms import Symptom, Weight

_FRONT = "Compare what each server answers itself with what its public name answers; look at the device in between."
_NOT_403 = "It is not KB 3063913: a disabled MRSProxy answers 403, after a login that was accepted."
_LOGON = (
    "Check the account of the migration endpoint: `domain\\user`, its password, a lockout, and its role groups; then"
    " Extended Protection and authentication policies of the EWS directory."
)

OF_LOGINS = (
    Symptom(
        id="E4",
        texts=("The authentication header received from the server was 'Negotiate",),
        status=401,
        means="The right login methods are offered, and the login was refused.",
        look=_LOGON,
        is_not=_NOT_403,
        source="Microsoft Q&A 1573031 (seen)",
    ),
    Symptom(
        id="E5",
        texts=("unable to connect to the remote server using the credentials provided", "MrsHttpUnauthorizedException"),
        means="The login of the migration endpoint was refused.",
        look=_LOGON,
        is_not=_NOT_403,
        source="Microsoft Q&A 1573031 (seen)",
    ),
    Symptom(
        id="E7",
        texts=("mrsproxy.svc' failed. Error details: Access is denied",),
        means="The server's computer account, or the migration account, may not do what the move needs.",
        look="Is the computer account a member of a protected group, or its inheritance off (adminCount 1)?",
        is_not="It is not an HTTP error: no 403 and no 401, so MRSProxy itself has answered.",
        source="KB 2975731 (documented)",
    ),
)

OF_STATUSES = (
    Symptom(
        id="E11",
        texts=("POST /EWS/mrsproxy.svc ... 405 0 1", "Exception has been thrown by the target of an invocation"),
        status=405,
        means="IIS has no handler for .svc files there (Exchange 2010).",
        look="ServiceModelReg.exe -r registers it, then iisreset /noforce.",
        is_not=_NOT_403,
        source="KB 2773628 and KB 2626696 (documented)",
    ),
    Symptom(
        id="E12",
        status=400,
        means="At once: host name or device do not match. Late in a move: a mailbox with very large rules.",
        look=_FRONT,
        is_not=_NOT_403,
        source="Microsoft's article on failing hybrid moves (documented); host mismatch (seen)",
    ),
    Symptom(
        id="E13",
        texts=("Request Entity Too Large", "RequestEntityTooLarge"),
        status=413,
        means="A size limit of a proxy or firewall, or of web.config, refuses the request.",
        look=_FRONT,
        is_not=_NOT_403,
        source="Microsoft Q&A 2202144 (seen)",
    ),
    Symptom(
        id="E14",
        texts=("unable to process the request due to an internal error",),
        status=500,
        means="The endpoint itself failed.",
        look="Read the event 1309 of that minute on the server; when moving back, corrupt search folders are known.",
        is_not=_NOT_403,
        source="KB 3063045 (documented)",
    ),
    Symptom(
        id="E15",
        texts=("POST /EWS/mrsproxy.svc ... 503 0 0",),
        status=503,
        means="The application pool or the site is stopped, a component is offline, or the back end does not answer.",
        look="On the server: the pools of both web sites, and Get-ServerComponentState.",
        is_not=_NOT_403,
        source="Microsoft Q&A (seen)",
    ),
    Symptom(
        id="E39",
        texts=("does not match the content type of the binding",),
        status=502,
        means="A device answered with a page of its own, not Exchange.",
        look=_FRONT,
        is_not=_NOT_403,
        source="inferred",
    ),
    Symptom(
        id="E39-302",
        status=302,
        means="A publishing rule or a logon page redirects the request.",
        look=_FRONT,
        is_not=_NOT_403,
        source="inferred",
    ),
)

OF_TIMEOUTS = (
    Symptom(
        id="E16",
        texts=("request channel timed out while waiting for a reply after 00:00:09",),
        status=504,
        means="A Hybrid Agent or a firewall cannot reach the server.",
        look="From the agent's host: does it reach the server's port 443, and is the certificate still bound there?",
        is_not=_NOT_403,
        source="Microsoft Q&A 1507968 and 138054 (seen)",
    ),
    Symptom(
        id="E17",
        texts=("TimeoutErrorTransientException ... attempting to send after 00:00:00.",),
        means="A timeout of milliseconds is none: a device reset the connection, or the certificate is self-signed.",
        look=_FRONT,
        is_not="It is not a slow server, and no time limit needs to be raised.",
        source="Microsoft Q&A 1660225 (seen)",
    ),
    Symptom(
        id="E19",
        texts=("did not receive a reply within the configured timeout", "DataImportTimeout"),
        means="Source or line are too slow for the time limit of the import.",
        look="DataImportTimeout in MsExchangeMailboxReplication.exe.config, the same on all servers.",
        is_not=_NOT_403,
        source="seen",
    ),
    Symptom(
        id="E18",
        texts=("mrsproxy.svc' timed out", "The operation has timed out"),
        means="No answer in time: moving back, a host name without quotes; else an idle limit of a proxy or firewall.",
        look=_FRONT,
        is_not=_NOT_403,
        source="Microsoft's article on moves that time out (documented)",
    ),
    Symptom(
        id="E20",
        texts=("MRSProxyConnectionLimitReachedTransientException", "maximum number of active MRS connections"),
        means="As many moves go through this server as its connection limit allows.",
        look="MaxMRSConnections in MsExchangeMailboxReplication.exe.config (100, until somebody raised it).",
        is_not="It is not a fault: MRSProxy is on and busy.",
        source="KB 3091026 (documented)",
    ),
)

OF_THE_WAY = (
    Symptom(
        id="E21",
        texts=("Could not establish trust relationship", "The remote certificate is invalid"),
        means="The certificate on port 443 is not trusted, has expired, or is for another name.",
        look="The certificate that each server and the load balancer really serve.",
        is_not=_NOT_403,
        source=".NET's own texts; their meaning here is inferred",
    ),
    Symptom(
        id="E22",
        texts=(
            "Could not create SSL/TLS secure channel",
            "SslStreamFailureException",
            "An existing connection was forcibly closed by the remote host",
        ),
        means="No common TLS protocol or cipher, or a device ends the connection.",
        look="TLS 1.2 on every server. In the Hybrid Configuration Wizard: the proxy of outgoing connections.",
        is_not=_NOT_403,
        source="KB 3067292 (documented, for the wizard); seen",
    ),
    Symptom(
        id="E23",
        texts=(
            "The remote name could not be resolved",
            "Unable to connect to the remote server",
            "the connected party did not properly respond",
            "the target machine actively refused it",
        ),
        means="DNS, a firewall, or nothing that listens on port 443.",
        look="Name and port from outside: does the public name resolve, and does 443 reach the load balancer?",
        is_not="It is not MRSProxy: no server was reached.",
        source=".NET's own texts; their meaning here is inferred",
    ),
    Symptom(
        id="E32",
        texts=("SourceMailboxConnectionStalePermanentException",),
        means="The connection to the source broke in the middle of a move.",
        look=_FRONT,
        is_not="It is not a refusal at the start: the move had begun. Resume it.",
        source="Microsoft Q&A (seen)",
    ),
)

WRAPPERS = (
    Symptom(
        id="E8",
        texts=("No MRSProxy was found running at", "MigrationRemoteEndpointSettingsCouldNotBeAutodiscoveredException"),
        means="Autodiscover led to no usable endpoint; the inner error says why.",
        controls=("KB3063913",),
        look="Alone: is ExternalUrl of the EWS directory set and right?",
        is_not="It does not say that MRSProxy is off: the text is the same for every reason.",
        source="KB 2975731 (documented)",
        weight=Weight.WRAPPER,
    ),
    Symptom(
        id="E9",
        texts=("The connection to the server ... could not be completed", "MigrationServerConnectionFailedException"),
        means="The admin center could not connect; the text is the same for every reason.",
        controls=("KB3063913",),
        look="Ask for the inner error: Test-MigrationServerAvailability ... | Format-List ErrorDetail.",
        is_not="It does not say which server or which reason.",
        source="KB 3063913 and KB 2975731 (documented)",
        weight=Weight.WRAPPER,
    ),
    Symptom(
        id="E25",
        texts=("Transient error CommunicationErrorTransientException has occurred",),
        means="The line broke and the cloud tries again; alone, flood protection of a proxy or firewall is known.",
        look=_FRONT,
        is_not="It is no final failure.",
        source="Microsoft's article on moves to the cloud (documented)",
        weight=Weight.WRAPPER,
    ),
)

ENDPOINT = (*OF_LOGINS, *OF_STATUSES, *OF_TIMEOUTS, *OF_THE_WAY, *WRAPPERS)
