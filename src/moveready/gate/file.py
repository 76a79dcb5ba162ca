"""`gate.json`: a decision as a file, with a signature where there is a key.

The signature is the HMAC-SHA-256 of everything else in the file as JSON without blanks, keys sorted, characters beyond
ASCII as escapes. So it does not depend on how the file is laid out, and any other tool can make it again. Reading is
strict: an unknown key, a key that stands there twice or a value of another type is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from moveready.errors import GateFileError, Mistake, Place
from moveready.findings.json_text import must_be_unambiguous
from moveready.gate.decision import SCHEMA, GateDecision, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.inventory import Secret

LARGEST_FILE = 16 * 1024 * 1024  # bytes; a decision on 20,000 servers takes half of it
_HINT = "Make one with `pytest --gate`."


class _Signature(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    algorithm: Literal["sha256"]
    value: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class GateFile:
    """A gate file that was read: the decision, and the signature with what it is about; without one it is ""."""

    decision: GateDecision
    signed: bytes
    signature: str = ""

    def is_signed_with(self, key: Secret) -> bool:
        """Whether the signature was made with this key, and of exactly this content."""
        return hmac.compare_digest(_hmac_of(self.signed, key), self.signature)


def gate_json(decision: GateDecision, key: Secret | None) -> bytes:
    """The bytes of a `gate.json`, the same for the same decision and key; nothing in it drives a terminal."""
    data = _ADAPTER.dump_python(decision, mode="json")
    signature = {"algorithm": "sha256", "value": _hmac_of(_canonical(data), key)} if key is not None else None
    content = {**data, "hmac": signature} if signature else data
    return json.dumps(content, sort_keys=True, ensure_ascii=True, indent=2).encode("ascii") + b"\n"


def read_gate(file: Path) -> GateFile:
    """What is in a gate file; raises `GateFileError`. The signature is not checked here."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else "this is no path"
        raise _no_gate(file, f"cannot be read: {reason}") from None
    if len(content) > LARGEST_FILE:
        raise _no_gate(file, f"has more than {LARGEST_FILE // 1024 // 1024} MB")
    return gate_from(content, file)


def gate_from(content: bytes, source: Path) -> GateFile:
    """What is in such bytes; raises `GateFileError`."""
    try:
        must_be_unambiguous(content)
        data = json.loads(content)
        if not isinstance(data, dict):
            raise _no_gate(source, "is no gate file: it is no JSON object")
        if data.get("schema") != SCHEMA:
            raise _no_gate(source, f"is no gate file of schema {SCHEMA}")
        signature = _Signature.model_validate(data.pop("hmac")).value if "hmac" in data else ""
        signed = _canonical(data)
        return GateFile(_ADAPTER.validate_json(signed), signed, signature)
    except ValidationError as error:
        raise _no_gate(source, f"is no gate file: {_first_mistake(error)}") from None
    except ValueError:
        raise _no_gate(source, "is no gate file: it is no JSON, or a key stands in it twice") from None


_ADAPTER: TypeAdapter[GateDecision] = TypeAdapter(GateDecision)


def _canonical(data: dict[str, Any]) -> bytes:
    return json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def _hmac_of(content: bytes, key: Secret) -> str:
    return hmac.new(key.reveal().encode(), content, hashlib.sha256).hexdigest()


def _first_mistake(error: ValidationError) -> str:
    """Where and what; the names in a file are anybody's text."""
    first = error.errors(include_url=False)[0]
    where = one_line(".".join(map(str, first["loc"])) or "the text")
    return f"{where}: {'this key is unknown' if 'unexpected' in first['type'] else first['msg']}"


def _no_gate(source: Path, problem: str) -> GateFileError:
    return GateFileError([Mistake(Place(source, 0), problem, _HINT)])
