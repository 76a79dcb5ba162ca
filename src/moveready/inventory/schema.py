"""The form of an inventory file, as pydantic models, and its JSON schema for editors.

Rules about a single section are checked here; rules about several (unknown group, duplicate server) in `sections` and
`resolve`. Every section is optional in a file, because a folder of files makes one inventory.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from moveready.inventory.credentials import Auth
from moveready.inventory.fix import RestartKind, Weekday
from moveready.inventory.model import Phase
from moveready.inventory.names import configuration_from, fqdn_from, host_from, label_from, text_from, word_from
from moveready.inventory.secrets import PASSWORD_SCHEMES, reference_from
from moveready.inventory.times import (
    CLOCK_PATTERN,
    DAY_PATTERN,
    WAIT_PATTERN,
    clock_time_from,
    day_from,
    time_zone_from,
    wait_seconds_from,
)

# Enums are given as text in the file, which strict models would refuse.
_Phase = Annotated[Phase, Field(strict=False)]
_Auth = Annotated[Auth, Field(strict=False)]
_Weekday = Annotated[Weekday, Field(strict=False)]
_Restart = Annotated[RestartKind, Field(strict=False)]
_Fqdn = Annotated[str, AfterValidator(fqdn_from), Field(examples=["ex01.contoso.com"])]
_Host = Annotated[str, AfterValidator(host_from)]
_Label = Annotated[str, AfterValidator(label_from)]
_Word = Annotated[str, AfterValidator(word_from)]
_Configuration = Annotated[str, AfterValidator(configuration_from), Field(examples=["moveready"])]
_Port = Annotated[int, Field(ge=1, le=65535)]
_Password = Annotated[
    str,
    BeforeValidator(reference_from),
    Field(json_schema_extra={"pattern": f"^({'|'.join(PASSWORD_SCHEMES)}):"}),
]
_Wait = Annotated[
    float,
    BeforeValidator(wait_seconds_from, json_schema_input_type=Annotated[str, Field(pattern=WAIT_PATTERN)]),
    Field(examples=["180s", "3m"]),
]
_Clock = Annotated[
    time,
    BeforeValidator(clock_time_from, json_schema_input_type=Annotated[str, Field(pattern=CLOCK_PATTERN)]),
    Field(examples=["22:00"]),
]
_Day = Annotated[
    date,
    BeforeValidator(day_from, json_schema_input_type=Annotated[str, Field(pattern=DAY_PATTERN)]),
    Field(examples=["2026-12-31"]),
]
_Text = Annotated[str, AfterValidator(text_from)]
_TimeZone = Annotated[str, AfterValidator(time_zone_from), Field(examples=["Europe/Berlin"])]


class Section(BaseModel):
    """A section of the file: unknown keys are mistakes, and text is never read as a number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PortsSection(Section):
    """TCP ports of the three channels."""

    exchange: _Port | None = Field(default=None, description="Exchange endpoint: 80, with exchange_tls 443.")
    windows: _Port | None = Field(default=None, description="Windows endpoint (WinRM): 5985, with windows_tls 5986.")
    https: _Port | None = Field(default=None, description="HTTPS endpoint (/EWS/mrsproxy.svc): 443.")


class ServerSettings(Section):
    """Settings that `defaults`, a group and a server can all have; the one nearest to the server counts."""

    credential: _Word | None = Field(default=None, description="Name of an entry of `credentials`.")
    windows_credential: _Word | None = Field(
        default=None, description="Name of an entry of `credentials`, for the Windows endpoint alone."
    )
    phase: _Phase | None = Field(default=None, description="moving: MRSProxy must be on; idle: off.")
    site: _Label | None = Field(default=None, description="Where the server stands.")
    pool: _Host | None = Field(default=None, description="The public name that several servers share.")
    ports: PortsSection = Field(default=PortsSection(), description="TCP ports other than the usual ones.")
    windows_tls: bool | None = Field(default=None, description="Ask the Windows endpoint over TLS.")
    windows_configuration: _Configuration | None = Field(
        default=None, description="Session configuration of the Windows endpoint, such as a JEA one."
    )
    exchange_tls: bool | None = Field(default=None, description="Ask the Exchange endpoint over TLS.")
    host_header: _Fqdn | None = Field(
        default=None,
        description="Send this public name as Host and SNI to the HTTPS endpoint, not the server's own.",
    )


class ServerSection(ServerSettings):
    """One server; an entry that is only an FQDN means the same as `name:` alone."""

    name: _Fqdn = Field(description="FQDN of the server, never that of the load balancer.")
    group: _Word | None = Field(default=None, description="Name of an entry of `groups`.")
    address: _Host | None = Field(default=None, description="Where to connect, if not to the name.")
    fix: Literal["allowed", "denied"] = Field("denied", description="Whether the fixer may change this server.")


def _section_of(server: object) -> object:
    return {"name": server} if isinstance(server, str) else server


_Server = Annotated[ServerSection, BeforeValidator(_section_of, json_schema_input_type=str | ServerSection)]


class OrganizationSection(Section):
    """The Exchange organization."""

    name: _Label = Field(description="Name of the organization, for the reports.")
    exchange: list[_Fqdn] = Field(
        min_length=1,
        description="Exchange servers to ask about the organization: in this order, until one answers.",
    )
    credential: _Word | None = Field(
        default=None, description="Name of an entry of `credentials`; else that of `defaults`."
    )


class TlsSection(Section):
    """How certificates are judged, for the whole inventory."""

    verify: bool = Field(default=True, description="false accepts any certificate.")
    ca_file: str | None = Field(
        default=None, description="PEM file of the authorities to trust, relative to this file."
    )


