"""`Get-WinEvent`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MakeBench = Callable[..., Any]
GET = "Get-WinEvent"
EVENTS = [{"ago": "5m"}, {"ago": "2h"}, {"ago": "3h", "exception": "IOException"}]


def query(condition: str, path: str = "Application", extra: str = "") -> str:
    """A QueryList with this Select."""
    return (
        f'<QueryList><Query Id="0" Path="{path}"><Select Path="{path}">{condition}</Select>{extra}</Query></QueryList>'
    )


def numbers(lab: Any, **arguments: object) -> list[str | None]:
    """The record numbers that a read gives."""
    return list(lab.texts(lab.windows(lab.command(GET, **arguments)), "RecordId"))


def test_a_filter_gives_the_newest_first(bench: MakeBench) -> None:
    """What fits the XPath, and no more than was asked for."""
    lab = bench({"events": EVENTS})
    fits = query("*[System[EventID=1309] and EventData[Data='HttpException']]")

    assert numbers(lab, FilterXml=fits) == ["4", "3"]
    assert numbers(lab, FilterXml=fits, MaxEvents=1) == ["4"]


def test_time_is_counted_back_from_now(bench: MakeBench) -> None:
    """`timediff` follows the clock of the lab."""
    lab = bench({"events": EVENTS})
    hour = query("*[System[EventID=1309 and TimeCreated[timediff(@SystemTime) &lt;= 3600000]]]")

    assert numbers(lab, FilterXml=hour) == ["4"]
    lab.later(hours=1)
    assert numbers(lab, FilterXml=hour) == []


def test_suppress_takes_away(bench: MakeBench) -> None:
    """A QueryList may say what it does not want."""
    lab = bench({"events": EVENTS})
    suppress = "<Suppress>*[EventData[Data='IOException']]</Suppress>"

    assert numbers(lab, FilterXml=query("*[System[EventID=1309]]", extra=suppress)) == ["4", "3"]


def test_no_match_is_an_error_that_ends_nothing(bench: MakeBench) -> None:
    """`NoMatchingEventsFound` is to be read as an empty answer."""
    lab = bench()
    result = lab.windows(lab.command(GET, FilterXml=query("*[System[EventID=1309]]")))

    assert result.failure is None
    assert result.errors[0].error_id == "NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand"
    assert result.errors[0].message == "No events were found that match the specified selection criteria."


def test_the_oldest_record_can_be_read(bench: MakeBench) -> None:
    """-Oldest turns the order round."""
    lab = bench({"events": EVENTS, "oldest_record": "6h"})

    assert numbers(lab, LogName="application", Oldest=None, MaxEvents=1) == ["1"]
    assert numbers(lab, LogName="Application") == ["4", "3", "2", "1"]


def test_the_xml_of_a_record_is_a_method(bench: MakeBench) -> None:
    """It does not travel with the object, but its result does."""
    lab = bench({"events": EVENTS})
    read = lab.command(GET, LogName="Application", MaxEvents=1)
    result = lab.windows(read, lab.command("ForEach-Object", MemberName="ToXml"))

    assert lab.element(result.output[0]).text.startswith("<Event xmlns=")
    assert lab.texts(lab.windows(read), "ToXml") == [None]
    assert lab.texts(lab.windows(read), "LevelDisplayName") == ["Warning"]


@pytest.mark.parametrize(
    "text",
    [
        "no xml",
        "<Other/>",
        query("*[System[contains(Computer, 'x')]]"),
        query("*", path="Security"),
        query("*", extra="<Other/>"),
    ],
)
def test_a_query_that_is_not_understood_is_refused(bench: MakeBench, text: str) -> None:
    """Never answered as if it had been."""
    lab = bench()

    assert lab.windows(lab.command(GET, FilterXml=text)).failure.message == "The specified query is invalid"


def test_other_logs_do_not_exist(bench: MakeBench) -> None:
    """The lab has the Application log."""
    lab = bench()

    assert lab.error_id(lab.windows(lab.command(GET, "Security"))).startswith("NoMatchingLogsFound,")


@pytest.mark.parametrize("arguments", [{}, {"LogName": "Application", "FilterXml": query("*")}])
def test_a_read_is_by_log_or_by_filter(bench: MakeBench, arguments: dict[str, str]) -> None:
    """They are two parameter sets."""
    lab = bench()

    assert lab.error_id(lab.windows(lab.command(GET, **arguments))).startswith("AmbiguousParameterSet,")
