"""CLIXML is read strictly: nothing is guessed, least of all a boolean."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from moveready.evidence.clixml import object_from, text_from

OBJECT = """<Obj RefId="0"><TN RefId="0"><T>Some.Type</T></TN><ToString>whole</ToString>
<Props><B N="On">true</B><S N="Name">EWS_x000A_x</S>
<Obj N="Server" RefId="1"><ToString>EX01</ToString><Props><S N="Name">EX01</S></Props></Obj><Nil N="None" /></Props>
<MS><B N="Odd">maybe</B><B N="Empty" />
<DT N="Started">2026-03-02T11:00:00.1234567+01:00</DT><DT N="Zoneless">2026-03-02T11:00:00</DT></MS></Obj>"""


def test_boolean_is_read() -> None:
    """`<B>true</B>` is True."""
    assert object_from(OBJECT).boolean("On") is True


@pytest.mark.parametrize("name", ["Odd", "Empty", "Name", "None", "Absent"])
def test_what_is_no_boolean_raises(name: str) -> None:
    """A text, a nil, an absent property and `<B>maybe</B>` are not False."""
    with pytest.raises(ValueError, match=name):
        object_from(OBJECT).boolean(name)


def test_text_is_read_without_its_escapes() -> None:
    """`_x000A_` is a newline (MS-PSRP 2.2.5.3.2)."""
    assert object_from(OBJECT).text("Name") == "EWS\nx"


def test_text_of_an_object_is_its_to_string() -> None:
    """An object counts by its `ToString`, not by a property inside it."""
    assert object_from(OBJECT).text("Server") == "EX01"


@pytest.mark.parametrize("name", ["On", "None", "Absent"])
def test_what_is_no_text_raises(name: str) -> None:
    """A boolean is no text."""
    with pytest.raises(ValueError, match=name):
        object_from(OBJECT).text(name)


def test_moment_keeps_its_zone() -> None:
    """The offset of the server's time is kept, digits beyond the microsecond are dropped."""
    zone = timezone(timedelta(hours=1))

    assert object_from(OBJECT).moment("Started") == datetime(2026, 3, 2, 11, 0, 0, 123456, tzinfo=zone)


@pytest.mark.parametrize("name", ["Zoneless", "On", "Absent"])
def test_what_is_no_moment_raises(name: str) -> None:
    """A time without a zone could be any of 26 hours."""
    with pytest.raises(ValueError, match=name):
        object_from(OBJECT).moment(name)


def test_number_is_read() -> None:
    """Of whatever width."""
    numbers = object_from('<Obj><MS><U32 N="A">4728</U32><I64 N="B">-1</I64></MS></Obj>')

    assert (numbers.number("A"), numbers.number("B")) == (4728, -1)


@pytest.mark.parametrize(
    "number", ["<S>4</S>", "<U32>4.0</U32>", "<U32>4_0</U32>", "<U32> 4</U32>", "<U32/>", "<U32>\u0664</U32>"]
)
def test_what_is_no_number_raises(number: str) -> None:
    """Python would read some of them."""
    named = number.replace("32", '32 N="A"', 1).replace("<S>", '<S N="A">')
    with pytest.raises(ValueError, match="A is not a whole number"):
        object_from(f"<Obj><MS>{named}</MS></Obj>").number("A")


@pytest.mark.parametrize("text", ["20260302T110000Z", "2026-W10-1T11:00:00Z", "2026-03-02T11Z", "2026-03-02 11:00:00Z"])
def test_moment_is_written_as_powershell_writes_it(text: str) -> None:
    """Python reads other forms too, which no server sends."""
    with pytest.raises(ValueError, match="not a time with a zone"):
        object_from(f'<Obj><MS><DT N="A">{text}</DT></MS></Obj>').moment("A")


@pytest.mark.parametrize("place", ["<MS>", "</MS>", '<B N="Odd">', '<Obj N="Server"', "<ToString>EX01"])
def test_text_beside_elements_makes_everything_doubtful(place: str) -> None:
    """Nobody can say what it belongs to."""
    odd = object_from(OBJECT.replace(place, f"x{place}"))
    with pytest.raises(ValueError, match=r"beside its elements|is not a text"):
        odd.text("Server")


