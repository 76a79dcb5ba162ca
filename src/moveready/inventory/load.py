"""Reads files into an `Inventory`, or reports every mistake in them at once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from moveready.errors import InventoryError, Mistake, Place
from moveready.inventory.model import Inventory
from moveready.inventory.partial import partial_file_of
from moveready.inventory.resolve import Resolver
from moveready.inventory.schema import InventoryFile
from moveready.inventory.sections import Sections
from moveready.inventory.waivers import WAIVERS_FILE
from moveready.yamlfile.documents import Document, document_and_mistakes, mistakes_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

SUFFIXES = (".yaml", ".yml")


def load_inventory(path: Path, environ: Mapping[str, str]) -> Inventory:
    """Read an inventory.

    Args:
        path: A file, with the `waivers.yaml` beside it if there is one; or a folder whose `*.yaml` and `*.yml` files
            are one inventory together.
        environ: Environment variables, for passwords given as `env:NAME`.

    Raises:
        InventoryError: Every mistake of every file at once, in the order of the files.
    """
    files = _files_of(path)
    documents, mistakes = _documents_of(files)
    sections = Sections()
    for document in documents:
        mistakes += _mistakes_of_schema(document)
        sections.add(document, partial_file_of(document.data))
    resolver = Resolver(sections, environ)
    servers = resolver.servers()
    organization = resolver.organization(servers)
    waivers = resolver.waivers(servers)
    mistakes += [*sections.mistakes, *resolver.mistakes]
    if len(documents) == len(files):
        mistakes += _mistakes_of_emptiness(sections, path)
    if mistakes or organization is None:
        raise InventoryError(_in_order(mistakes))
    return Inventory(
        organization,
        servers,
        files,
        _fingerprint_of(documents),
        resolver.fix_policy(),
        waivers,
        notify=tuple(sections.notify),
    )


def fingerprint_of(path: Path) -> str:
    """The fingerprint that `load_inventory` gives; it needs none of the passwords.

    Raises:
        InventoryError: A file cannot be read or is not YAML.
    """
    documents, mistakes = _documents_of(_files_of(path))
    if mistakes:
        raise InventoryError(_in_order(mistakes))
    return _fingerprint_of(documents)


def _files_of(path: Path) -> tuple[Path, ...]:
    """The file, or the files of the folder by name."""
    try:
        files = tuple(sorted(filter(_belongs, path.iterdir()))) if path.is_dir() else _with_waivers(path)
    except OSError as failure:
        mistake = Mistake(Place(path, 0), f"this cannot be opened ({failure.strerror})", "Check the path.")
        raise InventoryError([mistake]) from None
    if not files:
        hint = "Write an inventory such as inventory/example.yaml into it."
        raise InventoryError([Mistake(Place(path, 0), "the folder has no *.yaml or *.yml file", hint)])
    return files


def _with_waivers(file: Path) -> tuple[Path, ...]:
    beside = file.parent / WAIVERS_FILE
    return (file, beside) if beside.is_file() and beside != file else (file,)


def _belongs(file: Path) -> bool:
    """Whether a file of the folder belongs to the inventory; hidden files belong to editors."""
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()


def _documents_of(files: Iterable[Path]) -> tuple[list[Document], list[Mistake]]:
    documents: list[Document] = []
    mistakes: list[Mistake] = []
    for file in files:
        document, found = document_and_mistakes(file)
        mistakes += found
        documents += [document] if document else []
    return documents, mistakes


def _mistakes_of_schema(document: Document) -> list[Mistake]:
    try:
        InventoryFile.model_validate(document.data)
    except ValidationError as failure:
        return mistakes_in(document, failure, InventoryFile)
    return []


def _mistakes_of_emptiness(sections: Sections, path: Path) -> list[Mistake]:
    """Mistakes for sections that are in none of the files; a section with mistakes counts as present."""
    mistakes = []
    if sections.names_in("organization") is None:
        hint = "Add a section `organization:` with `name:` and `exchange:`, the Exchange servers to ask."
        mistakes.append(Mistake(Place(path, 0), "there is no `organization`", hint))
    if not sections.names_in("servers"):
        hint = "Add a section `servers:` with one line `- ex01.contoso.com` for each."
        mistakes.append(Mistake(Place(path, 0), "the inventory has no servers", hint))
    return mistakes


def _in_order(mistakes: Iterable[Mistake]) -> Sequence[Mistake]:
    return sorted(dict.fromkeys(mistakes), key=lambda mistake: (str(mistake.place.file), mistake.place.line))


def _fingerprint_of(documents: Sequence[Document]) -> str:
    if len(documents) == 1:
        return documents[0].fingerprint
    lines = "".join(f"{document.fingerprint}\n" for document in documents)
    return hashlib.sha256(lines.encode()).hexdigest()
