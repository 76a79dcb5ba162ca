"""Reads YAML files as validated models; every mistake is described and has its line.

    document = read_document(Path("fleet.yaml"), FleetFileError)
    fleet = model_from(document, Fleet, FleetFileError)

A validator of a model says what is wrong in two sentences, `ValueError("problem. What to write instead.")`;
they become the two halves of a `Mistake`. Otherwise no message repeats a value of the file, because it might
be a password.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import pydantic

from moveready.errors import FileError, Mistake, Place
from moveready.yamlfile.text import YamlReader, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

M = TypeVar("M", bound=pydantic.BaseModel)

# Names of types for people, by the first part of pydantic's error type.
_KINDS = {
    "bool": "`true` or `false`",
    "date": "a date such as 2026-01-31",
    "datetime": "a time such as 2026-01-31T12:00:00Z",
    "dict": "a section of `key: value` lines",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "a section of `key: value` lines",
    "path": "a path",
    "set": "a list",
    "string": "text",
    "tuple": "a list",
}
_WRONG_TYPE = {
    f"{kind}_{what}": words for kind, words in _KINDS.items() for what in ("type", "parsing", "attributes_type")
}
_WRONG_TYPE["int_from_float"] = _KINDS["int"]
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file that was read.

    Attributes:
        file: The file.
        data: Plain dict, list, str, int, bool, float or None; every key is a str.
        lines: The line of every key and list element, counted from 1; `()` is the whole document.
        fingerprint: SHA-256 of the file's bytes, in hexadecimal.
    """

    file: Path
    data: object
    lines: Mapping[tuple[str | int, ...], int]
    fingerprint: str = ""

    def place_of(self, location: Sequence[str | int]) -> Place:
        """The place of a key or element, or of its nearest existing ancestor."""
        return Place(self.file, self.lines.get(self.known_part_of(location), 0))

    def known_part_of(self, location: Sequence[str | int]) -> tuple[str | int, ...]:
        """The location without the parts that are not in the file: missing keys, names of union members."""
        known: tuple[str | int, ...] = ()
        for part in location:
            if (*known, part) in self.lines:
                known = (*known, part)
        return known


def read_document(file: Path, error: type[FileError]) -> Document:
    """Read one YAML file.

    Raises:
        error: The file cannot be read, is not UTF-8, is empty, is not YAML 1.2, or has a duplicate key; with all such
            mistakes, in the order of the file.
    """
    document, mistakes = document_and_mistakes(file)
    if document is None or mistakes:
        raise error(mistakes)
    return document


