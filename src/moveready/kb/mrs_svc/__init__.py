"""MRS-SVC: moves fail, because the Mailbox Replication service of a server does not run."""

from __future__ import annotations

from moveready.findings.kb import Kb, declare_kb
from moveready.kb.mrs_svc.service import MRS_SERVICE, MrsService
from moveready.kb.mrs_svc.symptoms import SYMPTOMS
from moveready.kb.mrs_svc.verdicts import ID, judge, repairs_of

SOURCE = "https://learn.microsoft.com/powershell/module/exchangepowershell/test-mrshealth"

KB = declare_kb(
    Kb(
        id=ID,
        title="The Mailbox Replication service runs",
        source=SOURCE,
        reads=(MRS_SERVICE,),
        needs=(MRS_SERVICE,),
        judge=judge,
        repairs=repairs_of,
        remedies="moveready.kb.mrs_svc.remedies",
        symptoms=SYMPTOMS,
    )
)

__all__ = ["KB", "MRS_SERVICE", "SOURCE", "MrsService"]
