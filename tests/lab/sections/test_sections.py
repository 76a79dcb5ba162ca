"""Sections of a fleet file: found by themselves, checked like every other key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.errors import FleetFileError
from moveready.lab.facts import FactsModel
from moveready.lab.fleet import read_fleet
from moveready.lab.sections import FleetSection, declare_section, declared_sections

if TYPE_CHECKING:
    from pathlib import Path


def test_a_key_belongs_to_one_section() -> None:
    """Two modules that add the same key would overwrite each other."""
    assert "services" in {section.key for section in declared_sections()}
    with pytest.raises(ValueError, match="there is a section `services` already"):
        declare_section(FleetSection("services", FactsModel, lambda facts: facts))


def test_a_mistake_in_a_section_has_its_line(tmp_path: Path) -> None:
    """As every other mistake of the file."""
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text("servers:\n  - name: ex01.contoso.com\n    services:\n      MSExchangeNope: stopped\n")

    with pytest.raises(FleetFileError) as caught:
        read_fleet(fleet)
    assert [mistake.place.line for mistake in caught.value.mistakes] == [4]
    assert "the lab knows no such service" in str(caught.value)
