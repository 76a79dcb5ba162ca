"""The table of docs/trust.md names real tests: one line for each promise, each with the tests that hold it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/trust.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
ROW = re.compile(r"^\| (?P<promise>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE)


def functions_of(file: Path) -> set[str]:
    """The names of the functions of a file, methods included."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("file", "name"), NAMED, ids="::".join)
def test_named_test_exists(file: str, name: str) -> None:
    """A test that the page names is in that file."""
    assert name in functions_of(ROOT / file)


def test_every_promise_has_a_test() -> None:
    """No row of the tables is without a test."""
    rows = [match for match in ROW.finditer(PAGE) if match["promise"].strip("- ") not in {"", "promise"}]

    assert rows
    assert [row["promise"] for row in rows if "`tests/" not in row["tests"]] == []
