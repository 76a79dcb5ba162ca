"""Looks for secrets in whatever a run has written, in every form that one may have."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def leaks_in(folder: Path, secrets: Mapping[str, str]) -> list[str]:
    """What of these secrets stands in the files of a folder: `junit.xml: password as base64`."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    contents = {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
    return [f"{name}: {found}" for name, content in contents.items() for found in leaks_of(content, secrets)] + [
        f"the name {name}: {found}" for name in contents for found in leaks_of(name.encode(), secrets)
    ]


def leaks_of(content: bytes, secrets: Mapping[str, str]) -> list[str]:
    """What of these secrets stands there: `password as base64`."""
    forms = [(name, form, shape) for name, secret in secrets.items() for form, shape in forms_of(secret)]
    return [f"{name} as {form}" for name, form, shape in forms if shape in content]


def forms_of(secret: str) -> Iterator[tuple[str, bytes]]:
    """The secret as texts and encodings have it; several may be the same."""
    texts = {
        "text": secret,
        "JSON": json.dumps(secret)[1:-1],
        "JSON in UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1],
        "Python": repr(secret)[1:-1],
        "ASCII": ascii(secret)[1:-1],
        "HTML": html.escape(secret),
        "XML": escape(secret),
        "an attribute": quoteattr(secret)[1:-1],
        "JSON in HTML": html.escape(json.dumps(secret)[1:-1]),
        "a URL": quote(secret, safe=""),
        "a form": quote_plus(secret),
        "a path": quote(secret),
        "a URL in lower case": quote(secret, safe="").replace("%", "\0").lower().replace("\0", "%"),
    }
    yield from ((name, text.encode("utf-8")) for name, text in texts.items())
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        yield encoding, secret.encode(encoding)
        yield f"hexadecimal {encoding}", secret.encode(encoding).hex().encode()
        for offset in range(3):
            yield from _base64_of(secret.encode(encoding), offset, f"base64 of {encoding}")


def _base64_of(content: bytes, offset: int, name: str) -> Iterator[tuple[str, bytes]]:
    """The characters that are the same whatever stands before and behind, such as `user:` in front of a password."""
    whole = base64.b64encode(bytes(offset) + content)
    first, last = -(-offset * 8 // 6), (offset + len(content)) * 8 // 6
    yield name, whole[first:last]
    yield f"{name} for URLs", whole[first:last].replace(b"+", b"-").replace(b"/", b"_")
