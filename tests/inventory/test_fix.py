"""Guards `moveready.inventory.fix`: when servers may be changed, also in nights in which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moveready.inventory import FixPolicy, RestartKind, Weekday, Window
from moveready.inventory.fix import WEEK

BERLIN = ZoneInfo("Europe/Berlin")
WEEKEND = Window((Weekday.SAT, Weekday.SUN), time(22), time(4), "Europe/Berlin")
OFFICE = Window((Weekday.MON,), time(9, 30), time(17), "Europe/Berlin")
IN_THE_HOUR = Window(None, time(2, 15), time(2, 45), "Europe/Berlin")

# January 2026: the 3rd is a Saturday. Berlin's clocks: 29 March 02:00 -> 03:00, 25 October 03:00 -> 02:00.


def berlin(month: int, day: int, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    """A moment of 2026, by the clocks of Berlin."""
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN, fold=fold)


def minutes_open(window: Window, day: date) -> int:
    """How long a window is open from noon UTC of the day before to noon UTC of the day."""
    noon = datetime.combine(day, time(12), UTC) - timedelta(days=1)
    return sum(window.contains(noon + timedelta(minutes=minute)) for minute in range(24 * 60))


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        (berlin(1, 5, 9, 29), False),
        (berlin(1, 5, 9, 30), True),
        (berlin(1, 5, 16, 59), True),
        (berlin(1, 5, 17), False),
        (berlin(1, 6, 12), False),
    ],
)
def test_a_window_has_its_first_moment_and_not_its_last(moment: datetime, within: bool) -> None:
    """On its days."""
    assert OFFICE.contains(moment) is within


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        (berlin(1, 3, 3), False),  # Saturday, but the window of Friday does not open
        (berlin(1, 3, 21, 59), False),
        (berlin(1, 3, 22), True),
        (berlin(1, 4, 3, 59), True),
        (berlin(1, 4, 12), False),
        (berlin(1, 5, 3, 59), True),  # Monday, in the window of Sunday
        (berlin(1, 5, 4), False),
        (berlin(1, 5, 22), False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_opens(moment: datetime, within: bool) -> None:
    """Sunday night ends on Monday."""
    assert WEEKEND.contains(moment) is within


def test_the_clocks_of_the_window_count() -> None:
    """Not those of whoever asks."""
    assert WEEKEND.contains(datetime(2026, 1, 3, 21, tzinfo=UTC))
    assert not WEEKEND.contains(datetime(2026, 1, 3, 20, 59, tzinfo=UTC))
    assert WEEKEND.contains(datetime(2026, 1, 4, 6, tzinfo=ZoneInfo("Asia/Tokyo")))


def test_a_moment_without_a_time_zone_is_refused() -> None:
    """It could be any."""
    with pytest.raises(ValueError, match="the moment has no time zone"):
        WEEKEND.contains(datetime(2026, 1, 3, 23))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 28, 6), (3, 29, 5), (10, 25, 7), (10, 26, 6)])
def test_a_window_is_one_stretch_in_a_night_of_changing_clocks(month: int, day: int, hours: int) -> None:
    """An hour shorter in spring, an hour longer in autumn."""
    assert minutes_open(Window(None, time(22), time(4), "Europe/Berlin"), date(2026, month, day)) == hours * 60


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        (berlin(10, 25, 2, 15), True),
        (berlin(10, 25, 2, 45), False),
        (berlin(10, 25, 2, 15, fold=1), False),
    ],
)
def test_a_time_that_occurs_twice_is_its_first_occurrence(moment: datetime, within: bool) -> None:
    """What has closed does not open again an hour later."""
    assert IN_THE_HOUR.contains(moment) is within


@pytest.mark.parametrize(
    ("window", "minutes"),
    [
        (IN_THE_HOUR, 30),
        (Window(None, time(1), time(2, 30), "Europe/Berlin"), 90),
        (Window(None, time(2, 30), time(4), "Europe/Berlin"), 30),
        (Window(None, time(2, 30), time(3), "Europe/Berlin"), 0),
    ],
)
def test_a_time_that_is_skipped_has_the_offset_before_the_gap(window: Window, minutes: int) -> None:
    """02:30 is 03:30 in that night, and a window of which nothing is left stays closed."""
    assert minutes_open(window, date(2026, 3, 29)) == minutes


@given(
    moment=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - UTC is added
    hours=st.lists(st.times(), min_size=2, max_size=2, unique=True),
    days=st.none() | st.sets(st.sampled_from(Weekday)).map(tuple),
)
def test_where_clocks_never_change_the_clock_decides(
    moment: datetime, hours: list[time], days: tuple[Weekday, ...] | None
) -> None:
    """A second way to the same answer."""
    opens, closes = hours
    clock, today, yesterday = moment.time(), WEEK[moment.weekday()], WEEK[moment.weekday() - 1]
    in_evening = opens <= clock and (clock < closes or closes < opens) and (days is None or today in days)
    in_morning = clock < closes < opens and (days is None or yesterday in days)

    assert Window(days, opens, closes, "UTC").contains(moment) is (in_evening or in_morning)


def test_a_window_is_told_in_a_line() -> None:
    """As it stands in plans and reports."""
    assert WEEKEND.text == "Sat, Sun 22:00-04:00 Europe/Berlin"
    assert Window(None, time(1, 5), time(2), "UTC").text == "daily 01:05-02:00 UTC"


def test_the_usual_policy_is_that_of_the_article() -> None:
    """KB 3063913: set, wait a few minutes, set, iisreset; and nothing more."""
    assert FixPolicy() == FixPolicy(None, 180.0, RestartKind.IISRESET, escalate=False, drain=False)