def test_doubtful_object_still_claims_a_name() -> None:
    """So that its server has no evidence, and nobody takes another object for it."""
    assert object_from(OBJECT.replace("</MS>", "x</MS>")).claimed("Server") == "EX01"
    assert object_from(OBJECT).claimed("On") is None


def test_nil_with_a_text_is_none() -> None:
    """It contradicts itself."""
    assert not object_from('<Obj><MS><Nil N="A">x</Nil></MS></Obj>').is_null("A")


@pytest.mark.parametrize("clixml", [OBJECT[:200], "", "plain", "<S>text</S>"])
def test_what_is_no_object_raises(clixml: str) -> None:
    """A cut object is no object, and neither is a text."""
    with pytest.raises(ValueError, match=r"answer|object"):
        object_from(clixml)


def test_string_is_read() -> None:
    """A string object is its text; a carriage return alone would hide what stands before it."""
    assert text_from("<S>a &lt;b&gt; _x000D__x000A__x000D_</S>") == "a <b> \n\ufffd"


def test_empty_string_is_read() -> None:
    """An empty string is a string."""
    assert text_from("<S />") == ""


def test_what_is_no_string_raises() -> None:
    """An object is not its text."""
    with pytest.raises(ValueError, match="text was expected"):
        text_from("<I32>1</I32>")


def test_namespace_of_export_clixml_is_accepted() -> None:
    """Files written by Export-Clixml have a default namespace, the wire has none."""
    exported = OBJECT.replace("<Obj ", '<Obj xmlns="http://schemas.microsoft.com/powershell/2004/04" ', 1)

    assert object_from(exported).boolean("On") is True


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/></Props>", '/><B N="On">true</B></Props>'),
        ("/></Props>", '/></Props><Props><B N="On">true</B></Props>'),
        ("</MS>", '<B N="On">true</B></MS>'),
        ("</MS>", '<B N="on">false</B></MS>'),
        ("</MS>", '<B xmlns="urn:x" N="On">true</B></MS>'),
        ('<B N="On">true</B>', '<B N="On">true<x/></B>'),
        ('<B N="On">true</B>', '<B N="On" xmlns="urn:x">true</B>'),
        ("<Props>", '<Props xmlns="urn:x">'),
    ],
)
def test_doubtful_property_raises(old: str, new: str) -> None:
    """One that stands twice, in one part or in two, has others inside, or is of a foreign namespace."""
    with pytest.raises(ValueError, match="On"):
        object_from(OBJECT.replace(old, new, 1)).boolean("On")


@pytest.mark.parametrize(
    "server",
    [
        "<ToString>EX01<x/></ToString>",
        "<ToString>EX01</ToString><ToString>EX02</ToString>",
        '<ToString xmlns="urn:x">EX01</ToString>',
    ],
)
def test_doubtful_text_of_an_object_raises(server: str) -> None:
    """Which of two texts is meant cannot be told."""
    with pytest.raises(ValueError, match="Server is not a text"):
        object_from(OBJECT.replace("<ToString>EX01</ToString>", server)).text("Server")


@pytest.mark.parametrize("clixml", ["<S>a<x/></S>", '<S xmlns="urn:x">a</S>'])
def test_doubtful_string_raises(clixml: str) -> None:
    """A string has no elements inside and no namespace of its own."""
    with pytest.raises(ValueError, match="text was expected"):
        text_from(clixml)


def test_repeated_property_harms_nothing_else() -> None:
    """It is refused where it is read, and the others are not."""
    assert object_from(OBJECT.replace("</MS>", '<B N="On">true</B></MS>')).text("Server") == "EX01"


@pytest.mark.parametrize(("escaped", "text"), [("_xD83D_", "\ufffd"), ("_xD83D__xDE00_", "\U0001f600")])
def test_halves_of_characters_are_joined_or_shown(escaped: str, text: str) -> None:
    """A pair is one character; a half alone could be written into no report."""
    assert text_from(f"<S>{escaped}</S>") == text
