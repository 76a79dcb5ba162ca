"""The rest of an inventory file after its mistakes are removed. Pure.

With it, one run reports every mistake: a server with a bad port is still checked for an unknown group, and a group with
a bad phase is still known.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from moveready.inventory.schema import PartialFile

Location = tuple[str | int, ...]


def partial_file_of(data: object) -> PartialFile:
    """The file without the parts that the schema refuses; each round removes at least one part, so this ends."""
    remains: dict[str, Any] = {"all": deepcopy(data)}
    while True:
        try:
            return PartialFile.model_validate(remains["all"])
        except ValidationError as failure:
            refused = failure.errors(include_url=False, include_context=False, include_input=False)
            paths = {_existing_part(remains, ("all", *details["loc"])) for details in refused}
            for path in sorted(paths, key=len, reverse=True):
                if _existing_part(remains, path) == path:  # otherwise it was removed with another part
                    _take_out(remains, path)


def _take_out(remains: dict[str, Any], path: Location) -> None:
    """Remove the value at the path: a section loses the key, a list keeps {} there until the next round."""
    *way, last = path
    owner: Any = remains
    for part in way:
        owner = owner[part]
    if len(path) == 1:
        remains["all"] = {}
    elif isinstance(owner, dict):
        owner.pop(last, None)
    elif owner[last] == {}:
        _take_out(remains, tuple(way))
    else:
        owner[last] = {}


def _existing_part(data: Any, location: Location) -> Location:  # noqa: ANN401 - any plain data
    """The location without the parts that are not in the data, such as a missing key."""
    path: Location = ()
    for part in location:
        if _has(data, part):
            data = data[part]
            path = (*path, part)
    return path


def _has(data: object, part: str | int) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)
