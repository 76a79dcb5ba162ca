"""Guards `moveready.gate.file`: the file and its signature."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from moveready.errors import GateFileError
from moveready.gate.decision import decision_of
from moveready.gate.file import LARGEST_FILE, gate_from, gate_json, read_gate
from moveready.gate.verify import signature_refusals
from moveready.inventory import Secret
from tests.gate.runs import DISABLED, FLEET, IDLE, KEY, READY, UNREACHABLE, WAIVED, Of, run_of

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path("gate.json")
DECISION = decision_of(FLEET)
SIGNED = json.loads(gate_json(DECISION, KEY))
Way = tuple[str | int, ...]


def bytes_of(data: object) -> bytes:
    """As JSON, laid out in any way."""
    return json.dumps(data).encode()


def refused(content: bytes, key: Secret | None = KEY) -> bool:
    """Whether the file is, for what it is or for its signature."""
    try:
        return bool(signature_refusals(gate_from(content, FILE), key))
    except GateFileError:
        return True


def ways_to_values(data: object, way: Way = ()) -> Iterator[Way]:
    """Where each value stands that is no list and no object."""
    steps: Any = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in steps:
        if isinstance(value, dict | list):
            yield from ways_to_values(value, (*way, step))
        else:
            yield (*way, step)


def with_value(way: Way, value: object) -> Any:
    """The signed data with another value there."""
    data = copy.deepcopy(SIGNED)
    inner: Any = data
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = value
    return data


def value_at(way: Way) -> Any:
    """What stands there."""
    inner: Any = SIGNED
    for step in way:
        inner = inner[step]
    return inner


WAYS = sorted(ways_to_values(SIGNED), key=str)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=70))


@pytest.mark.parametrize("key", [None, KEY], ids=["without a key", "with a key"])
def test_a_file_reads_back_as_it_was_written(key: Secret | None, tmp_path: Path) -> None:
    """Each field of it."""
    file = tmp_path / "gate.json"
    file.write_bytes(gate_json(DECISION, key))

    assert read_gate(file).decision == DECISION
    assert bool(read_gate(file).signature) is (key is not None)


@pytest.mark.parametrize("key", [None, KEY], ids=["without a key", "with a key"])
def test_equal_runs_give_equal_bytes(key: Secret | None) -> None:
    """Keys are sorted, so that nothing depends on how the run came together."""
    again = decision_of(run_of(*READY, DISABLED, UNREACHABLE, WAIVED, IDLE))

    assert gate_json(again, key) == gate_json(DECISION, key)


def test_another_key_gives_another_signature() -> None:
    """And nothing else changes."""
    other = json.loads(gate_json(DECISION, Secret("another key of 16 bytes")))

    assert other.pop("hmac") != SIGNED["hmac"]
    assert other == {name: value for name, value in SIGNED.items() if name != "hmac"}


def test_the_signature_is_what_the_docstring_says() -> None:
    """The number was made with OpenSSL, over the text that jq prints of the file: `jq -acSj 'del(.hmac)'`."""
    content = gate_json(decision_of(run_of(Of("ex01", pool="münchen"))), KEY)

    assert json.loads(content)["hmac"] == {
        "algorithm": "sha256",
        "value": "c27fbe30edac1a3872e0dfbe71e88bbb381fdfd98a1a0fbac592f877b506cc7c",
    }


def test_layout_and_order_are_no_edit() -> None:
    """Tools that move files about lay JSON out as they like."""
    backwards = dict(reversed(SIGNED.items()))

    assert not refused(json.dumps(backwards, indent=7, ensure_ascii=False).replace("\n", "\r\n").encode())


def test_signed_file_with_its_key_is_accepted() -> None:
    """And with no other."""
    assert not refused(bytes_of(SIGNED))
    assert refused(bytes_of(SIGNED), Secret("another key of 16 bytes"))


def test_signature_that_nobody_can_check_is_refused() -> None:
    """Without a key nobody knows whether it was edited."""
    assert refused(bytes_of(SIGNED), None)


def test_file_that_lost_its_signature_is_refused() -> None:
    """Else an edit would only have to take it away."""
    unsigned = {name: value for name, value in SIGNED.items() if name != "hmac"}

    assert refused(bytes_of(unsigned))
    assert not refused(bytes_of(unsigned), None)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: ".".join(map(str, way)))
def test_edit_of_each_field_is_refused(way: Way) -> None:
    """With a value of the same type, which the reader would take."""
    old = value_at(way)
    new: object = not old if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old}x"
    if isinstance(old, str) and old[-1:] == "Z":
        new = old.replace("12:00:09", "12:30:09").replace("13:00:09", "23:00:09")

    assert new != old
    assert refused(bytes_of(with_value(way, new)))


@given(st.sampled_from(WAYS), VALUES)
def test_any_edit_of_one_value_is_refused(way: Way, value: object) -> None:
    """Of any type."""
    assume(value != value_at(way) or type(value) is not type(value_at(way)))

    assert refused(bytes_of(with_value(way, value)))


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: data["ready"].append("ex03.contoso.com"),
        lambda data: data["ready"].reverse(),
        lambda data: data["not_ready"].pop("ex03.contoso.com"),
        lambda data: data["failed_tests"].append("a"),
        lambda data: data["waivers"].clear(),
        lambda data: data["pools"].clear(),
        lambda data: data.pop("failed_tests"),
        lambda data: data.update(more=1),
        lambda data: data["hmac"].update(more=1),
        lambda data: data.update(hmac=None),
        lambda data: data.update(hmac={}),
        lambda data: data["hmac"].update(value=""),
        lambda data: data["hmac"].update(value="ä" * 64),
        lambda data: data["hmac"].update(value=data["hmac"]["value"].upper()),
        lambda data: data["hmac"].update(algorithm="none"),
    ],
)
def test_edit_of_a_list_or_of_the_signature_is_refused(edit: Any) -> None:
    """Also what another reader might overlook."""
    data = copy.deepcopy(SIGNED)
    edit(data)

    assert data != SIGNED
    assert refused(bytes_of(data))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\x00", "no JSON"),
        (b"\xff\xfe{\x00}\x00", "no JSON"),
        (b"[" * 200_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b'"text"', "no JSON object"),
        (b"{}", "schema 1"),
        (b'{"schema": 2}', "schema 1"),
        (b'{"schema": 1}', "Field required"),
        (b'{"schema": 1, "schema": 1}', "twice"),
        (b'{"schema": 1, "run": ' + b"9" * 5000 + b"}", "no JSON"),
        (bytes_of({**SIGNED, "more": 1}), "more: this key is unknown"),
        (bytes_of({**SIGNED, "\x1b[31m": 1}), "\ufffd[31m: this key is unknown"),
        (bytes_of({**SIGNED, "complete": "yes"}), "complete: Input should be a valid boolean"),
        (bytes_of({**SIGNED, "made_at": "2026-03-02T12:00:00"}), "made_at: Input should have timezone info"),
        (bytes_of({**SIGNED, "valid_until": 99999999999}), "valid_until: "),
        (bytes_of({**SIGNED, "ready": ["\ud800"]}), "Invalid JSON: unexpected end of hex escape"),
    ],
    ids=range(18),
)
def test_what_is_no_gate_file(content: bytes, words: str) -> None:
    """The error names the file and what to do; it shows no control character."""
    with pytest.raises(GateFileError) as caught:
        gate_from(content, FILE)
    text = str(caught.value)

    assert words in text
    assert text.startswith("gate.json: is no gate file")
    assert text.endswith("Make one with `pytest --gate`.")
    assert text.isprintable()


def test_key_that_stands_twice_deep_inside_is_refused() -> None:
    """One reader takes the first, another the last."""
    text = gate_json(DECISION, KEY).decode()
    doubled = text.replace('"state": "unknown"', '"state": "ready", "state": "unknown"')

    assert doubled != text
    with pytest.raises(GateFileError, match="twice"):
        gate_from(doubled.encode(), FILE)


def test_endless_file_is_not_read(tmp_path: Path) -> None:
    """One byte more than the largest, which takes no room on the disk."""
    file = tmp_path / "gate.json"
    with file.open("wb") as opened:
        opened.truncate(LARGEST_FILE + 1)

    with pytest.raises(GateFileError, match="has more than 16 MB"):
        read_gate(file)


@pytest.mark.parametrize("name", ["missing.json", ".", "a\0b"])
def test_file_that_cannot_be_opened(name: str, tmp_path: Path) -> None:
    """It is missing, a folder, or no name at all."""
    with pytest.raises(GateFileError, match="cannot be read"):
        read_gate(tmp_path / name)


def test_decision_on_a_large_fleet_can_be_read_again() -> None:
    """5,000 servers with endless notes stay far below the largest file."""
    text = "many words " * 2_000
    one = decision_of(run_of(replace(DISABLED, verdict={"note": text, "next_step": text})))
    (reason,) = one.not_ready.values()
    names = [f"ex{number:05d}.contoso.com" for number in range(5_000)]
    decision = replace(one, not_ready=dict.fromkeys(names, reason), phases=dict.fromkeys(names, "moving"))
    content = gate_json(decision, KEY)

    assert len(content) < LARGEST_FILE / 2
    assert gate_from(content, FILE).decision == decision


def test_file_drives_no_terminal() -> None:
    """Printable ASCII alone, whatever a name is."""
    content = gate_json(decision_of(run_of(Of("ex01.\x1b[2J\u202e\x7f\x9b"))), None)

    assert all(32 <= byte < 127 or byte == 10 for byte in content)
