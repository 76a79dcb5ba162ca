"""Which remedy repairs which verdict; what each of them does is tested in tests/fixer, beside what it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.fixer.remedies import kb_of_remedy, remedy_named
from moveready.kb.kb3063913 import remedies
from moveready.kb.kb3063913.verdicts import RULES, Conclusion

if TYPE_CHECKING:
    from moveready.fixer.remedies import Remedy


def test_four_diagnoses_are_repaired() -> None:
    """Every other is none of the fixer's."""
    assert {conclusion: rule.remedy for conclusion, rule in RULES.items() if rule.remedy} == {
        Conclusion.DISABLED: "enable",
        Conclusion.STALE: "toggle",
        Conclusion.UNTIL_RECYCLE: "enable-without-restart",
        Conclusion.ENABLED_WHILE_IDLE: "disable",
    }
    for name in ("enable", "toggle", "enable-without-restart", "disable"):
        assert remedy_named(name) is not None
        assert kb_of_remedy(name) == "KB3063913"


def test_each_name_is_its_class() -> None:
    """The plan names it, and people look it up."""
    kinds: dict[str, type[Remedy]] = {
        "enable": remedies.Enable,
        "toggle": remedies.Toggle,
        "enable-without-restart": remedies.EnableWithoutRestart,
        "disable": remedies.Disable,
    }

    assert {name: type(remedy_named(name)) for name in kinds} == kinds
