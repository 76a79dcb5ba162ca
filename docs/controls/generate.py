"""Writes the pages of this folder from the checks: `python docs/controls/generate.py`.

It writes one page for each control, and the index. `tests/meta/test_docs.py` fails where a page is not what this script
writes.
"""
# ruff: noqa: INP001 - a script beside its pages, not a package

from __future__ import annotations

import inspect
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from moveready.errors import Place
from moveready.evidence import Context, OrganizationSubject, Scope, ServerSubject, declared
from moveready.evidence.questions import Request
from moveready.findings.controls import Control, InstalledControl, installed_controls
from moveready.inventory import Auth, Credential, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from moveready.evidence import Subject
    from moveready.evidence.questions import Pipeline

FOLDER = Path(__file__).parent
_MADE = "<!-- Made by docs/controls/generate.py from the check itself. Change the check, then run that script. -->"
_PLACES = {
    Scope.ORGANIZATION: "Exchange endpoint, once for the whole organization",
    Scope.EXCHANGE: "Exchange endpoint, once for each server",
    Scope.WINDOWS: "Windows endpoint (WinRM) of the server",
    Scope.HTTPS: "HTTPS endpoint of the server",
}
_CONTEXT = Context(timedelta(hours=24), "<run>")
_SERVER = Server(name="<server>", credential=Credential("any", Auth.NEGOTIATE), place=Place(Path("any.yaml"), 0))


def pages() -> Mapping[str, str]:
    """The text of every page, by file name."""
    found = installed_controls()
    return {"README.md": _index(found), **{f"{one.control.id}.md": _page(one) for one in found}}


def _index(found: list[InstalledControl]) -> str:
    rows = "\n".join(
        f"| [{control.id}]({control.id}.md) | {control.title} | {control.severity.value} | {_phases(control)} |"
        for control, _ in found
    )
    return f"{_MADE}\n\n# Controls\n\n| id | title | severity | asked while |\n|---|---|---|---|\n{rows}\n"


def _page(found: InstalledControl) -> str:
    control, check = found
    sections = (
        _MADE,
        f"# {control.id}: {control.title}",
        inspect.cleandoc(check.__doc__ or ""),
        _facts(control),
        "## What is asked",
        *_asked(check),
        "## How it ends",
        _ends(control),
        "## What repairs it",
        _repair(control),
    )
    return "\n\n".join(sections) + "\n"


def _facts(control: Control) -> str:
    rows = (
        ("severity", control.severity.value),
        ("asked while", _phases(control)),
        ("source", f"<{control.source}>"),
    )
    return "| | |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows)


def _asked(check: Callable[..., None]) -> Iterator[str]:
    names = inspect.signature(check).parameters
    for subject in declared():
        if subject.name in names:
            yield f"The argument `{subject.name}`, of the {_PLACES[subject.scope]}:"
            yield "```text\n" + "\n".join(map(_line, _questions_of(subject))) + "\n```"


def _questions_of(subject: Subject[object]) -> Sequence[Pipeline | Request]:
    if isinstance(subject, OrganizationSubject):
        return subject.ask(_CONTEXT)
    return subject.ask(_SERVER, _CONTEXT) if isinstance(subject, ServerSubject) else ()


def _line(question: Pipeline | Request) -> str:
    if not isinstance(question, Request):
        return str(question)
    return f"GET {_SERVER.url_of(question.path)} ({'after' if question.logs_in else 'without'} login)"


def _ends(control: Control) -> str:
    return (
        "- `passed`: the sentence at the top is true of the server.\n"
        f"- `failed`: it is not. Usual cause: {control.cause}\n"
        "- `error`: the answer could not be had or cannot be judged."
        " This is neither a pass nor a finding, and the message says why and what to do."
    )


def _repair(control: Control) -> str:
    own = f"kb/{control.kb.lower()}.md"
    page = own if (FOLDER.parent / own).exists() else "getting-started.md"
    diagnosis = f"The [diagnosis](../{page}#every-diagnosis-and-what-to-do-next) of the server chooses the commands."
    if not control.resolution:
        return diagnosis
    names = {"server": "<FQDN>", "netbios": "<NAME>", "identity": "<NAME>\\EWS (Default Web Site)"}
    commands = control.resolution.format(**names, wanted="true")
    return f"{diagnosis}\nWhere it names none:\n\n```powershell\n{commands}\n```"


def _phases(control: Control) -> str:
    return ", ".join(f"`{phase.value}`" for phase in control.phases)


if __name__ == "__main__":
    for page, text in pages().items():
        (FOLDER / page).write_text(text, encoding="utf-8", newline="\n")
