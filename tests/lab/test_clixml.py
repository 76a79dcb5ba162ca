"""Rendering CLIXML."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest

from moveready.lab.clixml import Plain, Raw, Thing, Value, enum_value, escaped, moment_text, rendered

LEAF = Thing(("Leaf", "System.Object"), text="leaf")


@pytest.mark.parametrize(
    ("value", "xml"),
    [
        (None, "<Nil />"),
        (True, "<B>true</B>"),
        (False, "<B>false</B>"),
        (7, "<I32>7</I32>"),
        (0.0, "<Db>0</Db>"),
        ("a<b", "<S>a&lt;b</S>"),
        ("", "<S></S>"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "<DT>2026-01-31T12:00:00Z</DT>"),
        (Plain("U32", "4100"), "<U32>4100</U32>"),
    ],
)
def test_primitives_have_the_tags_of_ms_psrp(value: Value, xml: str) -> None:
    """Each type has its own tag, and a bool is no number."""
    assert rendered(value) == xml


def test_control_characters_are_escaped() -> None:
    """A newline and whatever looks like an escape survive the way (MS-PSRP 2.2.5.3.2)."""
    assert escaped("a\n_x000A_") == "a_x000A__x005F_x000A_"


def test_every_text_of_the_tree_is_escaped() -> None:
    """Names, types and values may hold what XML keeps for itself."""
    thing = Thing(("List`1[[<T>]]",), text="<&>", properties=(('a"<', "&"),))

    root = ET.fromstring(rendered(thing))

    assert [root.findtext("TN/T"), root.findtext("ToString"), *(one.get("N") for one in root.iterfind("Props/S"))] == [
        "List`1[[<T>]]",
        "<&>",
        'a"<',
    ]


def test_times_keep_their_zone_and_lose_trailing_zeros() -> None:
    """A fraction is written as .NET writes it, and local time with its offset."""
    moment = datetime(2026, 1, 31, 12, 0, 0, 120000, timezone(timedelta(hours=1)))

    assert moment_text(moment) == "2026-01-31T12:00:00.12+01:00"


def test_enums_keep_name_and_number() -> None:
    """An enum is an object with ToString and value, not a bare number."""
    assert rendered(enum_value("Some.Mode", "Low", 1)) == (
        '<Obj RefId="0"><TN RefId="0"><T>Some.Mode</T><T>System.Enum</T><T>System.ValueType</T>'
        "<T>System.Object</T></TN>"
        "<ToString>Low</ToString><I32>1</I32></Obj>"
    )


def test_what_was_written_before_is_referred_to() -> None:
    """The same object again is a Ref, the same list of types a TNRef."""
    twin = Thing(LEAF.types, text="twin")
    xml = rendered(Thing(("Root",), properties=(("A", LEAF), ("B", LEAF), ("C", twin))))

    assert '<Ref N="B" RefId="1" />' in xml
    assert '<Obj N="C" RefId="2"><TNRef RefId="1" />' in xml


def test_lists_properties_and_notes_have_their_own_elements() -> None:
    """Items stand in LST, adapted properties in Props, note properties in MS."""
    root = ET.fromstring(rendered(Thing(("T",), properties=(("P", 1),), items=("x", None), notes=(("M", 2),))))

    assert [child.tag for child in root] == ["TN", "Props", "LST", "MS"]


def test_an_empty_list_is_still_a_list() -> None:
    """No items and no list are two things."""
    assert "<LST></LST>" in rendered(Thing(("T",), items=()))


def test_members_are_found_in_any_case() -> None:
    """PowerShell does not care about the case of names, but shows the object's own spelling."""
    thing = Thing(("T",), properties=(("Name", "n"),), methods=(("ToXml", "<x/>"),))

    assert (thing.member("NAME"), thing.member("toxml"), thing.member("none")) == ("n", "<x/>", None)
    assert (thing.spelling("name"), thing.spelling("other")) == ("Name", "other")


def test_raw_elements_stand_as_they_are() -> None:
    """A fleet file may say what no well-behaved server sends."""
    assert "<Props><B>maybe</B></Props>" in rendered(Thing(("T",), properties=(("On", Raw("<B>maybe</B>")),)))


def test_a_dictionary_has_keys_and_values() -> None:
    """As MS-PSRP 2.2.5.2.6.4 writes it; what has no types is written without them."""
    thing = Thing((), entries=(("a", 1), (True, None)))

    entries = '<En><S N="Key">a</S><I32 N="Value">1</I32></En><En><B N="Key">true</B><Nil N="Value" /></En>'
    assert rendered(thing) == f'<Obj RefId="0"><DCT>{entries}</DCT></Obj>'
