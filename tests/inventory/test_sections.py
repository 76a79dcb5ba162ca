"""Guards `moveready.inventory.sections`: how the files of a folder become one inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.errors import Place
from moveready.inventory.partial import partial_file_of
from moveready.inventory.sections import Sections
from moveready.yamlfile.documents import document_and_mistakes

if TYPE_CHECKING:
    from pathlib import Path


def merged(folder: Path, *texts: str) -> Sections:
    """The sections of files 0.yaml, 1.yaml..."""
    sections = Sections()
    for number, text in enumerate(texts):
        file = folder / f"{number}.yaml"
        file.write_text(text, encoding="utf-8")
        document, _ = document_and_mistakes(file)
        assert document is not None
        sections.add(document, partial_file_of(document.data))
    return sections


def test_entries_come_together(tmp_path: Path) -> None:
    """Groups and credentials by name, servers one after another."""
    sections = merged(
        tmp_path,
        "groups: {a: {}}\ncredentials: {x: {}}\nservers: [a.b]\n",
        "groups: {b: {}}\ncredentials: {y: {}}\nservers: [c.d]\n",
    )

    assert (list(sections.groups), list(sections.credentials)) == (["a", "b"], ["x", "y"])
    assert [placed.section.name for placed in sections.servers] == ["a.b", "c.d"]
    assert sections.mistakes == []


def test_a_section_knows_its_place(tmp_path: Path) -> None:
    """File and line, of the section or of a key in it."""
    placed = merged(tmp_path, "groups:\n  a:\n    site: x\n").groups["a"]

    assert placed.place() == Place(tmp_path / "0.yaml", 2)
    assert placed.place("site") == Place(tmp_path / "0.yaml", 3)


def test_what_stands_twice_is_a_mistake_and_the_first_stays(tmp_path: Path) -> None:
    """In every section, with the place of the first."""
    text = "{}organization: {{name: {}, exchange: [a.b]}}\ntls: {{}}\ndefaults: {{}}\nfix: {{}}\n"
    text += "groups: {{a: {{}}}}\ncredentials: {{x: {{}}}}\nservers: [a.b]\n"
    sections = merged(tmp_path, text.format("", "first"), text.format("\n", "second"))

    assert sections.organization is not None
    assert sections.organization.section.name == "first"
    assert [mistake.problem for mistake in sections.mistakes] == [
        f"`{name}` is given twice in the inventory, first in {tmp_path / '0.yaml'}:{line}"
        for line, name in enumerate(["organization", "tls", "defaults", "fix", "a", "x", "a.b"], start=1)
    ]
    assert [mistake.place.line for mistake in sections.mistakes] == [2, 3, 4, 5, 6, 7, 8]


def test_servers_without_a_name_are_not_twice_the_same(tmp_path: Path) -> None:
    """What is missing is told already."""
    assert merged(tmp_path, "servers: [{group: a}, {group: a}, 5]\n").mistakes == []


def test_names_of_entries_with_mistakes_are_known(tmp_path: Path) -> None:
    """A group with a mistake is no unknown group."""
    sections = merged(tmp_path, "groups: {a: 5, b: {}}\nservers: [5]\n", "groups: {c: {x: 1}}\n")

    assert sections.names_in("groups") == ["a", "b", "c"]
    assert sections.names_in("servers") == [0]


def test_an_absent_section_has_no_names(tmp_path: Path) -> None:
    """An empty one is absent too; one of a wrong type is there, without names."""
    sections = merged(tmp_path, "tls:\nservers: 5\ndefaults: {}\n", "[]")

    assert sections.names_in("tls") is None
    assert sections.names_in("groups") is None
    assert sections.names_in("servers") == []
    assert sections.names_in("defaults") == []