def document_and_mistakes(file: Path) -> tuple[Document | None, list[Mistake]]:
    """Like `read_document`, for callers that collect mistakes; no document if nothing in it can be checked."""
    try:
        content = file.read_bytes()
    except OSError as failure:
        problem = f"the file cannot be read ({failure.strerror})"
        return None, [Mistake(Place(file, 0), problem, "Check its path and its permissions.")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        place = Place(file, content.count(b"\n", 0, failure.start) + 1)
        return None, [Mistake(place, "the file is not UTF-8 text", "Save it with the encoding UTF-8.")]
    reader = YamlReader(file)
    try:
        data = reader.read(text)
    except FileError as failure:
        return None, list(failure.mistakes)
    return Document(file, data, reader.lines, hashlib.sha256(content).hexdigest()), reader.mistakes


def model_from(document: Document, model: type[M], error: type[FileError]) -> M:
    """The document as a model.

    Raises:
        error: The document does not fit the model; with all mistakes, in the order of the file.
    """
    try:
        return model.model_validate(document.data)
    except pydantic.ValidationError as failure:
        raise error(mistakes_in(document, failure, model)) from None


def mistakes_in(
    document: Document, failure: pydantic.ValidationError, model: type[pydantic.BaseModel] | None = None
) -> list[Mistake]:
    """What pydantic found, in words, in the order of the file; with the model, hints name the known keys."""
    found = failure.errors(include_url=False, include_input=False)
    mistakes = [*_wrong_types(document, found)]
    for details in found:
        if details["type"] not in _WRONG_TYPE:
            problem, hint = _in_words(details, model)
            mistakes.append(Mistake(document.place_of(details["loc"]), problem, hint))
    return sorted(mistakes, key=lambda mistake: mistake.place.line)


def mistake_from(place: Place, failure: ValueError) -> Mistake:
    """The mistake in a `ValueError("problem. What to write instead.")`."""
    return Mistake(place, *_two_sentences(str(failure)))


def _wrong_types(document: Document, found: Iterable[ErrorDetails]) -> Iterator[Mistake]:
    """One mistake per place, even if several types are allowed there."""
    wanted: dict[tuple[str | int, ...], dict[str, None]] = {}
    for details in found:
        if details["type"] in _WRONG_TYPE:
            words = wanted.setdefault(document.known_part_of(details["loc"]), {})
            words[_WRONG_TYPE[details["type"]]] = None
    for location, words in wanted.items():
        kinds = " or ".join(words)
        hint = "Put it in quotes if it is meant as text." if kinds == "text" else f"Write {kinds} here."
        yield Mistake(document.place_of(location), f"{_name_of(location)} must be {kinds}", hint)


def _in_words(details: ErrorDetails, model: type[pydantic.BaseModel] | None) -> tuple[str, str]:
    """Problem and hint for one finding that is not a wrong type."""
    kind, location, context = details["type"], details["loc"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key {_name_of(location)}", _mend_of_unknown_key(str(location[-1]), location[:-1], model)
    if kind == "missing":
        return f"{_name_of(location)} is missing", f"Add a line `{location[-1]}: ...` to this section."
    if kind in {"enum", "literal_error"}:
        return f"{_name_of(location)} has a value that is not known here", f"Write {context['expected']}."
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return (
            f"{_name_of(location)} must be {words} {context[key]}",
            f"Write a number {words} {context[key]}.",
        )
    if kind == "too_short":
        return f"{_name_of(location)} is too short", f"Write at least {context['min_length']} here."
    problem, hint = _two_sentences(details["msg"].removeprefix("Value error, "))
    return problem, hint or f"Correct {_name_of(location)}."


def _two_sentences(message: str) -> tuple[str, str]:
    problem, _, hint = message.partition(". ")
    return problem.removesuffix("."), hint


def _mend_of_unknown_key(key: str, section: tuple[str | int, ...], model: type[pydantic.BaseModel] | None) -> str:
    known = [] if model is None else sorted(_keys_known_at(section, model))
    near = get_close_matches(key.lower(), known, n=1)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Known here: {', '.join(known)}." if known else "Remove it."


def _keys_known_at(section: tuple[str | int, ...], model: type[pydantic.BaseModel]) -> set[str]:
    models: set[type[pydantic.BaseModel]] = {model}
    for part in section:
        fields = [
            field for owner in models for name, field in owner.model_fields.items() if part == (field.alias or name)
        ]
        if fields:
            models = {inner for field in fields for inner in _models_in(field.annotation)}
    return {field.alias or name for owner in models for name, field in owner.model_fields.items()}


def _models_in(annotation: Any) -> set[type[pydantic.BaseModel]]:  # noqa: ANN401 - annotations have no common type
    """The models that occur in an annotation such as `dict[str, Model | None]`."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return {annotation}
    return {model for inner in get_args(annotation) for model in _models_in(inner)}


def _name_of(location: tuple[str | int, ...]) -> str:
    """How a key or element is called in a sentence: `` `ports` ``, entry 2 of `` `servers` ``, the file."""
    if not location:
        return "the file"
    if isinstance(location[-1], int):
        return f"entry {location[-1] + 1} of {_name_of(location[:-1])}"
    return f"`{shown(location[-1])}`"
