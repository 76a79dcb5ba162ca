"""What your own checks and KBs may use. We promise that names and meaning change in a major version only.

    from moveready.api import Cmdlet, Pipeline, Scope, Server, ServerSubject, control, declare

It only re-exports. For remedies, `moveready.fixer` makes the same promise. Everything else of moveready may change at
any time.
"""

from __future__ import annotations

from moveready.errors import EvidenceError, MissingObjectError, UnexpectedAnswerError
from moveready.evidence import (
    EWS_DIRECTORY,
    Context,
    EwsDirectory,
    Facts,
    Missing,
    OrganizationSubject,
    Scope,
    ServerSubject,
    declare,
)
from moveready.evidence.clixml import RemoteObject, object_from, text_from
from moveready.evidence.computer import ASK_COMPUTER, must_be_its_server
from moveready.evidence.questions import Channel, Cmdlet, CmdletAnswer, HttpAnswer, Pipeline, RemoteError, Request
from moveready.findings.controls import Severity, control
from moveready.findings.kb import Kb, declare_kb
from moveready.findings.symptoms import Symptom, Weight
from moveready.findings.verdicts import Standing, Verdict
from moveready.inventory import Phase, Server

__all__ = [
    "ASK_COMPUTER",
    "EWS_DIRECTORY",
    "Channel",
    "Cmdlet",
    "CmdletAnswer",
    "Context",
    "EvidenceError",
    "EwsDirectory",
    "Facts",
    "HttpAnswer",
    "Kb",
    "Missing",
    "MissingObjectError",
    "OrganizationSubject",
    "Phase",
    "Pipeline",
    "RemoteError",
    "RemoteObject",
    "Request",
    "Scope",
    "Server",
    "ServerSubject",
    "Severity",
    "Standing",
    "Symptom",
    "UnexpectedAnswerError",
    "Verdict",
    "Weight",
    "control",
    "declare",
    "declare_kb",
    "must_be_its_server",
    "object_from",
    "text_from",
]
