"""The plot."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from benchmarks.cases import Contender
from benchmarks.plot import Scale, plot_svg, spread
from benchmarks.results import Result

ResultOf = Callable[..., Result]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawn(result_of: ResultOf) -> ET.Element:
    """The suite on three sizes, the loop on one."""
    suites = [result_of(servers=servers) for servers in (200, 1000, 5000)]
    svg = plot_svg([*suites, result_of(Contender.SEQUENTIAL, wall_seconds=400.0)])
    assert svg is not None
    return ET.fromstring(svg)


def test_one_size_is_no_plot(result_of: ResultOf) -> None:
    """There is nothing to see in it."""
    assert (plot_svg([]), plot_svg([result_of(), result_of(Contender.FLOOR)])) == (None, None)


def test_every_line_ends_in_its_name(drawn: ET.Element) -> None:
    """No legend and no colour is needed to read it; what was drawn out is dashed."""
    texts = [text.text or "" for text in drawn.iter(f"{SVG}text")]
    dashed = [line for line in drawn.iter(f"{SVG}polyline") if line.get("stroke-dasharray")]

    assert [text for text in texts if text.startswith("(")] == [
        f"({who.value}) {who.title}" for who in (Contender.SUITE, Contender.SEQUENTIAL)
    ]
    assert len(dashed) == 1


def test_a_sequential_way_is_drawn_over_all_sizes(drawn: ET.Element) -> None:
    """In proportion: three points a line, though one was measured."""
    assert len(list(drawn.iter(f"{SVG}circle"))) == 6


def test_all_points_are_inside(drawn: ET.Element) -> None:
    """Whatever the values are."""
    points = [(float(dot.get("cx", "-1")), float(dot.get("cy", "-1"))) for dot in drawn.iter(f"{SVG}circle")]

    assert all(0 < x < 860 and 0 < y < 440 for x, y in points)


def test_axes_are_logarithmic() -> None:
    """Ten times as much is the same way everywhere."""
    scale = Scale(1, 100, 0, 200)

    assert (scale.at(1), scale.at(10), scale.at(100)) == pytest.approx((0, 100, 200))


def test_names_do_not_cover_each_other() -> None:
    """The upper of two that are too near gives way."""
    assert spread([100.0, 98.0, 20.0], 10.0) == [100.0, 90.0, 20.0]
