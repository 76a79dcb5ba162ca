"""Every file of the repository can be checked out on Windows, and is as small and as well placed as the house wants."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LONGEST_PATH = 120
LONGEST_FILE = 310
LONGEST_TEST_FILE = 450
LONGEST_FUNCTION = 40
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
ILLEGAL = re.compile(r'[<>:"\\|?*\x00-\x1f]|[. ]$')
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
LATER = "TO" + "DO"


def repository_files() -> list[str]:
    """What git has, or would take; skips the tests where there is no repository, as in an unpacked archive."""
    if not (ROOT / ".git").exists():
        return []
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return sorted({name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).exists()})


FILES = repository_files()
PYTHON = [name for name in FILES if name.endswith(".py")]
MODULES = [name for name in PYTHON if name.startswith("src/moveready/")]
ours = pytest.mark.skipif(not FILES, reason="this is no git repository")


def text_of(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def mirrors_of(name: str) -> set[str]:
    """`src/moveready/a/b.py` -> `tests/a/test_b.py`; `a/__init__.py` -> `tests/a/test_init.py` or `test_a.py`."""
    place = PurePosixPath(name).relative_to("src/moveready")
    stems = {place.stem.strip("_")} | ({place.parent.name} if place.stem == "__init__" else set())
    return {str(PurePosixPath("tests") / place.parent / f"test_{stem}.py") for stem in stems}


def is_only_documented(name: str) -> bool:
    """Whether a module has a docstring, imports and names, and nothing that could go wrong."""
    return all(
        isinstance(node, ast.Import | ast.ImportFrom | ast.Expr | ast.Assign) for node in ast.parse(text_of(name)).body
    )


def long_functions(name: str) -> Iterator[str]:
    """The functions of a module that are too long, decorators and docstring not counted."""
    for node in ast.walk(ast.parse(text_of(name))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1 if ast.get_docstring(node) and len(node.body) > 1 else 0].lineno
            length = (node.end_lineno or first) - first + 1
            if length > LONGEST_FUNCTION:
                yield f"{name}:{node.lineno} {node.name} has {length} lines"


@ours
def test_names_are_legal_on_windows() -> None:
    """No reserved name, no character that NTFS refuses, no dot or blank at an end."""
    parts = {part for name in FILES for part in name.split("/")}

    assert [part for part in parts if RESERVED.fullmatch(part) or ILLEGAL.search(part)] == []


@ours
def test_names_differ_in_more_than_case() -> None:
    """Windows keeps only one of two such files."""
    assert [name for name, times in Counter(map(str.lower, FILES)).items() if times > 1] == []


@ours
def test_paths_are_short() -> None:
    """Windows' limit is 260 characters with the folder that the clone lies in."""
    assert [name for name in FILES if len(name) >= LONGEST_PATH] == []


@ours
def test_no_file_is_empty_by_accident() -> None:
    """`py.typed` has to be."""
    assert [name for name in FILES if not (ROOT / name).stat().st_size and not name.endswith("py.typed")] == []


@ours
def test_every_module_has_its_own_tests() -> None:
    """At the mirrored place; one that only documents, imports and names values needs none."""
    wanted = [name for name in MODULES if not is_only_documented(name)]

    assert [name for name in wanted if not mirrors_of(name) & set(FILES)] == []


@ours
def test_every_module_opens_with_its_purpose() -> None:
    """A docstring, in tests and scripts too."""
    assert [name for name in PYTHON if not ast.get_docstring(ast.parse(text_of(name)))] == []


@ours
def test_files_are_short() -> None:
    """More than three hundred lines are a sign that two things share a file; tests of one thing may take more."""
    longest = {name: LONGEST_TEST_FILE if name.startswith("tests/") else LONGEST_FILE for name in PYTHON}

    assert [name for name, most in longest.items() if len(text_of(name).splitlines()) > most] == []


@ours
def test_functions_are_short() -> None:
    """Forty lines at most; most have six."""
    assert [found for name in PYTHON for found in long_functions(name)] == []


@ours
def test_nothing_is_left_for_later() -> None:
    """What is not done is an issue, not a comment."""
    assert [name for name in PYTHON if LATER in text_of(name)] == []


@ours
def test_names_of_modules_say_something() -> None:
    """A module is called after what it is about."""
    words = {name: set(PurePosixPath(name).stem.split("_")) | set(PurePosixPath(name).parts) for name in PYTHON}

    assert [name for name, parts in words.items() if parts & VAGUE] == []


@ours
@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".md")])
def test_pages_name_no_path_of_a_machine(name: str) -> None:
    """Nobody else has them."""
    assert not re.search(r"(?<![\w.<-])/(tmp|home|root|Users|work)/", text_of(name))
