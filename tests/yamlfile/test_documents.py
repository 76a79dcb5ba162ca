"""Guards `moveready.yamlfile.documents`: files to models, and every mistake in words at its line."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from moveready.errors import FleetFileError, Place
from moveready.yamlfile.documents import (
    Document,
    document_and_mistakes,
    mistake_from,
    mistakes_in,
    model_from,
    read_document,
)


def _odd(number: int) -> int:
    if number % 2 == 0:
        raise ValueError("an even number. Write an odd one.")
    return number


def _never(text: str) -> str:
    raise ValueError("this is wrong.")


class Part(BaseModel):
    """A section of the test's file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    size: Annotated[int, Field(ge=1, le=9)] = 1
    weight: Annotated[int, Field(gt=1, lt=9)] = 2
    kind: Literal["big", "small"] = "big"
    odd: Annotated[int, AfterValidator(_odd)] = 1
    never: Annotated[str, AfterValidator(_never)] | None = None
    pattern: Annotated[str, Field(pattern="^a$")] = "a"
    from_: str = Field(default="", alias="from")


class Whole(BaseModel):
    """The test's file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    parts: list[Part] = []
    named: dict[str, Part | None] = {}
    several: Annotated[list[str], Field(min_length=1)] = ["x"]
    either: Part | bool | None = None
    ratio: float = 1.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "fleet.yaml"


def written(file: Path, text: str) -> Document:
    """The document of a text without mistakes of syntax."""
    file.write_text(text, encoding="utf-8")
    return read_document(file, FleetFileError)


def told(file: Path, text: str) -> list[str]:
    """Every mistake of a text as `line: problem. hint`."""
    with pytest.raises(FleetFileError) as caught:
        model_from(written(file, text), Whole, FleetFileError)
    return [str(mistake).removeprefix(f"{file}:") for mistake in caught.value.mistakes]


def test_a_good_file_becomes_its_model(file: Path) -> None:
    """Nothing is asked for twice: text in, model out."""
    assert model_from(written(file, "name: x\nparts: [{size: 3}]\n"), Whole, FleetFileError).parts[0].size == 3


def test_a_document_has_the_fingerprint_of_its_file(file: Path) -> None:
    """As `sha256sum` prints it."""
    assert written(file, "name: x\n").fingerprint == hashlib.sha256(b"name: x\n").hexdigest()


def test_a_byte_order_mark_is_no_part_of_the_text(file: Path) -> None:
    """Editors on Windows write one."""
    file.write_bytes(b"\xef\xbb\xbfname: x\r\n")

    assert read_document(file, FleetFileError).data == {"name": "x"}


def test_a_missing_file_is_a_mistake(file: Path) -> None:
    """Not a traceback."""
    with pytest.raises(
        FleetFileError, match=r"fleet\.yaml: the file cannot be read \(No such file or directory\)\. Check"
    ):
        read_document(file, FleetFileError)


def test_a_file_that_is_not_utf8_is_a_mistake_at_its_line(file: Path) -> None:
    """The line of the first wrong byte."""
    file.write_bytes(b"name: x\nsite: K\xf6ln\n")

    with pytest.raises(FleetFileError, match=r"fleet\.yaml:2: the file is not UTF-8 text\. Save it"):
        read_document(file, FleetFileError)


def test_duplicate_keys_are_mistakes_of_a_document_that_can_be_judged(file: Path) -> None:
    """So that a collector of mistakes can go on."""
    file.write_text("name: x\nname: y\n", encoding="utf-8")

    document, mistakes = document_and_mistakes(file)

    assert document is not None
    assert document.data == {"name": "x"}
    assert [mistake.place.line for mistake in mistakes] == [2]


def test_reading_raises_for_duplicate_keys(file: Path) -> None:
    """Whoever does not collect gets an error."""
    with pytest.raises(FleetFileError, match="`name` is written twice"):
        written(file, "name: x\nname: y\n")


def test_a_syntax_error_leaves_no_document(file: Path) -> None:
    """There is nothing to judge."""
    file.write_text("a: [", encoding="utf-8")

    document, mistakes = document_and_mistakes(file)

    assert document is None
    assert len(mistakes) == 1


def test_the_place_of_a_missing_key_is_that_of_its_section(file: Path) -> None:
    """The nearest ancestor that stands in the file."""
    document = written(file, "name: x\nparts:\n  - size: 1\n")

    assert document.place_of(("parts", 0, "kind")) == Place(file, 3)
    assert document.place_of(("nowhere", "else")) == Place(file, 1)


def test_the_place_in_an_empty_document_is_the_file() -> None:
    """A document without lines, as code may build it, has no lines to show."""
    assert Document(Path("x"), {}, {}).place_of(("a",)) == Place(Path("x"), 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", "1: the file must be a section of `key: value` lines. Write a section of `key: value` lines here."),
        ("parts: []", "1: `name` is missing. Add a line `name: ...` to this section."),
        ("name: 5", "1: `name` must be text. Put it in quotes if it is meant as text."),
        ("name: x\nparts: 5", "2: `parts` must be a list. Write a list here."),
        ("name: x\nparts:\n- 5", "3: entry 1 of `parts` must be a section of `key: value` lines. Write a section of"),
        ("name: x\nparts: [{size: 0}]", "2: `size` must be at least 1. Write a number at least 1."),
        ("name: x\nparts: [{size: 10}]", "2: `size` must be at most 9. Write a number at most 9."),
        ("name: x\nparts: [{weight: 1}]", "2: `weight` must be more than 1. Write a number more than 1."),
        ("name: x\nparts: [{weight: 9}]", "2: `weight` must be less than 9. Write a number less than 9."),
        ("name: x\nparts: [{size: '3'}]", "2: `size` must be a whole number. Write a whole number here."),
        ("name: x\nratio: a", "2: `ratio` must be a number. Write a number here."),
        ("name: x\nparts: [{kind: bg}]", "2: `kind` has a value that is not known here. Write 'big' or 'small'."),
        ("name: x\nparts: [{odd: 2}]", "2: an even number. Write an odd one."),
        ("name: x\nparts: [{never: a}]", "2: this is wrong. Correct `never`."),
        ("name: x\nparts: [{pattern: b}]", "2: String should match pattern '^a$'. Correct `pattern`."),
        ("name: x\nseveral: []", "2: `several` is too short. Write at least 1 here."),
        ("name: x\neither: 5", "2: `either` must be a section of `key: value` lines or `true` or `false`. Write a"),
    ],
)
def test_what_does_not_fit_is_told_in_words(file: Path, text: str, expected: str) -> None:
    """Line, problem and hint of each kind of mistake."""
    (mistake,) = told(file, text)

    assert mistake.startswith(expected)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("name: x\nnamee: y", "Did you mean `name`?"),
        ("name: x\nzzz: y", "Known here: either, name, named, parts, ratio, several."),
        ("name: x\nparts: [{Sizes: 1}]", "Did you mean `size`?"),
        ("name: x\nnamed: {any: {knd: 1}}", "Did you mean `kind`?"),
        ("name: x\nparts: [{form: 1}]", "Did you mean `from`?"),
    ],
)
def test_an_unknown_key_is_told_with_what_was_meant(file: Path, text: str, hint: str) -> None:
    """Keys are known wherever the model nests, under the names that files use."""
    (mistake,) = told(file, text)

    assert mistake.startswith("2: unknown key `")
    assert mistake.endswith(hint)


def test_without_the_model_an_unknown_key_is_still_told(file: Path) -> None:
    """The model only serves to say which keys are known."""
    document = written(file, "name: x\nnamee: y\n")
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate(document.data)

    (mistake,) = mistakes_in(document, caught.value)

    assert str(mistake) == f"{file}:2: unknown key `namee`. Remove it."


def test_all_mistakes_are_told_in_the_order_of_the_file(file: Path) -> None:
    """One run, one list to work through."""
    mistakes = told(file, "ratio: a\nparts:\n- {size: 0, kind: x}\n- {odd: 2}\nseveral: 5\n")

    assert [mistake.partition(":")[0] for mistake in mistakes] == ["1", "1", "3", "3", "4", "5"]


def test_values_are_not_repeated(file: Path) -> None:
    """A value under the wrong key may be a password."""
    text = "name: {hunter2: hunter2}\nratio: hunter2\nparts: [{kind: hunter2, size: hunter2}, hunter2]\nzzz: hunter2\n"

    assert "hunter2" not in str(told(file, text))


def test_a_value_error_in_two_sentences_is_a_mistake() -> None:
    """What validators raise, others can raise too."""
    mistake = mistake_from(Place(Path("x"), 1), ValueError("the problem. The hint."))

    assert str(mistake) == "x:1: the problem. The hint."
