"""What is promised is there, and is what the rest of moveready uses."""

from __future__ import annotations

import moveready.api
from moveready.evidence import declare
from moveready.findings.controls import control
from moveready.inventory import Server


def test_every_promised_name_is_there() -> None:
    """In the order of the alphabet, and nothing twice."""
    names = moveready.api.__all__

    assert all(hasattr(moveready.api, name) for name in names)
    assert len(set(names)) == len(names)


def test_names_are_those_of_moveready() -> None:
    """No copies: a control of one's own is a control."""
    assert (moveready.api.control, moveready.api.declare, moveready.api.Server) == (control, declare, Server)