class CredentialSection(Section):
    """Who logs in; without a username, the current user or the Kerberos ticket cache."""

    auth: _Auth = Field(default=Auth.NEGOTIATE, description="How to log in; basic and certificate only over TLS.")
    username: str | None = Field(default=None, min_length=1, description=r"CONTOSO\user or user@contoso.com.")
    password: _Password | None = Field(
        default=None,
        description="Where the password, or the passphrase of the key, is: env:NAME, file:PATH, keyring:SERVICE/USER.",
    )
    certificate: str | None = Field(
        default=None, min_length=1, description="PEM file of the client certificate, relative to this file."
    )
    certificate_key: str | None = Field(
        default=None, min_length=1, description="PEM file of its private key, relative to this file."
    )

    @model_validator(mode="after")
    def _complete(self) -> CredentialSection:
        if self.auth is Auth.CERTIFICATE:
            return self._complete_certificate()
        if self.certificate is not None or self.certificate_key is not None:
            raise ValueError("a certificate without `auth: certificate`. Add it, or leave the certificate out.")
        if self.password is not None and self.username is None:
            raise ValueError("a password without a username. Add `username:`.")
        if self.auth in {Auth.BASIC, Auth.NTLM} and self.username is None:
            raise ValueError(f"`auth: {self.auth.value}` needs a username. Add `username:` and `password:`.")
        if self.username is not None and self.password is None and self.auth is not Auth.KERBEROS:
            raise ValueError("a username without a password. Add `password: env:NAME`.")
        return self

    def _complete_certificate(self) -> CredentialSection:
        if self.certificate is None or self.certificate_key is None:
            raise ValueError("`auth: certificate` needs both files. Add `certificate:` and `certificate_key:`.")
        if self.username is not None:
            raise ValueError(
                "`auth: certificate` with a username. Leave it out: the server maps the certificate to an account."
            )
        return self


class WindowSection(Section):
    """Hours in which the fixer may change servers; over midnight, they belong to the day on which they begin."""

    days: list[_Weekday] | None = Field(
        default=None, min_length=1, description="Days on which the window opens; without it, every day."
    )
    opens: _Clock = Field(alias="from", description="When it opens, such as 22:00.")
    closes: _Clock = Field(alias="to", description="When it closes; before `from`, on the next day.")
    time_zone: _TimeZone = Field(description="Whose clocks count: an IANA name such as Europe/Berlin.")

    @field_validator("closes")
    @classmethod
    def _another_time(cls, closes: time, others: ValidationInfo) -> time:
        if closes == others.data.get("opens"):
            raise ValueError(
                "the window closes when it opens. Write another time; for a whole day, from 00:00 to 23:59."
            )
        return closes


class FixSection(Section):
    """When and how the fixer may change servers; each server says itself whether it may be changed."""

    window: WindowSection | None = Field(default=None, description="When it may; without it, at any time.")
    wait: _Wait | None = Field(
        default=None, description="Between turning MRSProxy off and on again, from 0s to 1h; 180s without it."
    )
    restart: _Restart = Field(
        default=RestartKind.IISRESET,
        description="iisreset, as KB 3063913 says; app-pool: MSExchangeServicesAppPool alone.",
    )
    escalate: bool = Field(default=False, description="After app-pool: iisreset /noforce if the recycle did not help.")
    drain: bool = Field(
        default=False,
        description="Take the server out of the load balancer before a restart; Exchange 2013 and newer.",
    )


class WaiverSection(Section):
    """Findings that somebody has accepted: still asked, still shown, counted apart."""

    control: _Word = Field(description="Id of a control, or of a KB for all of its controls.")
    servers: list[str] = Field(
        min_length=1, description="Names, patterns such as ex0*, group:NAME, site:NAME, pool:NAME."
    )
    reason: _Text = Field(description="Why the finding is accepted.")
    until: _Day = Field(description="The last day on which the waiver counts, in UTC.")
    ticket: _Text = Field(default="", description="Number or address of the change or the exception.")
    approved_by: _Text = Field(default="", description="Who accepted it.")


class _Sections(Section):
    organization: OrganizationSection | None = Field(default=None, description="The Exchange organization.")
    tls: TlsSection | None = Field(default=None, description="How certificates are judged.")
    defaults: ServerSettings | None = Field(default=None, description="Settings of servers that set nothing else.")
    fix: FixSection | None = Field(default=None, description="When and how the fixer may change servers.")
    groups: dict[_Word, ServerSettings] = Field(default={}, description="Settings of groups of servers, by name.")
    credentials: dict[_Word, CredentialSection] = Field(default={}, description="Who logs in, by name.")


class InventoryFile(_Sections):
    """One file of an inventory."""

    model_config = ConfigDict(title="moveready inventory")

    servers: list[_Server] = Field(default=[], description="The servers to check.")
    waivers: list[WaiverSection] = Field(default=[], description="Findings that somebody has accepted.")
    notify: list[_Text] = Field(default=[], description="Who is notified: env:NAME of an apprise URL, or the URL.")


class _PartialServer(ServerSection):
    name: _Fqdn = ""


class _PartialOrganization(OrganizationSection):
    name: str = ""
    exchange: list[_Fqdn] = []


class _PartialWaiver(WaiverSection):
    control: _Word = ""
    servers: list[str] = []
    reason: _Text = ""
    until: _Day = date.max


class PartialFile(_Sections):
    """A file without its mistakes: names that were removed are empty, so that the rest can still be checked."""

    organization: _PartialOrganization | None = None
    servers: list[Annotated[_PartialServer, BeforeValidator(_section_of)]] = []
    waivers: list[_PartialWaiver] = []
    notify: list[_Text] = []


def inventory_schema() -> dict[str, Any]:
    """The JSON schema of an inventory file, for editors and for tools that write inventories."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **InventoryFile.model_json_schema()}
