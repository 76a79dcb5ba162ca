"""The JSON schema of `run.json`, for whoever reads it: `docs/run.schema.json` is made of it. Pure."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from moveready.findings.outcomes import SCHEMA, Run

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TITLE = "moveready run"
_DESCRIPTION = (
    "Everything that one run of moveready found. The number under `schema` says in which form: it grows when a program "
    "that reads the earlier form would misread the new one, so a program should refuse a number that it does not know. "
    f"This is form {SCHEMA}. New keys may come without a new number: a program should ignore keys that it does not "
    "know. A key that has a default here may be missing in runs of earlier versions."
)


def run_schema() -> dict[str, Any]:
    """The JSON schema of a `run.json` as this version writes it."""
    made = TypeAdapter(Run).json_schema(mode="serialization")
    made["properties"]["schema"] |= {"maximum": SCHEMA, "description": "The form that this run is written in."}
    return {"$schema": _DIALECT, **made, "title": _TITLE, "description": _DESCRIPTION}


def run_schema_text() -> str:
    """The text of `docs/run.schema.json`."""
    return json.dumps(run_schema(), indent=2) + "\n"
