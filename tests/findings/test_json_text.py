"""What two readers could understand differently is refused."""

from __future__ import annotations

import pytest

from moveready.findings.json_text import must_be_unambiguous


@pytest.mark.parametrize("text", [b'{"a": {"b": 1}, "b": [1.5e3, null]}', '"\u00e4"', b"[]"])
def test_json_is_accepted(text: bytes | str) -> None:
    """A key may stand in several objects."""
    must_be_unambiguous(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"a": 1, "a": 1}', "stands in it twice"),
        (b'[{"b": {"a": 1, "\\u0061": 2}}]', "stands in it twice"),
        (b"[NaN]", "no number"),
        (b"-Infinity", "no number"),
        (b'{"a": ', ""),
        (b"", ""),
        ('{"a": 1}'.encode("utf-16"), ""),
        (b'"\xff"', ""),
        (b"[" * 100_000, "too deep"),
        ("1" * 5000, ""),
    ],
)
def test_anything_else_is_refused(text: bytes | str, words: str) -> None:
    """As one kind of error, however it fails."""
    with pytest.raises(ValueError, match=words or None):
        must_be_unambiguous(text)
