"""Error texts about single mailboxes, the cloud and the Hybrid Configuration Wizard: the endpoint is not the cause."""

from __future__ import annotations

from moveready.findings.symptoms import Symptom, Weight

_OF_MAILBOX = "It is not the endpoint: the servers have let the move in, and this mailbox is refused."
_NOT_MRSPROXY = "It is not KB 3063913, and nothing is to be done at MRSProxy."

OF_MAILBOXES = (
    Symptom(
        id="E28",
        texts=("already has a pending request", "is already being moved"),
        means="A move of that mailbox is left over, on premises or in the cloud.",
        look="Get-MoveRequest of that user, on both sides.",
        is_not=_OF_MAILBOX,
        source="KB 4502865 (documented)",
    ),
    Symptom(
        id="E29",
        texts=("The target mailbox doesn't have an smtp proxy matching",),
        means="The mailbox has no address in the domain that the cloud delivers to.",
        look="The addresses of that mailbox, and its address policy.",
        is_not=_OF_MAILBOX,
        source="Microsoft's article of that title (documented)",
    ),
    Symptom(
        id="E30",
        texts=("because it's not an accepted domain for your organization",),
        means="The mailbox has an address in a domain that the cloud has not verified.",
        look="The addresses of that mailbox against Get-AcceptedDomain in the cloud.",
        is_not=_OF_MAILBOX,
        source="a text that is seen widely; its meaning here is inferred",
    ),
    Symptom(
        id="E31",
        texts=("Cannot find a recipient that has mailbox GUID",),
        means="Moving back: the remote mailbox on premises lacks the mailbox's ExchangeGuid.",
        look="Get-RemoteMailbox of that user: ExchangeGuid must not be all zeros.",
        is_not=_OF_MAILBOX,
        source="KB 2956029 (documented)",
    ),
    Symptom(
        id="E33",
        texts=("RestartMoveCorruptSyncStateTransientException",),
        means="Moving back: corrupt search folders of that mailbox.",
        look="The article's commands for search folders.",
        is_not=_OF_MAILBOX,
        source="KB 3063045 (documented)",
    ),
    Symptom(
        id="E42",
        texts=("You shouldn't migrate mailbox",),
        means="Moving back to Exchange 2010 while the user's contact list is in the newer form.",
        look="The article's command that puts the contact list back.",
        is_not=_OF_MAILBOX,
        source="KB 2932443 (documented)",
    ),
    Symptom(
        id="E43",
        texts=("The data export was cancelled due to a timeout",),
        means="The target was too busy to take the data in time.",
        look="DataImportTimeout of 20 minutes on all servers, then restart the Mailbox Replication service.",
        is_not=_OF_MAILBOX,
        source="KB 3162761 (documented)",
    ),
    Symptom(
        id="E44",
        texts=("StalledDueToSource_", "StalledDueToTarget_"),
        means="Workload management of the cloud, or of the source, holds the move back.",
        look="Nothing at the endpoint: wait, or move fewer mailboxes at once.",
        is_not="It is no failure: the move waits.",
        source="Microsoft's article on stalled moves (seen)",
    ),
)

OTHER_MATTERS = (
    Symptom(
        id="E24",
        texts=("MigrationConnectionTestedTooRecentlyException", "The last connection attempt happened too recently"),
        means="The cloud refuses another test for now; wait until the time that it names.",
        look="Or create the endpoint by PowerShell.",
        is_not=_NOT_MRSPROXY,
        source="Microsoft's article on HCW8078 (documented)",
        weight=Weight.OTHER_MATTER,
    ),
    Symptom(
        id="E34",
        texts=("ServerUnavailableException: Error 0x6ba", "Error 0x6ba"),
        means="Outlook Anywhere is not reachable: this is a cutover migration, which does not use MRSProxy.",
        look="The article's tests of Outlook Anywhere.",
        is_not=_NOT_MRSPROXY,
        source="KB 2903050 (documented)",
        weight=Weight.OTHER_MATTER,
    ),
    Symptom(
        id="E35",
        texts=("MAPI provider is not supported for mailbox with version",),
        means="Public folders: arbitration mailbox and primary hierarchy mailbox are on different servers.",
        controls=("KB3063913",),
        look="Move both mailboxes to one server; MRSProxy must be on there too.",
        is_not="It is not MRSProxy alone.",
        source="KB 4052729 (documented)",
        weight=Weight.OTHER_MATTER,
    ),
    Symptom(
        id="E36",
        texts=("An error occurred accessing Windows Live",),
        means="The Hybrid Configuration Wizard was refused by a service of the cloud.",
        look="Wait half an hour, then run the wizard again.",
        is_not=f"{_NOT_MRSPROXY} The 403 in it is of another service.",
        source="KB 3067975 (documented)",
        weight=Weight.OTHER_MATTER,
    ),
    Symptom(
        id="E37",
        texts=("The Web Services External Url is not set",),
        means="ExternalUrl of the EWS directory is empty.",
        look="Set-WebServicesVirtualDirectory -ExternalUrl with the public name.",
        is_not=_NOT_MRSPROXY,
        source="KB 3058294 (documented)",
        weight=Weight.OTHER_MATTER,
    ),
    Symptom(
        id="E40",
        texts=("450 4.7.230", "550 5.7.230"),
        means="The cloud refuses mail from a server whose build is too old.",
        look="Update the server. Moves are not concerned.",
        is_not=_NOT_MRSPROXY,
        source="a practitioner who cites Microsoft's pages (documented)",
        weight=Weight.OTHER_MATTER,
    ),
    Symptom(
        id="E41",
        texts=("The WinRM Shell client cannot process the request", "-2144108212"),
        means="PowerShell on premises cannot reach its back end: the certificate of port 444 is gone.",
        look="The binding of the site Exchange Back End, port 444.",
        is_not=_NOT_MRSPROXY,
        source="KB 2779694 (documented)",
        weight=Weight.OTHER_MATTER,
    ),
    Symptom(
        id="E38",
        texts=("HCW8078",),
        means="The Hybrid Configuration Wizard could not create the migration endpoint; its inner text says why.",
        look="The wizard's log, or the time that it asks to wait for.",
        is_not="It does not say that MRSProxy is off.",
        source="Microsoft's article on HCW8078 (documented)",
        weight=Weight.WRAPPER,
    ),
)

MOVES = (*OF_MAILBOXES, *OTHER_MATTERS)
