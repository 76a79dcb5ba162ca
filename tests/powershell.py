"""Reads PowerShell data files (`.psd1`, `.psrc`, `.pssc`) with the grammar of tree-sitter, as plain values.

Only what such files have: hash tables, lists, strings in single quotes, `$true` and `$false`. A script block is given
as the allowed values of each of its parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PARSER = Parser(Language(tree_sitter_powershell.language()))
_VARIABLES: dict[str, object] = {"$true": True, "$false": False}


class BadPowerShellError(Exception):
    """The file is no PowerShell, or has what a data file has not."""


def data_in(file: Path) -> dict[str, object]:
    """The hash table of a data file; raises `BadPowerShellError` where it cannot be read."""
    root = _PARSER.parse(file.read_bytes()).root_node
    if root.has_error:
        raise BadPowerShellError(f"{file}: {_first_error(root)}")
    value = _value_of(root)
    if not isinstance(value, dict):
        raise BadPowerShellError(f"{file}: it is no hash table")
    return value


def commands_in(file: Path) -> set[str]:
    """The commands that the script blocks of a data file run."""
    return {_text_of(node) for node in _all_in(_PARSER.parse(file.read_bytes()).root_node, "command_name")}


def listed(value: object) -> list[object]:
    """What PowerShell takes for a list: one value stands for a list of one."""
    return value if isinstance(value, list) else [value]


def _value_of(node: Node) -> object:
    match node.type:
        case "hash_literal_expression":
            return dict(_entries_of(node))
        case "script_block_expression":
            return {_name_of(each): _values_of(each) for each in _all_in(node, "script_parameter")}
        case "verbatim_string_characters":
            return _text_of(node)[1:-1].replace("''", "'")
        case "variable":
            return _VARIABLES[_text_of(node)]
        case "array_expression":
            return [each for child in node.named_children for each in _elements_of(child)]
    values = _elements_of(node)
    if len(values) == 0:
        raise BadPowerShellError(f"{node.type} in line {node.start_point.row + 1}: {_text_of(node)}")
    return values[0] if len(values) == 1 else values


def _elements_of(node: Node) -> list[object]:
    return [_value_of(child) for child in node.named_children if child.type != "comment"]


def _entries_of(node: Node) -> Iterator[tuple[str, object]]:
    for entry in _all_in(node, "hash_entry", below="hash_literal_expression"):
        key, value = (child for child in entry.named_children if child.type != "comment")
        yield _text_of(key), _value_of(value)


def _name_of(parameter: Node) -> str:
    return _text_of(next(child for child in parameter.named_children if child.type == "variable")).removeprefix("$")


def _values_of(parameter: Node) -> list[object] | None:
    """The values of a parameter's ValidateSet; None where any may be given."""
    for attribute in _all_in(parameter, "attribute"):
        if _text_of(attribute).startswith("[ValidateSet("):
            return [_value_of(node) for node in _all_in(attribute, "verbatim_string_characters")]
    return None


def _all_in(node: Node, kind: str, below: str = "") -> Iterator[Node]:
    """The nodes of this kind in their order; what is in such a node, or in one of the kind `below`, is left out."""
    for child in node.named_children:
        if child.type == kind:
            yield child
        elif child.type != below:
            yield from _all_in(child, kind, below)


def _first_error(node: Node) -> str:
    if node.type == "ERROR" or node.is_missing:
        return f"line {node.start_point.row + 1}: {_text_of(node)[:60]}"
    return next(filter(None, (_first_error(child) for child in node.children if child.has_error)), "")


def _text_of(node: Node) -> str:
    return (node.text or b"").decode()
