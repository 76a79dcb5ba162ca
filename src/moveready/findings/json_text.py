"""JSON that can be read in one way only.

Of two values of one key, one reader takes the first and another the last; `NaN` is no JSON, and Python reads it. A file
that two programs read differently says nothing, so whoever reads a file of ours asks here first.
"""

from __future__ import annotations

import json
from typing import NoReturn


def must_be_unambiguous(text: bytes | str) -> None:
    """Check that the text is JSON in UTF-8 and can be read in one way; nothing of it is kept.

    Raises:
        ValueError: It is no JSON, a key stands in an object twice, or it is nested too deep.
    """
    try:
        json.loads(
            text.decode() if isinstance(text, bytes) else text,
            object_pairs_hook=_must_have_each_key_once,
            parse_constant=_no_number,
        )
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _must_have_each_key_once(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key stands in it twice")


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")
