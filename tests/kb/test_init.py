"""All rooms are found without anybody naming them."""

from __future__ import annotations

import subprocess
import sys

CODE = """
from moveready.evidence import declared
from moveready.findings.kb import declared_kbs
from moveready.kb import load_rooms
load_rooms()
print([kb.id for kb in declared_kbs()], [subject.name for subject in declared()])
"""


def test_rooms_declare_themselves() -> None:
    """In a process that has imported none of them."""
    printed = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout

    for name in ("KB3063913", "ews_directory", "mrsproxy_events", "endpoint_answer"):
        assert f"'{name}'" in printed
