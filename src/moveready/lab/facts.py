"""Value types for every section of a fleet file: durations, names, on and off."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_FQDN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_DAYS_AT_MOST = 3650


class FactsModel(BaseModel):
    """A mapping in the file: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def duration_from(text: object) -> timedelta:
    """`90s` as a time span; raises `ValueError` with what is wrong and what to write."""
    found = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    seconds = float(found[1]) * _SECONDS[found[2]] if found else -1.0
    if not 0 <= seconds <= _DAYS_AT_MOST * _SECONDS["d"]:
        raise ValueError("this is no duration. Write a number and a unit: `50ms`, `90s`, `15m`, `6h` or `30d`.")
    return timedelta(seconds=seconds)


def _name_from(text: object) -> object:
    name = text.lower() if isinstance(text, str) else ""
    if not _FQDN.fullmatch(name):
        raise ValueError("this is no full name. Write letters, digits, hyphens and dots: `ex01.contoso.com`.")
    return name


def word_from(value: object) -> object:
    """The word for what YAML 1.1 tools write for `on` and `off`, and for a status without quotes."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) if isinstance(value, int) else value


Duration = Annotated[timedelta, BeforeValidator(duration_from)]
Name = Annotated[str, BeforeValidator(_name_from)]
