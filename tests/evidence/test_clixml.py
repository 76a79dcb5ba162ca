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


@pytest.mark.parametrize("clixml", [OBJECT[:200], "", "plain", "<S>text</S>"])
def test_what_is_no_object_raises(clixml: str) -> None:
    """A cut object is no object, and neither is a text."""
    with pytest.raises(ValueError, match=r"answer|object"):
        object_from(clixml)


def test_string_is_read() -> None:
    """A string object is its text."""
    assert text_from("<S>a &lt;b&gt; _x000D_</S>") == "a <b> \r"


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
